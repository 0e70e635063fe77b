import { limits } from '../../config/limits.js';
import type { EventStore, ExpectedRevision } from '../../edges/event-store/event-store.js';
import type { IdSource } from '../../kernel/ids.js';

/** A stream folded up to one of its events. */
export interface FoldedUpTo<State> {
  readonly state: State;
  readonly revision: bigint;
  readonly position: bigint;
  /** The id of the event at that revision: a snapshot of another history is recognised by it. */
  readonly eventId: string;
}

/** How the states of one kind are kept beside their streams. */
export interface SnapshotFormat<State> {
  /** What the names of the snapshot streams begin with. */
  readonly streamPrefix: string;
  /** The event type, whose name changes with the shape: a snapshot of another shape is not read, the stream is. */
  readonly type: string;
  readonly encode: (state: State) => object;
  readonly decode: (data: unknown) => State;
}

interface SnapshotData {
  readonly state: unknown;
  readonly revision: string;
  readonly position: string;
  readonly eventId: string;
}

/** The newest folded state of one stream, kept in the store. A cache: safe to lose, never trusted against the stream. */
export class Snapshots<State> {
  private revision: ExpectedRevision | null = null;
  private readonly streamName: string;

  /** @param id the part of the stream's name after its prefix */
  constructor(
    private readonly store: EventStore,
    private readonly format: SnapshotFormat<State>,
    id: string,
    private readonly ids: IdSource,
  ) {
    this.streamName = `${format.streamPrefix}${id}`;
  }

  /**
   * Reads the newest snapshot.
   *
   * @returns null when there is none of this shape
   * @throws EventStoreUnavailable
   */
  async load(): Promise<FoldedUpTo<State> | null> {
    const page = await this.store.readStream(this.streamName, { direction: 'backwards', countMax: 1 });
    const newest = page.events[0];
    this.revision = newest?.revision ?? 'no_stream';
    if (newest?.type !== this.format.type) return null;
    const { state, revision, position, eventId } = newest.data as SnapshotData;
    return {
      state: this.format.decode(state),
      revision: BigInt(revision),
      position: BigInt(position),
      eventId,
    };
  }

  /**
   * Keeps a newer snapshot.
   *
   * @returns false when another process was first or it is too large: then nothing changes
   * @throws EventStoreUnavailable, AppendOutcomeUnknown
   */
  async save({ state, revision, position, eventId }: FoldedUpTo<State>): Promise<boolean> {
    const data: SnapshotData = {
      state: this.format.encode(state),
      revision: revision.toString(),
      position: position.toString(),
      eventId,
    };
    if (JSON.stringify(data).length > limits.snapshotCharsMax) return false;
    if (this.revision === null) await this.load();
    const expected = this.revision ?? 'no_stream';
    // Before the first one: a crash in between must not leave a stream that keeps them all.
    if (expected === 'no_stream') await this.store.keepNewest(this.streamName, 1);
    const metadata = {
      $correlationId: eventId,
      $causationId: eventId,
      actor: 'snapshots',
      companyId: '',
      requestId: eventId,
      schemaVersion: 1,
    };
    const outcome = await this.store.append(this.streamName, expected, [
      { id: this.ids.newId(), type: this.format.type, data, metadata },
    ]);
    this.revision = outcome.kind === 'appended' ? outcome.revision : outcome.actual;
    return outcome.kind === 'appended';
  }
}
