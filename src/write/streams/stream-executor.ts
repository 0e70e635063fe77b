import { limits } from '../../config/limits.js';
import {
  AppendOutcomeUnknown,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
} from '../../edges/event-store/event-store.js';
import type { LedgerEvent } from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';
import { TooBusy, TryAgain } from '../command.js';
import { MACHINE_PATIENCE, type Patience } from '../patience.js';
import { FoldedStream, type Fold } from './folded-stream.js';
import type { Snapshots } from './snapshots.js';

/** What a task appends to the stream, and what it tells its caller. Undecided until the stream's state is known. */
export interface TaskDecision<Event, R> {
  readonly events: readonly { readonly id: string; readonly event: Event }[];
  readonly result: R;
}

/** One piece of work on one stream. `decide` may run several times and must be pure. */
export interface StreamTask<State, Event, R> {
  /** The stream's state must include this revision before `decide` is asked. */
  readonly afterRevision?: bigint;
  /** The id of the event that proves the task was done before; it can only stand after `afterRevision`. */
  readonly doneWhen?: string;
  /** Owed work (settling, releasing) is never turned away by a full mailbox. */
  readonly owed?: boolean;
  /** Flushed alone, so that the position of its append is its own. */
  readonly alone?: boolean;
  /** The executor's time after which the task is no longer begun. */
  readonly deadlineMs: number;
  readonly metadata: NewEvent['metadata'];
  decide(state: State | null, revision: bigint): TaskDecision<Event, R>;
}

/** `revision` and `position` are those of the append that carried the task; of what was seen when it appended nothing. */
export type TaskOutcome<R> =
  | { readonly kind: 'done'; readonly result: R; readonly revision: bigint; readonly position: bigint | null }
  /** Found in the stream: somebody did it before. */
  | { readonly kind: 'done-before'; readonly eventRevision: bigint };

/** A stream as one process knows it. */
export interface ReadStream<State> {
  readonly state: State;
  readonly revision: bigint;
  /** The position of the event at that revision. */
  readonly position: bigint;
}

interface Waiting<State, Event> {
  readonly task: StreamTask<State, Event, unknown>;
  resolve(outcome: TaskOutcome<unknown>): void;
  reject(error: Error): void;
}

interface Planned<State, Event> {
  readonly waiting: Waiting<State, Event>;
  readonly decision: TaskDecision<Event, unknown>;
  /** The stream's revision once this task's events stand. */
  readonly revision: bigint;
}

/**
 * Everything one process does to one stream, in order: a mailbox, the folded state, and one append per flush.
 *
 * All tasks that wait are decided on a working copy and appended in one call at the expected revision, so a hot stream
 * gets cheaper per task, not slower. When another process wrote first, the tail is folded and the same tasks are decided
 * again; when the store does not say what became of an append, the state is dropped and read anew. A decision that appends
 * nothing is proved by no expected revision, so it is only given out once the stream was seen not to have changed.
 */
export class StreamExecutor<State, Event extends LedgerEvent> {
  private readonly mailbox: Waiting<State, Event>[] = [];
  private folded: FoldedStream<State, Event>;
  private flushing = false;
  /** The newest revision this process was told of. */
  private notedRevision = -1n;
  /** The revision at which a snapshot was last tried. */
  private snapshotTriedAt = -1n;
  /** The snapshot that is being kept. */
  private keeping: Promise<void> | null = null;

  constructor(
    private readonly store: EventStore,
    readonly streamName: string,
    private readonly how: Fold<State, Event>,
    private readonly onConflict: () => void = () => undefined,
    private readonly patience: Patience = MACHINE_PATIENCE,
    private readonly snapshots: Snapshots<State> | null = null,
  ) {
    this.folded = new FoldedStream(store, streamName, how, snapshots);
  }

  /**
   * Queues a task.
   *
   * @throws TooBusy when the mailbox is full; TryAgain when the task could not be carried to an outcome in time
   */
  execute<R>(task: StreamTask<State, Event, R>): Promise<TaskOutcome<R>> {
    if (task.owed !== true && this.mailbox.length >= limits.mailboxCommandsMax) {
      return Promise.reject(
        new TooBusy(
          `${limits.mailboxCommandsMax} commands already wait for ${this.streamName}: send it again shortly.`,
        ),
      );
    }
    return new Promise<TaskOutcome<R>>((resolve, reject) => {
      this.mailbox.push({
        task,
        resolve: resolve as (outcome: TaskOutcome<unknown>) => void,
        reject,
      });
      if (!this.flushing) void this.flushAll();
    });
  }

  /**
   * The stream as this process knows it.
   *
   * @param current true to fold what other processes appended since
   * @returns null when the stream does not exist
   */
  async read(current: boolean): Promise<ReadStream<State> | null> {
    const { folded } = this;
    if (current || !folded.loaded || folded.revision < this.notedRevision) {
      await folded.catchUp();
      this.keepSnapshot();
    }
    const { state, revision, position } = folded;
    return state === null ? null : { state, revision, position };
  }

  /** Takes over a stream that was begun by an event this process appended itself, unless it is known already. */
  begin(first: { readonly id: string; readonly event: Event; readonly position: bigint }): void {
    this.folded.begin(first);
  }

  /** Somebody appended up to here. */
  noteRevision(revision: bigint): void {
    if (revision > this.notedRevision) this.notedRevision = revision;
  }

  /** How many event ids are remembered. */
  get recentCount(): number {
    return this.folded.recentCount;
  }

  /** Whether work waits or runs here. */
  get busy(): boolean {
    return this.flushing || this.mailbox.length > 0;
  }

  private async flushAll(): Promise<void> {
    this.flushing = true;
    try {
      while (this.mailbox.length > 0) await this.flush(this.takeBatch());
    } finally {
      this.flushing = false;
    }
  }

  /** As many tasks from the front as may share an append. */
  private takeBatch(): Waiting<State, Event>[] {
    const nowMs = this.patience.elapsedMs();
    const batch: Waiting<State, Event>[] = [];
    const proofs = new Set<string>();
    while (this.mailbox.length > 0 && batch.length < limits.flushTasksMax) {
      const next = this.mailbox[0];
      assert(next, 'The mailbox holds what its length says.');
      const { alone = false, doneWhen } = next.task;
      // The same command twice: the second is answered from the stream once the first stands there.
      if (batch.length > 0 && (alone || (doneWhen !== undefined && proofs.has(doneWhen)))) break;
      this.mailbox.shift();
      if (next.task.deadlineMs <= nowMs) {
        next.reject(
          new TryAgain(
            `The command waited too long for ${this.streamName}: send it again with the same key.`,
          ),
        );
        continue;
      }
      batch.push(next);
      if (doneWhen !== undefined) proofs.add(doneWhen);
      if (alone) break;
    }
    return batch;
  }

  private async flush(batch: Waiting<State, Event>[]): Promise<void> {
    try {
      for (let conflicts = 0; batch.length > 0; conflicts += 1) {
        if (conflicts > limits.flushConflictsMax) {
          throw new TryAgain(`Other processes kept writing to ${this.streamName}: send the command again.`);
        }
        await this.waitForSnapshot();
        await this.foldAsFarAsNeeded(batch);
        const seen = this.folded.revision;
        batch = await this.answerDoneBefore(batch);
        // A reader folded more meanwhile, and the proof of a task may be among it: look again.
        if (batch.length === 0 || this.folded.revision !== seen) continue;
        const { planned, events, state } = this.decideAll(batch);
        // Who was told that its decision crashed must not find the event later.
        batch = planned.map(({ waiting }) => waiting);
        if (events.length === 0) {
          await this.folded.catchUp();
          if (this.folded.revision !== seen) continue;
          answer(planned, null);
          return;
        }
        // What was decided stands at the revision it was decided at, or not at all: a reader may fold more meanwhile.
        const outcome = await this.store.append(this.streamName, expectedAt(seen), events);
        if (outcome.kind === 'appended') {
          const appended = planned.flatMap(({ decision }) => decision.events);
          this.folded.accept({ ...outcome, state }, appended);
          this.keepSnapshot();
          answer(planned, outcome.position);
          return;
        }
        this.onConflict();
        await this.folded.catchUp();
      }
    } catch (error) {
      // Unknown outcome or broken connection: what the stream holds is only known by reading it again. A new fold, not an
      // emptied one: a reader may be in the middle of the old one.
      this.folded = new FoldedStream(this.store, this.streamName, this.how, this.snapshots);
      for (const waiting of batch) waiting.reject(asRetryable(error));
    }
  }

  private async foldAsFarAsNeeded(batch: readonly Waiting<State, Event>[]): Promise<void> {
    const needed = batch.reduce<bigint>((most, { task }) => {
      const after = task.afterRevision ?? -1n;
      return after > most ? after : most;
    }, -1n);
    if (!this.folded.loaded || this.folded.revision < needed) await this.folded.catchUp();
    assert(
      this.folded.revision >= needed,
      `Revision ${needed} of ${this.streamName} was seen before, so it exists.`,
    );
  }

  /** Answers the tasks whose event already stands, and returns the others. */
  private async answerDoneBefore(batch: readonly Waiting<State, Event>[]): Promise<Waiting<State, Event>[]> {
    const wanted = new Map<string, bigint>();
    for (const { task } of batch) {
      if (task.doneWhen !== undefined) wanted.set(task.doneWhen, task.afterRevision ?? -1n);
    }
    if (wanted.size === 0) return [...batch];
    const found = await this.folded.revisionsOf(wanted);
    const undone: Waiting<State, Event>[] = [];
    for (const waiting of batch) {
      const { doneWhen } = waiting.task;
      const eventRevision = doneWhen === undefined ? undefined : found.get(doneWhen);
      if (eventRevision === undefined) undone.push(waiting);
      else waiting.resolve({ kind: 'done-before', eventRevision });
    }
    return undone;
  }

  /** Decides every task in order on a working copy. A task whose decision crashes fails alone. */
  private decideAll(batch: readonly Waiting<State, Event>[]): {
    planned: Planned<State, Event>[];
    events: NewEvent[];
    state: State | null;
  } {
    const planned: Planned<State, Event>[] = [];
    const events: NewEvent[] = [];
    const draft = this.folded.draft();
    let bytes = 0;
    for (const [index, waiting] of batch.entries()) {
      const { task } = waiting;
      try {
        const decision = task.decide(draft.state, draft.revision);
        const taskBytes = decision.events.reduce((sum, { event }) => sum + this.how.bytesOf(event), 0);
        if (bytes > 0 && bytes + taskBytes > limits.flushBytesMax) {
          // They would not fit one append: they are decided again, first of the next.
          this.mailbox.unshift(...batch.slice(index));
          break;
        }
        bytes += taskBytes;
        for (const { id, event } of decision.events) {
          draft.apply(event);
          events.push({ id, type: event.type, data: event.data, metadata: task.metadata });
        }
        planned.push({ waiting, decision, revision: draft.revision });
      } catch (error) {
        waiting.reject(error instanceof Error ? error : new Error(String(error)));
        draft.restore(planned.flatMap(({ decision }) => decision.events.map(({ event }) => event)));
        events.length = planned.reduce((count, { decision }) => count + decision.events.length, 0);
      }
    }
    return { planned, events, state: draft.state };
  }

  /** Renews the snapshot once enough was appended since, beside the work: it is a cache, so a failure is no news. */
  private keepSnapshot(): void {
    const { folded, keeping } = this;
    if (!this.snapshots || keeping) return;
    const due = this.snapshotTriedAt + BigInt(limits.snapshotEveryEvents);
    if (
      folded.revision < due ||
      folded.revision < folded.snapshotRevision + BigInt(limits.snapshotEveryEvents)
    )
      return;
    this.snapshotTriedAt = folded.revision;
    this.keeping = folded
      .keep()
      .catch(() => undefined)
      .finally(() => {
        this.keeping = null;
      });
  }

  /** Lets a snapshot that is being kept end before so much comes on top of it that opening would read too many events. */
  private async waitForSnapshot(): Promise<void> {
    const { revision, snapshotRevision } = this.folded;
    const flushEventsMax = BigInt(limits.flushTasksMax);
    if (revision - snapshotRevision + flushEventsMax > BigInt(limits.aheadOfSnapshotEventsMax))
      await this.keeping;
  }
}

function expectedAt(revision: bigint): ExpectedRevision {
  return revision < 0n ? 'no_stream' : revision;
}

function answer<State, Event>(planned: readonly Planned<State, Event>[], position: bigint | null): void {
  for (const { waiting, decision, revision } of planned) {
    waiting.resolve({
      kind: 'done',
      result: decision.result,
      revision,
      position: decision.events.length > 0 ? position : null,
    });
  }
}

function asRetryable(error: unknown): Error {
  if (error instanceof AppendOutcomeUnknown) return new TryAgain(error.message, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}
