import { limits } from '../config/limits.js';
import type { EventMetadata, EventStore, NewEvent, RecordedEvent } from '../edges/event-store/event-store.js';
import { toLedgerEvent, type LedgerEvent } from '../edges/event-store/ledger-event.js';
import { assert } from '../kernel/assert.js';
import { toInstant, type Clock } from '../kernel/clock.js';
import type { IdSource } from '../kernel/ids.js';
import { success, type Result } from '../kernel/result.js';
import type { CommandContext, CommandOutcome } from './command.js';
import { eventMetadata } from './event-metadata.js';
import { differingFields, eventIdOf, requestHashOf } from './identity.js';
import { refusal, type Refusal } from './refusals.js';
import type { StreamExecutors } from './streams/stream-executors.js';

/** What an administrative decision is told besides its request. */
export interface CommandFacts {
  readonly commandId: string;
  readonly now: string;
}

/** An administrative event before the answer it carries is known. */
export type Unanswered<Event, View> = (answer: View) => Event;

/** Decides one administrative command: one or two events, or the rule that forbids it. Pure. */
export type DecideAdministration<State, Event, View> = (
  state: State,
  facts: CommandFacts,
) => Result<readonly Unanswered<Event, View>[], Refusal>;

/** What a claim of a key records. */
export interface ClaimFacts extends CommandFacts {
  readonly targetId: string;
  readonly companyId: string;
  readonly idempotencyKey: string;
  readonly requestHash: string;
  readonly request: object;
  readonly afterRevision: string;
}

/** What a key was claimed for before. */
export interface Claimed {
  readonly requestHash: string;
  readonly request: object;
  /** Null when the key stands for a command of another kind. */
  readonly afterRevision: string | null;
}

interface Appended<Event, View> {
  readonly answer: View;
  readonly events: readonly Event[];
}

/** What administration needs to know of one kind of stream. */
export interface Administered<State, Event extends LedgerEvent, View> {
  readonly executors: StreamExecutors<State, Event>;
  readonly streamOf: (targetId: string) => string;
  readonly evolve: (state: State | null, event: Event) => State;
  /** Whether the company may see it. */
  readonly isVisible: (state: State, companyId: string) => boolean;
  readonly notFound: (targetId: string) => Refusal;
  readonly view: (state: State, revision: bigint) => View;
  readonly commandIdOf: (context: CommandContext, targetId: string) => string;
  readonly claimStreamOf: (commandId: string) => string;
  readonly claimEvent: (facts: ClaimFacts) => Pick<NewEvent, 'type' | 'data'>;
  readonly readClaim: (first: RecordedEvent) => Claimed;
  /** The answer an event of this kind carries. */
  readonly answerOf: (event: LedgerEvent) => View;
}

/**
 * The one road of every command that changes a stream without moving money (freeze, close, void, extend, ...).
 *
 * 1 claim the key, remembering which revision the stream had; 2 append the stream's event, unless it stands after that
 * revision already; 3 answer what the event recorded. A success is final for its key; a refusal is not: the state may allow
 * the same request later.
 */
export class Administration<State, Event extends LedgerEvent, View> {
  constructor(
    private readonly kind: Administered<State, Event, View>,
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /**
   * @param targetId the account or hold the command changes
   * @param command the command's name; one key stands for one command of one kind
   * @throws TooBusy, TryAgain, EventStoreUnavailable
   */
  async run(
    context: CommandContext,
    targetId: string,
    command: string,
    request: object,
    decide: DecideAdministration<State, Event, View>,
  ): Promise<CommandOutcome<View>> {
    const target = await this.kind.executors.read(targetId, { current: false });
    if (!target || !this.kind.isVisible(target.state, context.principal.companyId)) {
      return refusedNow(this.kind.notFound(targetId));
    }
    const commandId = this.kind.commandIdOf(context, targetId);
    const now = toInstant(this.clock.nowMs());
    const claimed = { command, target: targetId, ...request };
    const facts: ClaimFacts = {
      commandId,
      now,
      targetId,
      companyId: context.principal.companyId,
      idempotencyKey: context.idempotencyKey,
      requestHash: requestHashOf(claimed),
      request: claimed,
      afterRevision: target.revision.toString(),
    };
    const { claim, isFirst } = await this.claim(context, facts);
    if (claim.requestHash !== facts.requestHash || claim.afterRevision === null) {
      const fields = differingFields(claim.request, claimed).join(',');
      return refusedNow(refusal('idempotency-key-reused', null, { fields }));
    }

    // Another process may have carried the command out since this one looked.
    if (!isFirst) await this.kind.executors.read(targetId, { current: true });
    const outcome = await this.kind.executors.execute<Result<Appended<Event, View>, Refusal>>(targetId, {
      afterRevision: BigInt(claim.afterRevision),
      doneWhen: eventIdOf(commandId, 'outcome'),
      alone: true,
      deadlineMs: this.kind.executors.deadlineIn(limits.commandTimeoutMs),
      metadata: eventMetadata(context, commandId),
      decide: (state, revision) => {
        assert(state !== null, `${this.kind.streamOf(targetId)} was read, so it exists.`);
        const decided = decide(state, { commandId, now });
        if (!decided.ok) return { events: [], result: decided };
        const answer = this.answerAfter(state, revision, decided.value);
        const events = decided.value.map((event) => event(answer));
        return {
          // The last event proves that all of them stand: they are appended together.
          events: events.map((event, index) => ({
            id: eventIdOf(commandId, index === events.length - 1 ? 'outcome' : `step:${index}`),
            event,
          })),
          result: success({ answer, events }),
        };
      },
    });
    if (outcome.kind === 'done-before') return this.replay(context, targetId, outcome.eventRevision);
    if (!outcome.result.ok) return refusedNow(outcome.result.refusal);
    assert(outcome.position !== null, 'An accepted command appended an event.');
    const { answer, events } = outcome.result.value;
    const settled = await this.settle(context, events);
    // Two processes may append the same event at once: the store calls both the same append, and only one is the first.
    const { metadata } = await this.recorded(targetId, outcome.revision);
    const replayed = (metadata as Partial<EventMetadata>).requestId !== context.requestId;
    return { kind: 'accepted', body: answer, position: outcome.position, replayed, settled };
  }

  /**
   * Does what the events owe elsewhere before the command is answered. Recovery finishes what this does not.
   *
   * @returns false when something is still owed
   */
  protected settle(_context: CommandContext, _events: readonly LedgerEvent[]): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** Takes the key for this command, or returns what it was taken for first. */
  private async claim(
    context: CommandContext,
    facts: ClaimFacts,
  ): Promise<{ readonly claim: Claimed; readonly isFirst: boolean }> {
    const stream = this.kind.claimStreamOf(facts.commandId);
    // Not derived from the command: a retry must learn the first claim's revision, not be told that it made the claim.
    const id = this.ids.newId();
    const appended = await this.store.append(stream, 'no_stream', [
      { id, ...this.kind.claimEvent(facts), metadata: eventMetadata(context, facts.commandId) },
    ]);
    if (appended.kind === 'appended') return { claim: facts, isFirst: true };
    const page = await this.store.readStream(stream, { countMax: 1 });
    const first = page.events[0];
    assert(first, `${stream} exists, so it has a first event.`);
    return { claim: this.kind.readClaim(first), isFirst: false };
  }

  /** The answer that was given before, finished where a crash left it unfinished. */
  private async replay(
    context: CommandContext,
    targetId: string,
    revision: bigint,
  ): Promise<CommandOutcome<View>> {
    const event = toLedgerEvent(await this.recorded(targetId, revision));
    const settled = await this.settle(context, [event]);
    return {
      kind: 'accepted',
      body: this.kind.answerOf(event),
      position: event.position,
      replayed: true,
      settled,
    };
  }

  private async recorded(targetId: string, revision: bigint): Promise<RecordedEvent> {
    const stream = this.kind.streamOf(targetId);
    const page = await this.store.readStream(stream, { from: revision, countMax: 1 });
    const recorded = page.events[0];
    assert(recorded, `Revision ${revision} of ${stream} was seen before.`);
    return recorded;
  }

  /** The target as it will stand once all these events do. */
  private answerAfter(state: State, revision: bigint, events: readonly Unanswered<Event, View>[]): View {
    const before = this.kind.view(state, revision);
    const after = events.reduce((folded, event) => this.kind.evolve(folded, event(before)), state);
    return this.kind.view(after, revision + BigInt(events.length));
  }
}

function refusedNow(why: Refusal): {
  readonly kind: 'refused';
  readonly refusal: Refusal;
  position: null;
  replayed: false;
} {
  return { kind: 'refused', refusal: why, position: null, replayed: false };
}
