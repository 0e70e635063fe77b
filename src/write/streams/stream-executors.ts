import { LRUCache } from 'lru-cache';
import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import type { IdSource } from '../../kernel/ids.js';
import { RANDOM_IDS } from '../ids.js';
import type { LedgerEvent } from '../../edges/event-store/ledger-event.js';
import type { WriteMetrics } from '../metrics.js';
import type { Patience } from '../patience.js';
import type { Fold } from './folded-stream.js';
import { Snapshots } from './snapshots.js';
import { StreamExecutor, type ReadStream, type StreamTask, type TaskOutcome } from './stream-executor.js';

/** The streams of one kind this process works on: a bounded number stays in memory, the longest unused leaves first. */
export class StreamExecutors<State, Event extends LedgerEvent> {
  private readonly executors: LRUCache<string, { readonly executor: StreamExecutor<State, Event> }>;
  private isMemoryTrusted = true;

  /**
   * @param executorsMax how many streams stay in memory
   * @param patience whose time the deadlines of tasks are measured by
   */
  constructor(
    private readonly store: EventStore,
    private readonly metrics: WriteMetrics,
    private readonly how: Fold<State, Event>,
    executorsMax: number,
    readonly patience: Patience,
    private readonly ids: IdSource = RANDOM_IDS,
  ) {
    // An executor that leaves while it works finishes its work: a second one for the same stream only costs a conflict.
    this.executors = new LRUCache({
      max: executorsMax,
      maxSize: limits.recentEventIdsTotalMax,
      sizeCalculation: ({ executor }) => 1 + executor.recentCount,
    });
  }

  /**
   * Runs a task on one stream, in the order tasks arrive there.
   *
   * @param id the part of the stream's name after its prefix
   * @throws TooBusy, TryAgain, EventStoreUnavailable
   */
  execute<R>(id: string, task: StreamTask<State, Event, R>): Promise<TaskOutcome<R>> {
    return this.executor(id).execute(task);
  }

  /** The deadline of a task that may wait this long from now. */
  deadlineIn(ms: number): number {
    return this.patience.elapsedMs() + ms;
  }

  /**
   * The stream's state.
   *
   * @param options.current true to fold what other processes appended since this process last looked
   * @returns null when there is no such stream
   * @throws EventStoreUnavailable
   */
  async read(id: string, options: { readonly current: boolean }): Promise<ReadStream<State> | null> {
    const executor = this.executor(id);
    const read = await executor.read(options.current || !this.isMemoryTrusted);
    // A name that stands for nothing takes no place among the streams.
    if (read === null && !executor.busy) this.executors.delete(id);
    return read;
  }

  /** Remembers a stream that this process has begun, so that it need not be read to be worked on. */
  begin(id: string, first: { readonly id: string; readonly event: Event; readonly position: bigint }): void {
    this.executor(id).begin(first);
  }

  /**
   * Whether reads may be answered from memory. While they may not, every read looks at the stream first.
   *
   * @param isTrusted false when nobody tells this process of what others append
   */
  trustMemory(isTrusted: boolean): void {
    this.isMemoryTrusted = isTrusted;
  }

  /** Somebody appended up to here: what is in memory is looked at again before it is used, if it is older. */
  noteRevision(id: string, revision: bigint): void {
    this.executors.peek(id)?.executor.noteRevision(revision);
  }

  private executor(id: string): StreamExecutor<State, Event> {
    const known = this.executors.get(id)?.executor;
    if (known) {
      // Weighed anew, which the cache only does for a value it has not seen: it remembers more than when it came.
      this.executors.set(id, { executor: known });
      return known;
    }
    const onConflict = (): void => {
      this.metrics.appendConflicts.inc();
    };
    const streamName = `${this.how.streamPrefix}${id}`;
    const { snapshot } = this.how;
    const snapshots = snapshot ? new Snapshots(this.store, snapshot, id, this.ids) : null;
    const executor = new StreamExecutor(
      this.store,
      streamName,
      this.how,
      onConflict,
      this.patience,
      snapshots,
    );
    this.executors.set(id, { executor });
    return executor;
  }
}
