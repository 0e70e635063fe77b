import type { EventMetadata, EventStore } from '../../edges/event-store/event-store.js';
import { assert } from '../../kernel/assert.js';
import { success, type Result } from '../../kernel/result.js';
import type { AccountEvent } from '../accounts/events.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { eventIdOf } from '../identity.js';
import type { Refusal } from '../refusals.js';
import { decideConditions } from './conditions.decide.js';
import type { PlannedLeg } from './legs.js';
import { isOwnTrace } from './own-trace.js';
import { decideReserve } from './reserve.decide.js';
import type { AttemptName, Condition, Rival } from './road.js';

/** Funds set aside for one leg. */
export interface MadeReservation {
  readonly reservationId: string;
  readonly accountId: string;
  readonly leg: number;
  /** The account's revision at which they were set aside. */
  readonly revision: bigint;
}

/** What an attempt wants of one account, at one revision. */
export interface Wanted {
  readonly accountId: string;
  readonly conditions: readonly Condition[];
  readonly reserve: { readonly leg: PlannedLeg; readonly index: number } | null;
}

interface On {
  readonly accounts: AccountExecutors;
  readonly store: EventStore;
  readonly metadata: EventMetadata;
}

interface Attempt extends AttemptName {
  readonly requestHash: string;
}

/** Revisions of an account between which only this transaction left something. */
interface OwnTrace {
  readonly from: bigint;
  readonly to: bigint;
}

type Reserved =
  Result<Omit<MadeReservation, 'revision'> | null, Refusal> | { readonly rivals: readonly Rival[] };

interface Identified {
  readonly id: string;
  readonly event: AccountEvent;
}

/** Account by account what is wanted: conditions stand with the first reservation there, so that both hold at one revision. */
export function wantedOf(legs: readonly PlannedLeg[], conditions: readonly Condition[]): readonly Wanted[] {
  const asked = new Map<string, Condition[]>();
  for (const condition of conditions) {
    asked.set(condition.accountId, [...(asked.get(condition.accountId) ?? []), condition]);
  }
  const wanted: Wanted[] = [];
  legs.forEach((leg, index) => {
    if (!leg.checked) return;
    const { accountId } = leg;
    wanted.push({ accountId, conditions: asked.get(accountId) ?? [], reserve: { leg, index } });
    asked.delete(accountId);
  });
  for (const [accountId, alone] of asked) wanted.push({ accountId, conditions: alone, reserve: null });
  return wanted;
}

/**
 * Asks the conditions on one account and sets funds aside there, in one append at one revision.
 *
 * @returns the reservation, null when only conditions were asked; or why it can't be made
 * @throws TooBusy, TryAgain, EventStoreUnavailable
 */
export async function reserveOnAccount(
  on: On,
  attempt: Attempt,
  wanted: Wanted,
  deadlineMs: number,
): Promise<Result<MadeReservation | null, Refusal> | { readonly rivals: readonly Rival[] }> {
  let { result, revision } = await tryOnAccount(on, attempt, wanted, null, deadlineMs);
  const trace = await ownTraceBehind(on, attempt, wanted, { result, revision });
  if (trace) ({ result, revision } = await tryOnAccount(on, attempt, wanted, trace, deadlineMs));
  if ('rivals' in result || !result.ok) return result;
  return success(result.value && { ...result.value, revision });
}

/** What makes a condition on a revision fail, if that is only what earlier attempts of the same transaction left there. */
async function ownTraceBehind(
  { store }: On,
  { transactionId }: Attempt,
  { accountId, conditions }: Wanted,
  { result, revision: to }: { readonly result: Reserved; readonly revision: bigint },
): Promise<OwnTrace | null> {
  const from = conditions.find(({ revision }) => revision !== null)?.revision ?? null;
  if ('rivals' in result || result.ok || from === null) return null;
  if (result.refusal.code !== 'condition-must-hold') return null;
  const trace = { from, to };
  return (await isOwnTrace(store, accountId, trace, transactionId)) ? trace : null;
}

async function tryOnAccount(
  { accounts, metadata }: On,
  { transactionId, attemptId, requestHash, now }: Attempt,
  { accountId, conditions, reserve }: Wanted,
  trace: OwnTrace | null,
  deadlineMs: number,
): Promise<{ readonly result: Reserved; readonly revision: bigint }> {
  const outcome = await accounts.execute<Reserved>(accountId, {
    ...(reserve ? { afterRevision: reserve.leg.afterRevision } : {}),
    deadlineMs,
    metadata,
    decide: (state, revision) => {
      const account = existing(state);
      const seen = { state: account, revision: revision === trace?.to ? trace.from : revision };
      const met = decideConditions(seen, conditions, { transactionId, attemptId, now });
      if ('rivals' in met || !met.ok) return { events: [], result: met };
      const events = met.value.map((event): Identified => ({
        id: eventIdOf(attemptId, `condition:${accountId}`),
        event,
      }));
      if (!reserve) return { events, result: success(null) };
      const { leg, index } = reserve;
      const reservationId = eventIdOf(attemptId, `reservation:${index}`);
      const facts = { reservationId, transactionId, attemptId, requestHash, leg: index, now };
      const reserved = decideReserve(account, leg, facts);
      if ('rivals' in reserved || !reserved.ok) return { events: [], result: reserved };
      for (const event of reserved.value) events.push({ id: eventIdOf(reservationId, 'reserved'), event });
      return { events, result: success({ reservationId, accountId, leg: index }) };
    },
  });
  assert(outcome.kind === 'done', 'A reservation is not looked up by its event.');
  const { result, revision } = outcome;
  return { result, revision };
}

/** A task runs on a stream that was seen before. */
export function existing<State>(state: State | null): State {
  assert(state !== null, 'A stream that was seen in a decision exists.');
  return state;
}
