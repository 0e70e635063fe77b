import { LRUCache } from 'lru-cache';
import { limits } from '../../config/limits.js';
import { AppendOutcomeUnknown, type EventStore } from '../../edges/event-store/event-store.js';
import { assert } from '../../kernel/assert.js';
import { toInstant, type Clock } from '../../kernel/clock.js';
import type { IdSource } from '../../kernel/ids.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { TooBusy, TryAgain, type CommandContext, type CommandOutcome } from '../command.js';
import { differingFields, eventIdOf, requestHashOf } from '../identity.js';
import { eventMetadata } from '../event-metadata.js';
import type { WriteMetrics } from '../metrics.js';
import { REFUSALS, refusal, type Refusal } from '../refusals.js';
import { transactionStream } from '../transactions/events.js';
import { toTransactionView, type TransactionView } from '../transactions/transaction-view.js';
import { postedEvent, rejectedEvent, type OutcomeFacts, type PostingText } from './commit.js';
import { readAttempts, type Attempts, type RecordedOutcome } from './outcome.js';
import { decidePlan, type PlannedLeg, type RequestedPosting, type SeenAccount } from './plan.decide.js';
import { releaseAll, reserveAll, type Reserving } from './reserve.js';
import { LegSettler } from './settle.js';

/** A command that moves money, in the one shape the road knows. */
export interface PostingCommand {
  readonly context: CommandContext;
  readonly transactionId: string;
  readonly requested: RequestedPosting;
  readonly text: PostingText;
  /** The request as it was sent: what the idempotency hash covers. */
  readonly request: object;
}

interface Attempt {
  readonly command: PostingCommand;
  readonly facts: OutcomeFacts;
  readonly deadlineMs: number;
}

const UNTOUCHED: Attempts = { outcome: null, expected: 'no_stream', abandoned: new Set() };

/**
 * The one road to a posted transaction: decide, reserve, commit, settle, answer.
 *
 * Guarantees: the append of the outcome to the transaction's stream is the commit of all legs, the idempotency check and the
 * frozen answer in one; nothing before it is final, nothing after it can be refused. Any number of identical requests, at once
 * or years apart, have one outcome.
 */
export class Posting {
  private readonly inFlight = new Map<string, Promise<unknown>>();
  private readonly outcomes = new LRUCache<string, RecordedOutcome>({ max: limits.rememberedOutcomesMax });
  private readonly settler: LegSettler;

  constructor(
    private readonly store: EventStore,
    private readonly executors: AccountExecutors,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly metrics: WriteMetrics,
  ) {
    this.settler = new LegSettler(executors, clock, metrics);
  }

  /**
   * Carries a command to its outcome, or finds the one it had.
   *
   * @throws TooBusy when a bound is reached and nothing was done; TryAgain or EventStoreUnavailable when the outcome is not
   *   known yet: the same command with the same key finds or finishes it
   */
  async post(command: PostingCommand): Promise<CommandOutcome<TransactionView>> {
    const { transactionId } = command;
    if (this.inFlight.size >= limits.postingsInFlightMax) {
      throw new TooBusy(`${limits.postingsInFlightMax} transactions are under way: send it again shortly.`);
    }
    // Identical requests at once: the first does the work, the others find its outcome.
    for (let first = this.inFlight.get(transactionId); first; first = this.inFlight.get(transactionId)) {
      await first.catch(() => undefined);
    }
    const run = this.run(command);
    this.inFlight.set(transactionId, run);
    try {
      return await run;
    } finally {
      this.inFlight.delete(transactionId);
    }
  }

  private async run(command: PostingCommand): Promise<CommandOutcome<TransactionView>> {
    const known = this.outcomes.get(command.transactionId);
    if (known) return this.replay(command, known);
    const deadlineMs = performance.now() + limits.commandTimeoutMs;
    for (let attempts = 0; attempts < limits.attemptsMax; attempts += 1) {
      const outcome = await this.attempt(command, deadlineMs);
      if (outcome) return outcome;
    }
    throw new TryAgain('The transaction was interrupted several times: send it again with the same key.');
  }

  /** One execution of the command; null when it was abandoned under way and may start over. */
  private async attempt(
    command: PostingCommand,
    deadlineMs: number,
  ): Promise<CommandOutcome<TransactionView> | null> {
    const { context, transactionId, requested, text, request } = command;
    // 1 Decide.
    const nowMs = this.clock.nowMs();
    const plan = decidePlan(requested, {
      companyId: context.principal.companyId,
      nowMs,
      accounts: await this.seeAccounts(requested),
    });
    if (!plan.ok && !REFUSALS[plan.refusal.code].frozen) return refusedNow(plan.refusal);

    // A request without checked legs learns of an earlier outcome from its commit; others must not reserve twice.
    const mayDisturb = !plan.ok || plan.value.some((leg) => leg.checked);
    const before = mayDisturb ? await readAttempts(this.store, transactionId) : UNTOUCHED;
    if (before.outcome) return this.recall(command, before.outcome);

    const now = toInstant(nowMs);
    const facts: OutcomeFacts = {
      transactionId,
      attemptId: this.ids.newId(),
      companyId: context.principal.companyId,
      idempotencyKey: context.idempotencyKey,
      requestHash: requestHashOf(request),
      request,
      text,
      effectiveAt: requested.effectiveAtMs === null ? now : toInstant(requested.effectiveAtMs),
      now,
    };
    const attempt: Attempt = { command, facts, deadlineMs };
    // 2 Reserve.
    const reserving = await this.reserve(attempt, plan.ok ? plan.value : []);
    const why = plan.ok ? reserving.refusal : plan.refusal;
    // 3 Commit.
    const event =
      plan.ok && why === null ? postedEvent(facts, plan.value, reserving) : rejectedEvent(facts, why);
    const committed = await this.commit(attempt, before, event);
    if (committed !== 'abandoned') {
      if (committed.event.data.attemptId !== facts.attemptId) {
        await this.release(attempt, reserving);
        return this.recall(command, committed);
      }
      this.outcomes.set(transactionId, committed);
      if (committed.event.type === 'TransactionRejected') {
        this.metrics.transactionsRejected.inc();
        await this.release(attempt, reserving);
        return answer(committed, { replayed: false, settled: true });
      }
      this.metrics.transactionsPosted.inc();
      // 4 Settle. 5 Answer.
      const settled = await this.settler.settle(
        committed.event,
        eventMetadata(context, transactionId),
        deadlineMs,
      );
      return answer(committed, { replayed: false, settled });
    }
    await this.release(attempt, reserving);
    return null;
  }

  private async seeAccounts({ legs }: RequestedPosting): Promise<ReadonlyMap<string, SeenAccount>> {
    const accountIds = [...new Set(legs.map((leg) => leg.accountId))];
    const accounts = new Map<string, SeenAccount>();
    await Promise.all(
      accountIds.map(async (accountId) => {
        const account = await this.executors.read(accountId, { current: false });
        if (account) accounts.set(accountId, account);
      }),
    );
    return accounts;
  }

  private reserve({ command, facts, deadlineMs }: Attempt, legs: readonly PlannedLeg[]): Promise<Reserving> {
    const metadata = eventMetadata(command.context, facts.transactionId);
    return reserveAll(this.executors, legs, { ...facts, metadata, deadlineMs });
  }

  private async release({ command, facts }: Attempt, reserving: Reserving): Promise<void> {
    const metadata = eventMetadata(command.context, facts.transactionId);
    await releaseAll(this.executors, reserving.reservations, facts.now, metadata);
  }

  /**
   * Appends the outcome, unless another attempt's stands there already.
   *
   * @returns the outcome on record, ours or not; `abandoned` when a settler fenced this attempt off
   */
  private async commit(
    { command: { context }, facts }: Attempt,
    before: Attempts,
    event: RecordedOutcome['event'],
  ): Promise<RecordedOutcome | 'abandoned'> {
    const { transactionId, attemptId } = facts;
    // Named after the attempt: two attempts' outcomes must never pass for the same append.
    const id = eventIdOf(attemptId, 'outcome');
    const appended = { id, ...event, metadata: eventMetadata(context, transactionId) };
    let { expected } = before;
    for (let conflicts = 0; conflicts <= limits.commitConflictsMax; conflicts += 1) {
      try {
        const outcome = await this.store.append(transactionStream(transactionId), expected, [appended]);
        if (outcome.kind === 'appended') return { event, position: outcome.position };
      } catch (error) {
        // It may be committed: the reservations stay until the stream tells.
        if (error instanceof AppendOutcomeUnknown) throw new TryAgain(error.message, { cause: error });
        throw error;
      }
      const now = await readAttempts(this.store, transactionId);
      if (now.outcome) return now.outcome;
      if (now.abandoned.has(attemptId)) return 'abandoned';
      expected = now.expected;
    }
    throw new TryAgain('The transaction was interrupted several times: send it again with the same key.');
  }

  /** An outcome another attempt recorded: finish what its crash may have left, then answer it again. */
  private async recall(
    command: PostingCommand,
    outcome: RecordedOutcome,
  ): Promise<CommandOutcome<TransactionView>> {
    if (outcome.event.type === 'TransactionPosted') {
      const metadata = eventMetadata(command.context, command.transactionId);
      const deadlineMs = performance.now() + limits.commandTimeoutMs;
      if (!(await this.settler.settle(outcome.event, metadata, deadlineMs))) {
        return this.answerAgain(command, outcome, false);
      }
    }
    this.outcomes.set(command.transactionId, outcome);
    return this.answerAgain(command, outcome, true);
  }

  private replay(command: PostingCommand, outcome: RecordedOutcome): CommandOutcome<TransactionView> {
    return this.answerAgain(command, outcome, true);
  }

  private answerAgain(
    command: PostingCommand,
    outcome: RecordedOutcome,
    settled: boolean,
  ): CommandOutcome<TransactionView> {
    const recorded = outcome.event.data;
    if (recorded.requestHash !== requestHashOf(command.request)) {
      const fields = differingFields(recorded.request, command.request).join(',');
      return refusedNow(refusal('idempotency-key-reused', null, { fields }));
    }
    this.metrics.replays.inc();
    return answer(outcome, { replayed: true, settled });
  }
}

function answer(
  { event, position }: RecordedOutcome,
  { replayed, settled }: { readonly replayed: boolean; readonly settled: boolean },
): CommandOutcome<TransactionView> {
  if (event.type === 'TransactionPosted') {
    return { kind: 'accepted', body: toTransactionView(event, position), position, replayed, settled };
  }
  const { code, pointer, details } = event.data;
  assert(code in REFUSALS, `A recorded refusal has a known code, not ${code}.`);
  return {
    kind: 'refused',
    refusal: { code: code as Refusal['code'], pointer, details },
    position,
    replayed,
  };
}

function refusedNow(why: Refusal): CommandOutcome<TransactionView> {
  return { kind: 'refused', refusal: why, position: null, replayed: false };
}
