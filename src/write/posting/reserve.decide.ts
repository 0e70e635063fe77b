import { assert } from '../../kernel/assert.js';
import { refused, success, type Result } from '../../kernel/result.js';
import type { AccountEvent } from '../accounts/events.js';
import { available, balance, type AccountState } from '../accounts/state.js';
import { refusal, type Refusal } from '../refusals.js';
import { STATUS_RULES, type PlannedLeg } from './plan.decide.js';

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
 * @returns the event to append, none when the reservation stands already, or why it can't be made
 */
export function decideReserve(
  account: AccountState,
  leg: PlannedLeg,
  facts: ReservationFacts,
): Result<readonly AccountEvent[], Refusal> {
  if (account.reservations.has(facts.reservationId)) return success([]);
  for (const rule of STATUS_RULES) {
    const why = rule(account, leg.pointers.account);
    if (why) return refused(why);
  }
  // The limit may have been lifted since the leg was planned; then any amount is covered.
  const { overdraftLimit } = account;
  if (overdraftLimit !== null && available(account) - leg.amount < -overdraftLimit) {
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

/**
 * Gives back the funds of one reservation. Nothing to do when it is not open any more.
 *
 * @returns the events to append; the release of the last reservation ends a close under way
 */
export function decideRelease(
  account: AccountState,
  reservationId: string,
  now: string,
): readonly AccountEvent[] {
  const reservation = account.reservations.get(reservationId);
  if (!reservation) return [];
  const { transactionId, attemptId, amount } = reservation;
  const released: AccountEvent = {
    type: 'ReservationReleased',
    data: { reservationId, transactionId, attemptId, amount: amount.toString(), at: now },
  };
  const lastInFlight = account.reservations.size === 1;
  return lastInFlight && account.status === 'closing' && balance(account) === 0n
    ? [released, { type: 'AccountClosed', data: { at: now, transactionId } }]
    : [released];
}

/** Asserts that a task runs on an account that was seen to exist. */
export function existing(account: AccountState | null): AccountState {
  assert(account !== null, 'An account that was seen in a decision exists.');
  return account;
}
