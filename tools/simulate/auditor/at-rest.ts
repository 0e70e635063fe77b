import type { Auditor } from './auditor.js';

/**
 * What is still in flight, in words: every reservation has to be an open hold's, every leg booked, every claim ended, every
 * release made, every hold whose time is over expired.
 *
 * @param nowMs the world's clock, less what the settlers' clocks may be slow by; epoch milliseconds
 */
export function inFlight(auditor: Auditor, nowMs: number): string[] {
  return [...openReservations(auditor), ...owedByTransactions(auditor, nowMs), ...owedByHolds(auditor)];
}

/** Sums of all entries, debits - credits, in the currencies where they are not zero. */
export function imbalances(auditor: Auditor): string[] {
  const sums = new Map<string, bigint>();
  for (const { currency, debits, credits } of auditor.accounts.values()) {
    sums.set(currency, (sums.get(currency) ?? 0n) + debits - credits);
  }
  return [...sums].filter(([, sum]) => sum !== 0n).map(([currency, sum]) => `${sum} ${currency}`);
}

/** When the last open hold ends that ends before a given time; 0 when there is none. Epoch milliseconds. */
export function lastExpiryMs({ transactions }: Auditor, beforeMs: number): number {
  let last = 0;
  for (const { hold } of transactions.values()) {
    const endsMs = hold?.status === 'authorized' ? Date.parse(hold.expiresAt) : 0;
    if (endsMs < beforeMs) last = Math.max(last, endsMs);
  }
  return last;
}

function openReservations({ accounts, transactions }: Auditor): string[] {
  const open: string[] = [];
  for (const account of accounts.values()) {
    for (const [reservationId, { transactionId, left }] of account.reservations) {
      const owner = transactions.get(transactionId);
      const parent = owner?.outcome?.kind === 'authorized' ? owner.outcome.data.parent : null;
      const hold = parent ? transactions.get(parent.transactionId)?.hold : owner?.hold;
      const isKept = hold?.status === 'authorized' && hold.kept(reservationId) === left;
      if (!isKept)
        open.push(`${left} of reservation ${reservationId} on ${account.name}, which no open hold keeps`);
    }
  }
  return open;
}

function owedByTransactions({ transactions }: Auditor, nowMs: number): string[] {
  const owed: string[] = [];
  for (const transaction of transactions.values()) {
    owed.push(...transaction.owes());
    const { hold, reversalClaims } = transaction;
    if (reversalClaims.size > 0) owed.push(`a claim of a reversal on ${transaction.name}`);
    if (!hold) continue;
    if (hold.claims.size > 0) owed.push(`a claim of a capture on ${hold.name}`);
    if (hold.increaseClaims.size > 0) owed.push(`a claim of an increase of ${hold.name}`);
    const isOver = hold.status === 'authorized' && Date.parse(hold.expiresAt) <= nowMs;
    if (isOver) owed.push(`the expiry of ${hold.name}`);
  }
  return owed;
}

function owedByHolds({ owedReleases }: Auditor): string[] {
  return [...owedReleases].map(
    ([key, { holdId, part }]) => `the release of ${part.amount} (${key}) that hold ${holdId} owes`,
  );
}
