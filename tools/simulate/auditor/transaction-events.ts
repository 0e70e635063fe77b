import type { RecordedEvent } from '../../../src/edges/event-store/event-store.js';
import type { TransactionEvent } from '../../../src/write/transactions/events.js';
import { idIn } from './audited-accounts.js';
import type { AuditedOutcome, AuditedTransaction } from './audited-transaction.js';
import type { Books } from './books.js';
import { checkBalance, checkCoverage, type Committed } from './coverage.js';
import { checkEffectiveTime } from './effective-time.js';
import { must } from './violation.js';

type HoldEvent = Extract<
  TransactionEvent,
  {
    type:
      | 'CaptureReserved'
      | 'CaptureReleased'
      | 'HoldCaptured'
      | 'IncreaseReserved'
      | 'IncreaseReleased'
      | 'HoldIncreased'
      | 'HoldExtended'
      | 'HoldVoided'
      | 'HoldExpired';
  }
>;

/** Judges the next event of a transaction or hold, and books it. */
export function auditTransactionEvent(books: Books, recorded: RecordedEvent): void {
  const event = recorded as RecordedEvent & TransactionEvent;
  const transaction = books.transaction(idIn(recorded));
  switch (event.type) {
    case 'AttemptAbandoned':
      transaction.abandon(event.data.attemptId);
      break;
    case 'TransactionPosted':
      onOutcome(books, event, { kind: 'posted', data: event.data });
      checkBalance(event.data);
      checkEffectiveTime(books, event.data);
      checkCoverage(books, event.data);
      break;
    case 'TransactionAuthorized':
      onOutcome(books, event, { kind: 'authorized', data: event.data });
      checkCoverage(books, event.data);
      break;
    case 'TransactionRejected':
      onOutcome(books, event, { kind: 'rejected', data: event.data });
      break;
    case 'HoldCommandAccepted':
      onOutcome(books, event, { kind: 'claimed', data: event.data });
      break;
    case 'ReversalReserved':
      transaction.claimReversal(event.data);
      break;
    case 'ReversalReleased':
      expectNotCommitted(books, event.data.reversalId, event.data.attemptId);
      transaction.endReversal(event.data, false);
      break;
    case 'TransactionReversed':
      expectCommitted(books, event.data.reversalId, event.data, 'reversal');
      transaction.endReversal(event.data, true);
      break;
    case 'CaptureReserved':
    case 'CaptureReleased':
    case 'HoldCaptured':
    case 'IncreaseReserved':
    case 'IncreaseReleased':
    case 'HoldIncreased':
    case 'HoldExtended':
    case 'HoldVoided':
    case 'HoldExpired':
      onHold(books, transaction, event);
      break;
  }
}

function onHold(books: Books, transaction: AuditedTransaction, event: RecordedEvent & HoldEvent): void {
  const { hold } = transaction;
  must(hold, 'statuses-bind', () => `${event.type} stands on ${transaction.name}, which is no hold`);
  if ('commandId' in event.data) books.keys.carryOut(event.data.commandId, event);
  switch (event.type) {
    case 'CaptureReserved':
      hold.claim(event.data);
      break;
    case 'CaptureReleased':
      expectNotCommitted(books, event.data.captureId, event.data.attemptId);
      books.owe(hold.holdId, event.position, hold.release(event.data));
      break;
    case 'HoldCaptured':
      expectCommitted(books, event.data.captureId, event.data, 'capture');
      books.owe(hold.holdId, event.position, hold.capture(event.data));
      break;
    case 'IncreaseReserved':
      hold.claimIncrease(event.data);
      break;
    case 'IncreaseReleased':
      expectNotCommitted(books, event.data.increaseId, event.data.attemptId);
      hold.endIncrease(event.data);
      break;
    case 'HoldIncreased': {
      const increase = expectCommitted(books, event.data.increaseId, event.data, 'increase');
      const isSame = JSON.stringify(increase.legs) === JSON.stringify(event.data.legs);
      must(isSame, 'commits-are-covered', () => `${hold.name} is increased by something else`);
      books.owe(hold.holdId, event.position, hold.increase(event.data));
      break;
    }
    case 'HoldExtended':
      hold.extend(event.data);
      break;
    case 'HoldVoided':
      books.owe(hold.holdId, event.position, hold.void(event.data));
      break;
    case 'HoldExpired':
      books.owe(hold.holdId, event.position, hold.expire(event.data));
      break;
  }
}

function onOutcome(books: Books, event: RecordedEvent, outcome: AuditedOutcome): void {
  const { data } = outcome;
  books.transaction(idIn(event)).conclude(outcome);
  const scope = `money:${data.companyId}:${data.idempotencyKey}`;
  if (outcome.kind === 'claimed') books.keys.claim(outcome.data.commandId, scope, data.request, event);
  else {
    books.keys.decide(scope, data.request, event, outcome.kind === 'rejected' ? outcome.data.code : null);
  }
}

function expectNotCommitted(books: Books, childId: string, attemptId: string): void {
  const isUsed = books.transaction(childId).isCommittedBy(attemptId);
  must(!isUsed, 'reservations-are-conserved', () => `the claim of ${childId} is given up though committed`);
}

function expectCommitted(
  books: Books,
  childId: string,
  { attemptId, transactionId }: { readonly attemptId: string; readonly transactionId: string },
  relation: 'capture' | 'increase' | 'reversal',
): Committed {
  const child = books.transaction(childId);
  const { outcome } = child;
  must(
    (outcome?.kind === 'posted' || outcome?.kind === 'authorized') && outcome.data.attemptId === attemptId,
    'commits-are-covered',
    () => `${relation} ${childId} is concluded but not committed`,
  );
  const { parent } = outcome.data;
  must(
    parent?.relation === relation && parent.transactionId === transactionId && !child.isConcluded,
    'commits-are-covered',
    () => `${relation} ${childId} is concluded once, on its own parent`,
  );
  child.isConcluded = true;
  return outcome.data;
}
