import { limits } from '../../config/limits.js';
import type { EventMetadata, EventStore } from '../../edges/event-store/event-store.js';
import { assert } from '../../kernel/assert.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { eventIdOf } from '../identity.js';
import type { Refusal } from '../refusals.js';
import type { Parent, ReleasedPart } from '../transactions/events.js';
import type { TransactionExecutors } from '../transactions/executors.js';
import type { TransactionState } from '../transactions/state.js';
import { firstRefusal } from './conditions.decide.js';
import { decideGuardRelease } from './parent.decide.js';
import { existing, reserveOnAccount, wantedOf, type MadeReservation } from './reserve-account.js';
import { decidePartRelease, decideRelease } from './reserve.decide.js';
import type { PlannedLeg } from './legs.js';
import type { AttemptName, Condition, Guard, Plan, Rival } from './road.js';

export { existing } from './reserve-account.js';

/** What an attempt has set aside, and whether that is all it needs. */
export type Reserving = {
  readonly reservations: readonly MadeReservation[];
  /** It holds a claim on its parent's stream. */
  readonly guarded: boolean;
} & (
  | { readonly kind: 'reserved'; readonly legs: readonly PlannedLeg[] }
  /** Other attempts hold what this one needs; none when the plan no longer fits its parent. It has to start over. */
  | { readonly kind: 'overtaken'; readonly rivals: readonly Rival[] }
  /** The refusal of the first condition that does not hold, else of the parent, else of the first leg that got no funds. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
);

/** Where reservations are made, and what their events say. */
export interface ReserveOn {
  readonly accounts: AccountExecutors;
  readonly parents: TransactionExecutors;
  readonly metadata: EventMetadata;
}

interface AttemptFacts extends AttemptName {
  readonly requestHash: string;
  readonly parent: Parent | null;
}

/** What an attempt reserves: the part of its plan that other streams guard. */
interface Reserved extends Pick<Plan, 'legs' | 'guard'> {
  readonly conditions: readonly Condition[];
}

/**
 * Reserves on every stream that guards something the attempt needs, and asks its conditions there, all in parallel: nothing
 * waits on a lock, so nothing deadlocks.
 *
 * @throws TooBusy, TryAgain or EventStoreUnavailable when some stream did not answer; what was reserved is released first
 */
export async function reserveAttempt(
  on: ReserveOn & { readonly store: EventStore },
  attempt: AttemptFacts,
  { legs, guard, conditions }: Reserved,
  deadlineMs: number,
): Promise<Reserving> {
  const [guarding, ...outcomes] = await Promise.allSettled([
    guard ? reserveOnParent(on, attempt, guard, deadlineMs) : null,
    ...wantedOf(legs, conditions).map((wanted) => reserveOnAccount(on, attempt, wanted, deadlineMs)),
  ]);
  const reservations: MadeReservation[] = [];
  const refusals: Refusal[] = [];
  let failure: Error | undefined;
  let guarded = false;
  let rivals: readonly Rival[] | null = null;
  let taking = legs;
  if (guarding.status === 'rejected') failure = toError(guarding.reason);
  else if (guarding.value === null) guarded = false;
  else if ('rivals' in guarding.value) ({ rivals } = guarding.value);
  else if (guarding.value.ok) {
    guarded = true;
    taking = guarding.value.value.legs ?? legs;
    assert(
      taking === legs || ![...legs, ...taking].some(({ checked }) => checked),
      'Legs that the parent covers reserve nothing on accounts.',
    );
  } else refusals.push(guarding.value.refusal);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') failure ??= toError(outcome.reason);
    else if ('rivals' in outcome.value) rivals = [...(rivals ?? []), ...outcome.value.rivals];
    else if (!outcome.value.ok) refusals.push(outcome.value.refusal);
    else if (outcome.value.value) reservations.push(outcome.value.value);
  }
  if (failure) {
    await releaseAttempt(on, attempt, { reservations, guarded });
    throw failure;
  }
  if (rivals) return { kind: 'overtaken', rivals, reservations, guarded };
  const refusal = firstRefusal(refusals, conditions);
  return refusal
    ? { kind: 'refused', refusal, reservations, guarded }
    : { kind: 'reserved', legs: taking, reservations, guarded };
}

async function reserveOnParent(
  { parents, metadata }: ReserveOn,
  attempt: AttemptFacts,
  guard: Guard,
  deadlineMs: number,
): Promise<ReturnType<Guard>> {
  assert(attempt.parent, 'A guard stands on a parent.');
  const outcome = await parents.execute<ReturnType<Guard>>(attempt.parent.transactionId, {
    deadlineMs,
    metadata,
    decide: (state) => {
      const decided = guard(existing(state), attempt);
      const events = 'ok' in decided && decided.ok ? decided.value.events : [];
      return {
        events: events.map((event) => ({ id: eventIdOf(attempt.attemptId, 'guard'), event })),
        result: decided,
      };
    },
  });
  assert(outcome.kind === 'done', 'A guard is not looked up by its event.');
  return outcome.result;
}

/**
 * Gives back what an attempt set aside and no outcome names. Best effort: what can't be released now is found and released by
 * recovery, because its attempt has no outcome of its own.
 */
export async function releaseAttempt(
  on: ReserveOn,
  { parent, ...attempt }: AttemptFacts,
  { reservations, guarded }: { readonly reservations: readonly MadeReservation[]; readonly guarded: boolean },
): Promise<void> {
  await Promise.allSettled([
    guarded && parent ? releaseGuard(on, parent, attempt) : null,
    releaseReservations(on, reservations, attempt.now),
  ]);
}

/**
 * Ends an attempt's claim on its parent, and gives back what the parent owes because of it.
 *
 * @returns false when some of that is still owed
 */
export async function releaseGuard(on: ReserveOn, parent: Parent, attempt: AttemptName): Promise<boolean> {
  const outcome = await on.parents.execute(parent.transactionId, {
    owed: true,
    deadlineMs: on.parents.deadlineIn(limits.commandTimeoutMs),
    metadata: on.metadata,
    decide: (state: TransactionState | null) => {
      const events = decideGuardRelease(existing(state), parent, attempt);
      const owed = events.flatMap((event) => (event.type === 'CaptureReleased' ? event.data.released : []));
      return {
        events: events.map((event) => ({ id: eventIdOf(attempt.attemptId, 'guard-released'), event })),
        result: owed,
      };
    },
  });
  return outcome.kind === 'done-before' || releaseParts(on, outcome.result, attempt.now);
}

/** Gives back whole reservations. @returns false when some are not given back yet */
export async function releaseReservations(
  { accounts, metadata }: ReserveOn,
  reservations: readonly Omit<MadeReservation, 'leg'>[],
  now: string,
): Promise<boolean> {
  const outcomes = await Promise.allSettled(
    reservations.map(({ reservationId, accountId, revision }) =>
      accounts.execute(accountId, {
        afterRevision: revision,
        owed: true,
        deadlineMs: accounts.deadlineIn(limits.commandTimeoutMs),
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
  return outcomes.every(({ status }) => status === 'fulfilled');
}

/**
 * Gives back what a hold owes.
 *
 * @returns true once all of it is given back, false when some is still owed
 */
export async function releaseParts(
  { accounts, metadata }: Pick<ReserveOn, 'accounts' | 'metadata'>,
  parts: readonly ReleasedPart[],
  now: string,
): Promise<boolean> {
  const outcomes = await Promise.allSettled(
    parts.map((part) => {
      const releaseEventId = eventIdOf(part.reservationId, `released:${part.releaseId}`);
      return accounts.execute(part.accountId, {
        afterRevision: BigInt(part.afterRevision),
        owed: true,
        deadlineMs: accounts.deadlineIn(limits.settleTimeoutMs),
        metadata,
        decide: (state) => ({
          events: decidePartRelease(existing(state), part, now).map((event, index) => ({
            id: index === 0 ? releaseEventId : eventIdOf(releaseEventId, 'closed'),
            event,
          })),
          result: undefined,
        }),
      });
    }),
  );
  return outcomes.every(({ status }) => status === 'fulfilled');
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
