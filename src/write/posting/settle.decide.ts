import { signedAmount, normalSide, type Direction } from '../../kernel/money.js';
import type { AccountEvent, EntryPosted } from '../accounts/events.js';
import { balance, evolve, type AccountState } from '../accounts/state.js';
import type { PostedLeg } from '../transactions/events.js';

/** Which leg of which committed transaction is settled. */
export interface SettledLeg {
  readonly transactionId: string;
  /** 0-based. */
  readonly index: number;
  readonly leg: PostedLeg;
  readonly effectiveAt: string;
  readonly now: string;
}

/**
 * Books one leg of a committed transaction on its account. Owed: no status refuses it.
 *
 * An entry that arrives on a closed account reopens it; the entry that ends what was in flight ends a close under way.
 *
 * Of an entry that takes only a part of its reservation the caller knows by its id whether it stands.
 *
 * @returns the events to append; none when the leg's reservation is consumed already
 */
export function decideSettle(account: AccountState, settled: SettledLeg): readonly AccountEvent[] {
  const { transactionId, index, leg, effectiveAt, now } = settled;
  const { reservationId } = leg;
  if (reservationId !== null) {
    // A committed leg's part of its reservation is only ever taken by its entry: without the reservation it stands already.
    if (!account.reservations.has(reservationId)) return [];
  }
  const entry: EntryPosted = {
    type: 'EntryPosted',
    data: {
      transactionId,
      leg: index,
      direction: leg.direction,
      amount: leg.amount,
      currency: leg.currency,
      effectiveAt,
      reservationId,
      sequence: account.sequence + 1,
      balance: (balance(account) + raise(account, leg.direction, BigInt(leg.amount))).toString(),
      at: now,
    },
  };
  if (account.status === 'closed') {
    return [{ type: 'AccountReopened', data: { at: now, transactionId } }, entry];
  }
  const after = evolve(account, entry);
  const done = after.status === 'closing' && after.reservations.size === 0 && balance(after) === 0n;
  return done ? [entry, { type: 'AccountClosed', data: { at: now, transactionId } }] : [entry];
}

/** How much an entry changes the balance, signed by the account's normal side. */
function raise(account: AccountState, direction: Direction, amount: bigint): bigint {
  const signed = signedAmount(direction, amount);
  return normalSide(account.type) === 'debit' ? signed : -signed;
}
