import { LRUCache } from 'lru-cache';
import { limits } from '../../config/limits.js';
import { AppendOutcomeUnknown, isStoreAway, type EventStore } from '../../edges/event-store/event-store.js';
import { assert } from '../../kernel/assert.js';
import { toInstant, type Clock } from '../../kernel/clock.js';
import type { IdSource } from '../../kernel/ids.js';
import type { Result } from '../../kernel/result.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { TooBusy, TryAgain, type CommandOutcome } from '../command.js';
import { eventMetadata } from '../event-metadata.js';
import { inTime } from '../patience.js';
import { differingFields, eventIdOf, requestHashOf } from '../identity.js';
import type { WriteMetrics } from '../metrics.js';
import { REFUSALS, refusal, type Refusal } from '../refusals.js';
import { transactionStream } from '../transactions/events.js';
import type { TransactionExecutors } from '../transactions/executors.js';
import { withConditions } from './conditions.decide.js';
import { committedEvent, rejectedEvent, type OutcomeFacts } from './commit.js';
import { lookAtAttempts, readAttempts, UNTOUCHED, type Attempts, type RecordedOutcome } from './outcome.js';
import type { SeenAccount } from './legs.js';
import { releaseAttempt, reserveAttempt, type Reserving } from './reserve.js';
import { outlastRivals } from './rivals.js';
import type { Plan, RoadCommand } from './road.js';
import { Settlement } from './settle.js';

/** The answer of a recorded success. */
export type ToView<View> = (
  event: Exclude<RecordedOutcome['event'], { type: 'TransactionRejected' }>,
  recorded: { readonly position: bigint; readonly revision: bigint },
) => View;

/** What a key was found to stand for. */
interface Found {
  readonly outcome: RecordedOutcome;
  readonly replayed: boolean;
  readonly settled: boolean;
}

type Answer = Found | { readonly refused: Refusal };

/**
 * The one road to a posted transaction or an authorized hold: decide, reserve, commit, settle, answer.
 *
 * Guarantees: the append of the outcome to the transaction's stream is the commit of all legs, the idempotency check and the
 * frozen answer in one; nothing before it is final, nothing after it can be refused. Any number of identical requests, at once
 * or years apart, have one outcome.
 */
export class Posting {
  private readonly inFlight = new Map<string, Promise<unknown>>();
  /** Requests that are carried out or wait for one with the same key. */
  private underWay = 0;
  private readonly outcomes = new LRUCache<string, RecordedOutcome>({ max: limits.rememberedOutcomesMax });
  private readonly settlement: Settlement;

  constructor(
    private readonly store: EventStore,
    private readonly accounts: AccountExecutors,
    private readonly parents: TransactionExecutors,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly metrics: WriteMetrics,
  ) {
    this.settlement = new Settlement(accounts, parents, clock, metrics);
  }

  /**
   * Carries a command to its outcome, or finds the one it had.
   *
   * @throws TooBusy when a bound is reached and nothing was done; TryAgain or EventStoreUnavailable when the outcome is not
   *   known yet: the same command with the same key finds or finishes it
   */
  async post<View>(command: RoadCommand, toView: ToView<View>): Promise<CommandOutcome<View>> {
    const { transactionId } = command;
    if (this.underWay >= limits.postingsInFlightMax) {
      throw new TooBusy(`${limits.postingsInFlightMax} requests are under way: send it again shortly.`);
    }
    const deadlineMs = this.accounts.deadlineIn(limits.commandTimeoutMs);
    this.underWay += 1;
    try {
      // Identical requests at once: the first does the work, the others find its outcome. Nothing may come between the
      // last look and taking the place.
      for (let first = this.inFlight.get(transactionId); first; first = this.inFlight.get(transactionId)) {
        await this.outlast(first, deadlineMs);
      }
      const run = this.run(command, deadlineMs);
      this.inFlight.set(transactionId, run);
      return toOutcome(await run.finally(() => this.inFlight.delete(transactionId)), toView);
    } finally {
      this.underWay -= 1;
    }
  }

  /** @throws TryAgain when it takes too long */
  private async outlast(first: Promise<unknown>, deadlineMs: number): Promise<void> {
    const ended = first.then(
      () => true,
      () => true,
    );
    const { patience } = this.accounts;
    const hasEnded = await inTime(patience, ended, deadlineMs);
    if (hasEnded && patience.elapsedMs() < deadlineMs) return;
    throw new TryAgain('A request with the same key is still under way: send it again with the same key.');
  }

  private async run(command: RoadCommand, deadlineMs: number): Promise<Answer> {
    const known = this.outcomes.get(command.transactionId);
    if (known) return this.again(command, known, true);
    for (let attempts = 0; attempts < limits.attemptsMax; attempts += 1) {
      const answer = await this.attempt(command, deadlineMs);
      if (answer) return answer;
    }
    // No attempt committed, and none can any more: nothing was done.
    throw new TooBusy('Others were first several times: send it again shortly with the same key.');
  }

  /** One execution of the command; null when it was overtaken under way and may start over. */
  private async attempt(command: RoadCommand, deadlineMs: number): Promise<Answer | null> {
    const { context, transactionId, parent, text, request, conditions } = command;
    // 1 Decide.
    const nowMs = this.clock.nowMs();
    let plan: Result<Plan, Refusal>;
    try {
      plan = await this.decide(command, nowMs);
    } catch (error) {
      // It can't be decided anew, as when an account can't be read any more. It may have been decided before.
      if (isStoreAway(error)) throw error;
      const recorded = await this.earlier(command, await lookAtAttempts(this.store, transactionId));
      if (recorded) return recorded;
      throw error;
    }
    // A request that reserves nothing learns of an earlier outcome from its commit; others must not reserve twice.
    const mayDisturb =
      !plan.ok ||
      plan.value.guard !== null ||
      conditions.length > 0 ||
      plan.value.legs.some((leg) => leg.checked);
    const before = mayDisturb ? await lookAtAttempts(this.store, transactionId) : UNTOUCHED;
    const earlier = await this.earlier(command, before);
    if (earlier) return earlier;
    // Only now: what was accepted once may be malformed today, as a hold whose end has passed.
    if (!plan.ok && !REFUSALS[plan.refusal.code].frozen) return { refused: plan.refusal };

    const facts: OutcomeFacts = {
      transactionId,
      attemptId: this.ids.newId(),
      companyId: context.principal.companyId,
      idempotencyKey: context.idempotencyKey,
      requestHash: requestHashOf(request),
      request,
      text,
      parent,
      now: toInstant(nowMs),
    };
    const metadata = eventMetadata(context, transactionId);
    const on = { accounts: this.accounts, parents: this.parents, metadata };
    // 2 Reserve.
    const reserving: Reserving = plan.ok
      ? await reserveAttempt({ ...on, store: this.store }, facts, { ...plan.value, conditions }, deadlineMs)
      : { kind: 'refused', refusal: plan.refusal, reservations: [], guarded: false };
    if (reserving.kind === 'overtaken') {
      await releaseAttempt(on, facts, reserving);
      const { store, clock, metrics } = this;
      if (reserving.rivals.length > 0) {
        await outlastRivals({ ...on, store, clock, metrics }, facts, reserving.rivals);
      }
      return null;
    }
    // Nothing final: the same request may find room later.
    if (plan.ok && reserving.kind === 'refused' && !REFUSALS[reserving.refusal.code].frozen) {
      await releaseAttempt(on, facts, reserving);
      return { refused: reserving.refusal };
    }
    // 3 Commit.
    const event =
      plan.ok && reserving.kind === 'reserved'
        ? committedEvent(facts, { ...plan.value, legs: reserving.legs }, reserving.reservations)
        : rejectedEvent(facts, refusalOf(plan, reserving));
    const committed = await this.commit(command, before, event);
    if (committed === 'recorded') {
      // 4 Settle.
      const outcome = this.outcomes.get(transactionId);
      assert(outcome, 'What was just recorded is remembered.');
      if (outcome.event.type !== 'TransactionRejected') {
        this.metrics.transactionsPosted.inc();
        const settled = await this.settlement.settle(outcome.event, metadata, deadlineMs);
        // A retry has to finish what is still owed, so it must not be answered from memory.
        if (!settled) this.outcomes.delete(transactionId);
        // 5 Answer.
        return { outcome, replayed: false, settled };
      }
      this.metrics.transactionsRejected.inc();
      await releaseAttempt(on, facts, reserving);
      return { outcome, replayed: false, settled: true };
    }
    await releaseAttempt(on, facts, reserving);
    return committed === 'abandoned' ? null : this.earlier(command, committed);
  }

  /** Runs the command's ladder on what this process knows; a refusal is only given on what the streams say now. */
  private async decide(command: RoadCommand, nowMs: number): Promise<Result<Plan, Refusal>> {
    const known = await this.decideOn(command, nowMs, false);
    return known.ok ? known : this.decideOn(command, nowMs, true);
  }

  private async decideOn(
    command: RoadCommand,
    nowMs: number,
    current: boolean,
  ): Promise<Result<Plan, Refusal>> {
    const { parent, context, conditions } = command;
    const seenParent = parent ? await this.parents.read(parent.transactionId, { current }) : null;
    const parentState = seenParent?.state ?? null;
    const accountIds = new Set(command.accountIds(parentState));
    for (const { accountId } of conditions) accountIds.add(accountId);
    const accounts = new Map<string, SeenAccount>();
    await Promise.all(
      [...accountIds].map(async (accountId) => {
        const account = await this.accounts.read(accountId, { current });
        if (account) accounts.set(accountId, account);
      }),
    );
    const facts = { companyId: context.principal.companyId, nowMs, accounts, parent: parentState };
    return withConditions(command.plan(facts), conditions, facts);
  }

  /**
   * Appends the outcome, unless something stands there already.
   *
   * @returns `recorded` when it is ours, `abandoned` when a settler fenced this attempt off, else what stands there
   */
  private async commit(
    { context }: RoadCommand,
    before: Attempts,
    event: RecordedOutcome['event'],
  ): Promise<'recorded' | 'abandoned' | Attempts> {
    const { transactionId, attemptId } = event.data;
    // Named after the attempt: two attempts' outcomes must never pass for the same append.
    const id = eventIdOf(attemptId, 'outcome');
    const appended = { id, ...event, metadata: eventMetadata(context, transactionId) };
    let { expected } = before;
    for (let conflicts = 0; conflicts <= limits.commitConflictsMax; conflicts += 1) {
      try {
        const outcome = await this.store.append(transactionStream(transactionId), expected, [appended]);
        if (outcome.kind === 'appended') {
          this.outcomes.set(transactionId, { event, position: outcome.position, revision: outcome.revision });
          return 'recorded';
        }
      } catch (error) {
        // It may be committed: the reservations stay until the stream tells.
        if (error instanceof AppendOutcomeUnknown) throw new TryAgain(error.message, { cause: error });
        throw error;
      }
      const now = await readAttempts(this.store, transactionId);
      if (now.outcome?.event.data.attemptId === attemptId) {
        this.outcomes.set(transactionId, now.outcome);
        return 'recorded';
      }
      if (now.outcome || now.claim) return now;
      if (now.abandoned.has(attemptId)) return 'abandoned';
      expected = now.expected;
    }
    throw new TryAgain('The transaction was interrupted several times: send it again with the same key.');
  }

  /** What the key came to before, finished where a crash left it unfinished; null when it is new. */
  private async earlier(command: RoadCommand, { outcome, claim }: Attempts): Promise<Answer | null> {
    if (claim) return reused(claim.data.request, command.request);
    if (!outcome) return null;
    let settled = true;
    if (outcome.event.type !== 'TransactionRejected') {
      const metadata = eventMetadata(command.context, command.transactionId);
      const deadlineMs = this.accounts.deadlineIn(limits.commandTimeoutMs);
      settled = await this.settlement.settle(outcome.event, metadata, deadlineMs);
    }
    if (settled) this.outcomes.set(command.transactionId, outcome);
    return this.again(command, outcome, settled);
  }

  private again(command: RoadCommand, outcome: RecordedOutcome, settled: boolean): Answer {
    const { requestHash, request } = outcome.event.data;
    if (requestHash !== requestHashOf(command.request)) return reused(request, command.request);
    this.metrics.replays.inc();
    return { outcome, replayed: true, settled };
  }
}

function refusalOf(plan: Result<Plan, Refusal>, reserving: Reserving): Refusal {
  if (!plan.ok) return plan.refusal;
  assert(reserving.kind === 'refused', 'What is not committed was refused.');
  return reserving.refusal;
}

function reused(first: object, second: object): Answer {
  const fields = differingFields(first, second).join(',');
  return { refused: refusal('idempotency-key-reused', null, { fields }) };
}

function toOutcome<View>(answer: Answer, toView: ToView<View>): CommandOutcome<View> {
  if ('refused' in answer) {
    return { kind: 'refused', refusal: answer.refused, position: null, replayed: false };
  }
  const { outcome, replayed, settled } = answer;
  const { event, position } = outcome;
  if (event.type !== 'TransactionRejected') {
    return { kind: 'accepted', body: toView(event, outcome), position, replayed, settled };
  }
  const { code, pointer, details } = event.data;
  assert(Object.hasOwn(REFUSALS, code), `A recorded refusal has a known code, not ${code}.`);
  return {
    kind: 'refused',
    refusal: { code: code as Refusal['code'], pointer, details },
    position,
    replayed,
  };
}
