import { limits } from '../../config/limits.js';
import type { EventMetadata } from '../../edges/event-store/event-store.js';
import { assert } from '../../kernel/assert.js';
import type { Result } from '../../kernel/result.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { eventIdOf } from '../identity.js';
import type { Refusal } from '../refusals.js';
import type { PlannedLeg } from './plan.decide.js';
import { decideRelease, decideReserve, existing } from './reserve.decide.js';

/** Funds set aside for one leg. */
export interface MadeReservation {
  readonly reservationId: string;
  readonly accountId: string;
  readonly leg: number;
  /** The account's revision at which they were set aside. */
  readonly revision: bigint;
}

/** What reserving for one attempt came to. */
export interface Reserving {
  readonly reservations: readonly MadeReservation[];
  /** The refusal of the first leg that got no funds; null when every checked leg got them. */
  readonly refusal: Refusal | null;
}

interface ReserveOptions {
  readonly transactionId: string;
  readonly attemptId: string;
  readonly requestHash: string;
  readonly now: string;
  readonly metadata: EventMetadata;
  readonly deadlineMs: number;
}

/**
 * Reserves every checked leg, all in parallel: nothing waits on a lock, so nothing deadlocks.
 *
 * @throws TooBusy, TryAgain or EventStoreUnavailable when some account did not answer; what was reserved is released first
 */
export async function reserveAll(
  executors: AccountExecutors,
  legs: readonly PlannedLeg[],
  options: ReserveOptions,
): Promise<Reserving> {
  const { transactionId, attemptId, requestHash, now, metadata, deadlineMs } = options;
  const checked = legs.flatMap((leg, index) => (leg.checked ? [{ leg, index }] : []));
  const outcomes = await Promise.allSettled(
    checked.map(async ({ leg, index }): Promise<Result<MadeReservation, Refusal>> => {
      const reservationId = eventIdOf(attemptId, `reservation:${index}`);
      const outcome = await executors.execute<Result<unknown, Refusal>>(leg.accountId, {
        afterRevision: leg.afterRevision,
        deadlineMs,
        metadata,
        decide: (state) => {
          const facts = { reservationId, transactionId, attemptId, requestHash, leg: index, now };
          const decided = decideReserve(existing(state), leg, facts);
          const events = decided.ok ? decided.value : [];
          return {
            events: events.map((event) => ({ id: eventIdOf(reservationId, 'reserved'), event })),
            result: decided,
          };
        },
      });
      assert(outcome.kind === 'done', 'A reservation is not looked up by its event.');
      if (!outcome.result.ok) return outcome.result;
      return {
        ok: true,
        value: { reservationId, accountId: leg.accountId, leg: index, revision: outcome.revision },
      };
    }),
  );
  const reservations: MadeReservation[] = [];
  let refusal: Refusal | null = null;
  let failure: Error | undefined;
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') failure ??= outcome.reason as Error;
    else if (outcome.value.ok) reservations.push(outcome.value.value);
    else refusal ??= outcome.value.refusal;
  }
  if (failure) {
    await releaseAll(executors, reservations, now, metadata);
    throw failure;
  }
  return { reservations, refusal };
}

/**
 * Releases reservations that no outcome names. Best effort: what can't be released now is found and released by recovery,
 * because its attempt has no outcome of its own.
 */
export async function releaseAll(
  executors: AccountExecutors,
  reservations: readonly Omit<MadeReservation, 'leg'>[],
  now: string,
  metadata: EventMetadata,
): Promise<void> {
  await Promise.allSettled(
    reservations.map(({ reservationId, accountId, revision }) =>
      executors.execute(accountId, {
        afterRevision: revision,
        owed: true,
        deadlineMs: performance.now() + limits.commandTimeoutMs,
        metadata,
        decide: (state) => ({
          events: decideRelease(existing(state), reservationId, now).map((event, index) => ({
            id: eventIdOf(reservationId, index === 0 ? 'released' : 'closed'),
            event,
          })),
          result: undefined,
        }),
      }),
    ),
  );
}
