import { LRUCache } from 'lru-cache';
import { assert } from '../../../kernel/assert.js';
import type { Clock } from '../../../kernel/clock.js';
import { eventStoreLimits } from '../limits.js';
import type {
  AppendOutcome,
  AppendRequest,
  Direction,
  EventLog,
  LogRecord,
  Page,
  PageSize,
  StreamRecord,
  StreamView,
} from './event-log.js';
import { toCommitFailure } from './commit-failure.js';
import { NO_EVENTS, decideAppend, type StreamFacts } from './expected-revision.js';
import { openTables, streamKey, type LogTables } from './lmdb-environment.js';
import { LmdbReader } from './lmdb-reader.js';
import { claimOwnership, releaseOwnership } from './owner.js';
import { RecentEventIds } from './recent-event-ids.js';
import { DamagedRecord, encodeRecord, recordData, recordId, recordIsJson } from './record.js';
import { StagedBatch, stagedLastRevision, type StagedStream } from './staged-batch.js';
import { identifyStore, storeCreated } from './store-identity.js';
import {
  METASTREAM_TRUNCATION,
  isMetastream,
  metastreamOf,
  parseTruncation,
  visibleRange,
  type Truncation,
} from './stream-metadata.js';

const FIRST_POSITION = 1;

/** A stream's id and last revision, decided or committed. */
interface StreamHead {
  readonly id: number;
  readonly lastRevision: number;
}

/** The log on LMDB. One write transaction and one sync for each commit; see `EventLog` for the promises. */
export class LmdbEventLog implements EventLog {
  private readonly reader: LmdbReader;
  private readonly recentIds = new RecentEventIds();
  /** Heads as committed. Those a commit under way will give are looked up in `staged`. */
  private readonly heads = new LRUCache<string, StreamHead>({ max: eventStoreLimits.knownStreamsMax });
  private readonly listeners = new Set<() => void>();
  /** What the append under way will write; empty in between. */
  private staged = new StagedBatch();
  private committedPosition: number;
  /** Where the last record ends: where the next one goes. */
  private nextPosition: number;
  private nextStreamId: number;

  private constructor(
    private readonly tables: LogTables,
    readonly storeId: string,
    private readonly directory: string,
    private readonly clock: Clock,
  ) {
    this.reader = new LmdbReader(tables);
    const last = this.reader.lastRecord();
    this.committedPosition = last?.position ?? 0;
    this.nextPosition = last === undefined ? FIRST_POSITION : last.position + last.bytes.length;
    this.nextStreamId = this.reader.lastStreamId() + 1;
  }

  /**
   * Opens the log in a directory, made when missing, and becomes its only owner.
   *
   * @throws DataDirectoryInUse when another process keeps it; DataDirectoryUnusable when it can't be made, opened or understood
   */
  static async open(directory: string, clock: Clock): Promise<LmdbEventLog> {
    const tables = openTables(directory);
    try {
      await claimOwnership(tables, directory);
      const storeId = identifyStore(tables, directory);
      const log = new LmdbEventLog(tables, storeId, directory, clock);
      if (log.committedPosition === 0) await log.append([storeCreated(storeId)]);
      return log;
    } catch (error) {
      await tables.root.close();
      throw error;
    }
  }

  async append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    assert(this.staged.positions.length === 0, 'Commits follow one another.');
    const outcomes = requests.map((request) => this.stage(request));
    if (this.staged.positions.length > 0) await this.commit();
    return outcomes;
  }

  onCommit(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  lastPosition(): number {
    return this.committedPosition;
  }

  readAll(from: number, direction: Direction, size: PageSize): Page<LogRecord> {
    return this.reader.readAll(from, direction, size);
  }

  readStream(streamId: number, from: number, direction: Direction, size: PageSize): Page<StreamRecord> {
    return this.reader.readStream(streamId, from, direction, size);
  }

  viewStream(streamName: string): StreamView | undefined {
    const id = this.reader.streamId(streamName);
    if (id === undefined) return undefined;
    const lastRevision = this.reader.lastRevision(id);
    const truncation = isMetastream(streamName) ? METASTREAM_TRUNCATION : this.truncationOf(streamName);
    return { id, lastRevision, visible: visibleRange(truncation, lastRevision, this.clock.nowMs()) };
  }

  async close(): Promise<void> {
    releaseOwnership(this.tables);
    await this.tables.root.close();
  }

  /** Decides an append and, when it writes, adds its events to what the commit will write. */
  private stage(request: AppendRequest): AppendOutcome {
    const { streamName, events } = request;
    try {
      const head = this.headOf(streamName);
      const current = head?.lastRevision ?? NO_EVENTS;
      const eventIds = events.map((event) => event.id);
      const decision = decideAppend(request.expected, eventIds, this.factsOf(streamName, head, current));
      if (decision.kind === 'wrong-expected-revision') return decision;
      if (decision.kind === 'write') return this.write(request, head, current);
      const { revision } = decision;
      const position =
        head && events.length > 0
          ? this.positionOf(streamName, head.id, revision)
          : this.lastDecidedPosition();
      return { kind: 'appended', revision, position };
    } catch (error) {
      if (error instanceof DamagedRecord) return { kind: 'undecidable', error };
      throw error;
    }
  }

  private async commit(): Promise<void> {
    const batch = this.staged;
    const lastPosition = batch.positions.at(-1);
    assert(lastPosition !== undefined, 'Only what writes something is committed.');
    try {
      await this.writeBatch(batch);
    } catch (error) {
      this.forgetStaged();
      throw await toCommitFailure(error, this.directory);
    }
    this.staged = new StagedBatch();
    this.committedPosition = lastPosition;
    for (const [name, stream] of batch.streams) {
      this.heads.set(name, { id: stream.id, lastRevision: stagedLastRevision(stream) });
    }
    for (const listener of this.listeners) listener();
  }

  private write(request: AppendRequest, head: StreamHead | undefined, current: number): AppendOutcome {
    const { streamName, events } = request;
    const name = Buffer.from(streamName);
    const stream = this.stagedStream(streamName, name, head, current);
    const createdMs = this.clock.nowMs();
    let revision = current;
    let position = this.nextPosition;
    for (const event of events) {
      revision += 1;
      position = this.nextPosition;
      const record = encodeRecord(event, { streamName: name, revision, position, createdMs });
      this.staged.add(position, record);
      stream.eventIds.push(event.id);
      stream.positions.push(position);
      this.recentIds.add(event.id, streamName, revision);
      this.nextPosition = position + record.length;
    }
    return { kind: 'appended', revision, position };
  }

  private stagedStream(
    streamName: string,
    name: Buffer,
    head: StreamHead | undefined,
    current: number,
  ): StagedStream {
    const known = this.staged.streams.get(streamName);
    if (known) return known;
    const stream: StagedStream = {
      id: head?.id ?? this.nextStreamId,
      newKey: head ? undefined : streamKey(name),
      firstRevision: current + 1,
      eventIds: [],
      positions: [],
    };
    if (!head) this.nextStreamId += 1;
    this.staged.streams.set(streamName, stream);
    return stream;
  }

  private headOf(streamName: string): StreamHead | undefined {
    const decided = this.staged.streams.get(streamName);
    if (decided) return { id: decided.id, lastRevision: stagedLastRevision(decided) };
    const known = this.heads.get(streamName);
    if (known) return known;
    const id = this.reader.streamId(streamName);
    if (id === undefined) return undefined;
    const head = { id, lastRevision: this.reader.lastRevision(id) };
    this.heads.set(streamName, head);
    return head;
  }

  private factsOf(streamName: string, head: StreamHead | undefined, current: number): StreamFacts {
    return {
      current,
      hasMetadata: () => this.headOf(metastreamOf(streamName)) !== undefined,
      recentRevisionOf: (eventId) => this.recentIds.revisionIn(streamName, eventId),
      eventIdAt: (revision) => {
        assert(head !== undefined, 'Only a stream with events is asked for one.');
        const stream = this.staged.streams.get(streamName);
        const staged = stream?.eventIds[revision - stream.firstRevision];
        if (staged !== undefined) return staged;
        return recordId(this.reader.record(head.id, revision).bytes);
      },
    };
  }

  private positionOf(streamName: string, streamId: number, revision: number): number {
    const stream = this.staged.streams.get(streamName);
    return stream?.positions[revision - stream.firstRevision] ?? this.reader.position(streamId, revision);
  }

  private lastDecidedPosition(): number {
    return this.staged.positions.at(-1) ?? this.committedPosition;
  }

  private truncationOf(streamName: string): Truncation {
    const metastreamId = this.reader.streamId(metastreamOf(streamName));
    if (metastreamId === undefined) return {};
    const { bytes } = this.reader.record(metastreamId, this.reader.lastRevision(metastreamId));
    return recordIsJson(bytes) ? parseTruncation(recordData(bytes).toString('utf8')) : {};
  }

  /** Resolves after the transaction is synced. Nothing in the callback can fail half way: all is encoded before. */
  private async writeBatch(batch: StagedBatch): Promise<void> {
    const { root, log, index, streams } = this.tables;
    await root.batch(() => {
      for (const [at, position] of batch.positions.entries()) {
        const record = batch.records[at];
        assert(record !== undefined, 'A batch holds a record for each position.');
        void log.put(position, record);
      }
      for (const stream of batch.streams.values()) {
        if (stream.newKey) void streams.put(stream.newKey, stream.id);
        for (const [at, position] of stream.positions.entries()) {
          void index.put([stream.id, stream.firstRevision + at], position);
        }
      }
    });
  }

  /** Back to what is committed: nothing staged was written, and whatever was remembered of it is wrong. */
  private forgetStaged(): void {
    this.staged = new StagedBatch();
    this.recentIds.clear();
    this.heads.clear();
    const last = this.reader.lastRecord();
    this.nextPosition = last === undefined ? FIRST_POSITION : last.position + last.bytes.length;
    this.nextStreamId = this.reader.lastStreamId() + 1;
  }
}
