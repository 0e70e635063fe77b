import { limits } from '../../config/limits.js';
import { refused, success, type Result } from '../../kernel/result.js';
import type { AccountEvent } from '../accounts/events.js';
import { available, balance, evolve, type AccountState, type Reservation } from '../accounts/state.js';
import { refusal, type Refusal } from '../refusals.js';
import type { ReleasedPart } from '../transactions/events.js';
import { STATUS_RULES } from './ladder.decide.js';
import type { PlannedLeg } from './legs.js';
import type { Rival } from './road.js';

/** Names one reservation of one attempt. */
export interface ReservationFacts {
  readonly reservationId: string;
  readonly transactionId: string;
  readonly attemptId: string;
  readonly requestHash: string;
  readonly leg: number;
  readonly now: string;
}

/**
 * Sets funds aside for one checked leg, if what is available at this revision allows it.
 *
 * @returns the event to append, none when the reservation stands already, or why it can't be made: a refusal, or other
 *   attempts of the same transaction that hold funds here
 */
export function decideReserve(
  account: AccountState,
  leg: PlannedLeg,
  facts: ReservationFacts,
): Result<readonly AccountEvent[], Refusal> | { readonly rivals: readonly Rival[] } {
  if (account.reservations.has(facts.reservationId)) return success([]);
  for (const rule of STATUS_RULES) {
    const why = rule(account, leg.pointers.account);
    if (why) return refused(why);
  }
  // The limit may have been lifted since the leg was planned; then any amount is covered.
  const { overdraftLimit } = account;
  if (overdraftLimit !== null && available(account) - leg.amount < -overdraftLimit) {
    // What the same transaction set aside in another attempt is no reason to refuse it.
    const rivals = rivalsOn(account, facts);
    if (rivals.length > 0) return { rivals };
    return refused(
      refusal('insufficient-funds', leg.pointers.amount, {
        accountId: account.accountId,
        required: leg.amount.toString(),
        available: available(account).toString(),
        overdraftLimit: overdraftLimit.toString(),
        currency: account.currency,
      }),
    );
  }
  if (account.reservations.size >= limits.openReservationsMax) {
    return refused(
      refusal('account-has-too-many-reservations', leg.pointers.account, {
        accountId: account.accountId,
        reservationsMax: limits.openReservationsMax.toString(),
      }),
    );
  }
  const { reservationId, transactionId, attemptId, requestHash, now } = facts;
  const data = {
    reservationId,
    transactionId,
    attemptId,
    leg: facts.leg,
    amount: leg.amount.toString(),
    requestHash,
    at: now,
  };
  return success([{ type: 'FundsReserved', data }]);
}

/** The other attempts of the same transaction that hold funds on an account. */
export function rivalsOn(
  account: AccountState,
  { transactionId, attemptId }: Pick<ReservationFacts, 'transactionId' | 'attemptId'>,
): Rival[] {
  const { accountId } = account;
  return [...account.reservations].flatMap(([reservationId, reservation]) =>
    reservation.transactionId === transactionId && reservation.attemptId !== attemptId
      ? [{ attemptId: reservation.attemptId, holds: { kind: 'reservation', accountId, reservationId } }]
      : [],
  );
}

/**
 * Gives back all the funds of one reservation, which no outcome names. Nothing to do when it is not open any more.
 *
 * @returns the events to append; the release of the last reservation ends a close under way
 */
export function decideRelease(
  account: AccountState,
  reservationId: string,
  now: string,
): readonly AccountEvent[] {
  const reservation = account.reservations.get(reservationId);
  return reservation ? releaseOf(account, reservationId, reservation, reservation.amount, null, now) : [];
}

/**
 * Gives back what a hold owes of one reservation.
 *
 * @returns the events to append; none when this release was made before
 */
export function decidePartRelease(
  account: AccountState,
  part: ReleasedPart,
  now: string,
): readonly AccountEvent[] {
  const reservation = account.reservations.get(part.reservationId);
  if (!reservation || reservation.releases.includes(part.releaseId)) return [];
  return releaseOf(account, part.reservationId, reservation, BigInt(part.amount), part.releaseId, now);
}

function releaseOf(
  account: AccountState,
  reservationId: string,
  { transactionId, attemptId }: Reservation,
  amount: bigint,
  releaseId: string | null,
  now: string,
): readonly AccountEvent[] {
  const released: AccountEvent = {
    type: 'ReservationReleased',
    data: { reservationId, transactionId, attemptId, amount: amount.toString(), releaseId, at: now },
  };
  const after = evolve(account, released);
  return after.status === 'closing' && after.reservations.size === 0 && balance(after) === 0n
    ? [released, { type: 'AccountClosed', data: { at: now, transactionId } }]
    : [released];
}
