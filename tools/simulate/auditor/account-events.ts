import type { RecordedEvent } from '../../../src/edges/event-store/event-store.js';
import type { AccountCommandAccepted, AccountEvent } from '../../../src/write/accounts/events.js';
import { AuditedAccount, idIn, type Attempt } from './audited-accounts.js';
import type { Books } from './books.js';
import { must } from './violation.js';

/** Judges the next event of an account, and books it. */
export function auditAccountEvent(books: Books, recorded: RecordedEvent): void {
  const event = recorded as RecordedEvent & AccountEvent;
  const accountId = idIn(recorded);
  if (event.type === 'AccountOpened') {
    must(event.revision === 0n, 'streams-are-contiguous', () => `${accountId} is opened once`);
    books.accounts.set(accountId, new AuditedAccount(accountId, event));
    const { companyId, idempotencyKey, request } = event.data;
    books.keys.decide(`open:${companyId}:${idempotencyKey}`, request, event, null);
    return;
  }
  const account = books.account(accountId);
  if ('commandId' in event.data) books.keys.carryOut(event.data.commandId, event);
  switch (event.type) {
    case 'AccountMetadataChanged':
      break;
    case 'OverdraftLimitChanged':
      account.changeLimit(event.data.overdraftLimit);
      break;
    case 'AccountFrozen':
      account.changeStatus(['open'], 'frozen');
      break;
    case 'AccountUnfrozen':
      account.changeStatus(['frozen'], 'open');
      break;
    case 'AccountClosing':
      account.changeStatus(['open'], 'closing');
      break;
    case 'AccountClosed':
      account.changeStatus(['closing'], 'closed');
      break;
    case 'AccountReopened':
      account.changeStatus(['closing', 'closed'], 'open');
      break;
    case 'FundsReserved':
      account.reserve(event);
      break;
    case 'ReservationReleased':
      onReleased(books, account, event.data);
      break;
    case 'ConditionMet':
      account.meet(event);
      break;
    case 'EntryPosted':
      onEntry(books, account, event);
      break;
  }
  account.note(event.position, traceOf(event));
}

/** Judges the claim of a key for a command on an account. */
export function auditClaim(books: Books, recorded: RecordedEvent): void {
  const { data, revision } = recorded as RecordedEvent & AccountCommandAccepted;
  must(revision === 0n, 'one-key-one-outcome', () => `${recorded.streamName} is claimed twice`);
  const { commandId, accountId, idempotencyKey, request } = data;
  books.keys.claim(commandId, `account:${accountId}:${idempotencyKey}`, request, recorded);
}

function onReleased(
  books: Books,
  account: AuditedAccount,
  { reservationId, releaseId, amount }: Extract<AccountEvent, { type: 'ReservationReleased' }>['data'],
): void {
  const { transactionId, attemptId } = account.take(reservationId, BigInt(amount));
  if (releaseId === null) {
    const isUsed = books.transaction(transactionId).isCommittedBy(attemptId);
    must(!isUsed, 'reservations-are-conserved', () => `${reservationId} is given back though committed`);
    const isWhole = !account.reservations.has(reservationId);
    must(isWhole, 'reservations-are-conserved', () => `${reservationId} is given back in part`);
    return;
  }
  const key = `${reservationId}/${releaseId}`;
  const owed = books.owedReleases.get(key);
  must(
    owed?.part.amount === amount && owed.part.accountId === account.accountId,
    'reservations-are-conserved',
    () => `${amount} of ${key} is given back though not owed`,
  );
  books.owedReleases.delete(key);
}

function onEntry(
  books: Books,
  account: AuditedAccount,
  event: RecordedEvent & Extract<AccountEvent, { type: 'EntryPosted' }>,
): void {
  const { data } = event;
  const transaction = books.transaction(data.transactionId);
  const { outcome } = transaction;
  const leg = outcome?.kind === 'posted' ? outcome.data.legs[data.leg] : undefined;
  const what = `entry of leg ${data.leg} of ${transaction.name} on ${account.name}`;
  must(outcome?.kind === 'posted' && leg, 'one-entry-per-leg', () => `${what} was not posted`);
  const isThatLeg =
    leg.accountId === account.accountId &&
    leg.direction === data.direction &&
    leg.amount === data.amount &&
    leg.currency === data.currency &&
    leg.reservationId === data.reservationId &&
    outcome.data.effectiveAt === data.effectiveAt;
  must(isThatLeg, 'one-entry-per-leg', () => `${what} differs from its leg`);
  must(!transaction.entries.has(data.leg), 'one-entry-per-leg', () => `${what} stands twice`);
  must(
    event.revision > BigInt(leg.afterRevision),
    'one-entry-per-leg',
    () => `${what} stands at ${event.revision}, not after ${leg.afterRevision}`,
  );
  transaction.entries.add(data.leg);
  const wasUnlimited = account.history[Number(leg.afterRevision)]?.limit === null;
  const isLate = wasUnlimited && account.limit !== null;
  if (isLate && account.lowers(leg.direction)) books.lateLegs += 1;
  account.book(event, isLate);
}

/** The attempt that left the event, null for an event that changes an account for good. */
function traceOf(event: AccountEvent): Attempt | null {
  switch (event.type) {
    case 'ConditionMet':
    case 'FundsReserved':
    case 'ReservationReleased':
      return event.data;
    default:
      return null;
  }
}
