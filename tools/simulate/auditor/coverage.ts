import type { PostedLeg } from '../../../src/write/transactions/events.js';
import type { RequestedCondition } from '../../../src/write/transactions/requested-conditions.js';
import { positive, type AuditedAccount } from './audited-accounts.js';
import type { Of } from './audited-transaction.js';
import type { Books } from './books.js';
import { must } from './violation.js';

export type Committed = Of<'TransactionPosted'> | Of<'TransactionAuthorized'>;

/** Checks that debits equal credits in every currency. */
export function checkBalance({ transactionId, legs }: Of<'TransactionPosted'>): void {
  const sums = new Map<string, bigint>();
  for (const { currency, direction, amount } of legs) {
    const signed = direction === 'debit' ? positive(amount) : -positive(amount);
    sums.set(currency, (sums.get(currency) ?? 0n) + signed);
  }
  must(legs.length >= 2, 'transactions-balance', () => `${transactionId} has ${legs.length} legs`);
  for (const [currency, sum] of sums) {
    must(
      sum === 0n,
      'transactions-balance',
      () => `${transactionId} is out of balance by ${sum} ${currency}`,
    );
  }
}

/** Checks that each leg may stand where it is committed: on the company's own accounts, in their currency, with its cover. */
export function checkCoverage(books: Books, data: Committed): void {
  const { transactionId, companyId, attemptId, legs, parent } = data;
  for (const leg of legs) {
    const account = books.account(leg.accountId);
    must(
      account.companyId === companyId,
      'companies-stand-apart',
      () => `${transactionId} of ${companyId} reaches ${account.name} of ${account.companyId}`,
    );
    must(
      account.currency === leg.currency,
      'transactions-balance',
      () => `${leg.currency} on ${account.name}`,
    );
    if (leg.reservationId === null) checkUncovered(account, leg, transactionId, 'expiresAt' in data);
    else if (parent?.relation !== 'capture') {
      const reservation = account.reservations.get(leg.reservationId);
      must(
        reservation?.transactionId === transactionId &&
          reservation.attemptId === attemptId &&
          reservation.left === BigInt(leg.amount),
        'commits-are-covered',
        () =>
          `${transactionId} commits ${leg.amount} on ${account.name} that ${leg.reservationId} does not keep`,
      );
      must(
        account.lowers(leg.direction),
        'commits-are-covered',
        () => `${transactionId} raises ${account.name}`,
      );
    }
  }
  checkConditions(books, data);
  if (parent?.relation === 'capture') checkCapture(books, data, parent.transactionId);
  if (parent?.relation === 'reversal') checkReversal(books, data, parent.transactionId);
  if (parent) {
    const of = books.transaction(parent.transactionId).outcome;
    must(
      of?.data.companyId === companyId,
      'companies-stand-apart',
      () => `${transactionId} reaches ${parent.transactionId}`,
    );
  }
}

/** A leg without a reservation can't fail for lack of funds, and was decided on an open account. */
function checkUncovered(
  account: AuditedAccount,
  { direction, afterRevision }: PostedLeg,
  transactionId: string,
  isHold: boolean,
): void {
  const seen = account.history[Number(afterRevision)];
  must(
    seen,
    'commits-are-covered',
    () => `${transactionId} saw revision ${afterRevision} of ${account.name}`,
  );
  must(
    seen.status === 'open',
    'statuses-bind',
    () => `${transactionId} was decided on ${seen.status} ${account.name}`,
  );
  const lowers = account.lowers(direction);
  must(
    !lowers || (seen.limit === null && !isHold),
    'commits-are-covered',
    () => `${transactionId} lowers ${account.name} without funds set aside`,
  );
}

/** Every condition of the request was met by the attempt that commits. */
function checkConditions(books: Books, { transactionId, attemptId, request }: Committed): void {
  const { conditions = [] } = request as { conditions?: readonly RequestedCondition[] };
  for (const { accountId, availableMin, revision } of conditions) {
    must(
      books.account(accountId).hasMet(attemptId, availableMin, revision),
      'conditions-hold',
      () => `${transactionId} is committed without its condition on ${accountId}`,
    );
  }
}

function checkCapture(books: Books, { transactionId, attemptId, legs }: Committed, holdId: string): void {
  const claim = books.transaction(holdId).hold?.claims.get(`${transactionId}/${attemptId}`);
  must(claim, 'commits-are-covered', () => `capture ${transactionId} has no claim on hold ${holdId}`);
  const taken = new Map<string, bigint>();
  for (const { reservationId, amount } of legs) {
    if (reservationId !== null) taken.set(reservationId, (taken.get(reservationId) ?? 0n) + BigInt(amount));
  }
  const isEqual =
    claim.parts.length === taken.size &&
    claim.parts.every(({ reservationId, amount }) => taken.get(reservationId) === BigInt(amount));
  must(isEqual, 'commits-are-covered', () => `capture ${transactionId} takes something else than it claimed`);
}

function checkReversal(
  books: Books,
  { transactionId, attemptId, legs }: Committed,
  originalId: string,
): void {
  const original = books.transaction(originalId);
  const claim = original.reversalClaims.get(`${transactionId}/${attemptId}`);
  must(claim, 'commits-are-covered', () => `reversal ${transactionId} has no claim on ${originalId}`);
  const posted = original.outcome?.kind === 'posted' ? original.outcome.data.legs : [];
  const isOpposite =
    claim.length === legs.length &&
    claim.every(({ leg, amount }, index) => {
      const [before, now] = [posted[leg], legs[index]];
      return (
        before?.accountId === now?.accountId && before?.direction !== now?.direction && now?.amount === amount
      );
    });
  must(isOpposite, 'commits-are-covered', () => `reversal ${transactionId} does not turn round its claim`);
}
