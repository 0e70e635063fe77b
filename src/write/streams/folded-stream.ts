import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import {
  toLedgerEvent,
  type LedgerEvent,
  type RecordedLedgerEvent,
} from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';
import type { FoldedUpTo, SnapshotFormat, Snapshots } from './snapshots.js';

/** How the streams of one kind are folded. */
export interface Fold<State, Event extends LedgerEvent> {
  /** What the names of these streams begin with. */
  readonly streamPrefix: string;
  /** Pure. `state` is null before the first event. */
  readonly evolve: (state: State | null, event: Event) => State;
  /** Bytes of JSON that an event takes at most, its metadata included: what one append carries is bounded by them. */
  readonly bytesOf: (event: Event) => number;
  /** How states are kept, for streams that grow long; absent where reading the stream is cheap. */
  readonly snapshot?: SnapshotFormat<State>;
}

/** A copy to try events on before they are appended. */
export interface Draft<State, Event> {
  readonly state: State | null;
  readonly revision: bigint;
  apply(event: Event): void;
  /** Starts over from the folded stream and applies these. */
  restore(events: readonly Event[]): void;
}

/** Where the last of some appended events stands, and the state they were decided to lead to. */
export interface Appended<State> {
  readonly revision: bigint;
  readonly position: bigint;
  readonly state: State | null;
}

/**
 * One stream, folded as far as it was read, with the ids of its newest events.
 *
 * The ids answer "does this event stand after revision N" without reading, as long as N is not older than they reach.
 */
export class FoldedStream<State, Event extends LedgerEvent> {
  state: State | null = null;
  /** The last folded revision; -1 for a stream without events. */
  revision = -1n;
  /** The position in the log at which `state` is known to be the stream's: its last folded event's, or of a later look. */
  position = 0n;
  loaded = false;
  /** The revision the stream can be opened at without reading what is before it; -1 without a snapshot. */
  snapshotRevision = -1n;
  private lastEventId = '';
  private readonly recent = new Map<string, bigint>();
  /** Every event after this revision is in `recent`. */
  private recentFrom = -1n;

  constructor(
    private readonly store: EventStore,
    private readonly streamName: string,
    private readonly how: Fold<State, Event>,
    private readonly snapshots: Snapshots<State> | null = null,
  ) {
    assert(
      streamName.startsWith(how.streamPrefix),
      `${streamName} is one of the ${how.streamPrefix} streams.`,
    );
  }

  /** How many event ids are remembered. */
  get recentCount(): number {
    return this.recent.size;
  }

  /** Reads and folds everything after the last folded revision. Idempotent under concurrent calls. */
  async catchUp(): Promise<void> {
    if (!this.loaded && this.snapshots) {
      // Most streams are short: one read opens them, where asking for a snapshot would be a second.
      const isWhole = await this.foldPage(limits.shortStreamEventsMax);
      if (isWhole) {
        this.loaded = true;
        return;
      }
      await this.openAt(await this.snapshots.load());
    }
    for (let isAtEnd = false; !isAtEnd;) isAtEnd = await this.foldPage(limits.foldPageEventsMax);
    this.loaded = true;
  }

  /** Takes over the first event of a stream that was just begun; nothing when the stream is known already. */
  begin({
    id,
    event,
    position,
  }: {
    readonly id: string;
    readonly event: Event;
    readonly position: bigint;
  }): void {
    if (this.revision >= 0n) return;
    this.fold(id, event);
    this.position = position;
    this.loaded = true;
  }

  /** Reads and folds one page. @returns whether it reached the end of the stream */
  private async foldPage(countMax: number): Promise<boolean> {
    const from = this.revision + 1n;
    const page = await this.store.readStream(this.streamName, {
      from: from === 0n ? 'start' : from,
      countMax,
    });
    for (const recorded of page.events) {
      // Another reader, or our own append, may have folded it while this page was on its way.
      if (recorded.revision <= this.revision) continue;
      assert(
        recorded.revision === this.revision + 1n,
        `${this.streamName} has no gap after revision ${this.revision}.`,
      );
      this.fold(recorded.id, this.narrow(toLedgerEvent(recorded)));
      this.position = recorded.position;
    }
    return page.events.length < countMax;
  }

  /** Begins at a snapshot, if the stream has the event it was made at: it may be of a store that was rolled back. */
  private async openAt(snapshot: FoldedUpTo<State> | null): Promise<void> {
    if (!snapshot) return;
    const page = await this.store.readStream(this.streamName, { from: snapshot.revision, countMax: 1 });
    const at = page.events[0];
    if (at?.revision !== snapshot.revision || at.id !== snapshot.eventId) return;
    // Another reader may have folded further meanwhile.
    if (this.revision >= snapshot.revision) return;
    const { state, revision, position, eventId } = snapshot;
    this.state = state;
    this.revision = revision;
    this.position = position;
    this.lastEventId = eventId;
    this.recent.clear();
    this.recentFrom = revision;
    this.snapshotRevision = revision;
  }

  /** Keeps the state as it is now, so that the stream can be opened here. */
  async keep(): Promise<void> {
    const { state, revision, position, lastEventId: eventId, snapshots } = this;
    if (!snapshots || state === null || !this.loaded) return;
    const isKept = await snapshots.save({ state, revision, position, eventId });
    if (isKept && revision > this.snapshotRevision) this.snapshotRevision = revision;
  }

  /**
   * Folds events that were just appended.
   *
   * @param last where the last of them stands
   */
  accept(last: Appended<State>, events: readonly { readonly id: string; readonly event: Event }[]): void {
    const firstRevision = last.revision - BigInt(events.length) + 1n;
    // A read that ran after the append may have brought some of them already, and more.
    const unseen = events.slice(Number(this.revision - firstRevision + 1n));
    assert(firstRevision <= this.revision + 1n, `The append to ${this.streamName} follows what was folded.`);
    if (unseen.length === events.length) {
      // Nothing came between: the state they were decided to lead to is the state.
      this.state = last.state;
      for (const { id } of events) this.remember(id);
    } else for (const { id, event } of unseen) this.fold(id, event);
    if (unseen.length > 0) this.position = last.position;
  }

  /** A working copy of the folded state. */
  draft(): Draft<State, Event> {
    let { state, revision } = this;
    const apply = (event: Event): void => {
      state = this.how.evolve(state, event);
      revision += 1n;
    };
    return {
      get state() {
        return state;
      },
      get revision() {
        return revision;
      },
      apply,
      restore: (events) => {
        ({ state, revision } = this);
        events.forEach(apply);
      },
    };
  }

  /**
   * Where events stand, each if it stands after a given revision: from memory when that is recent enough, else by reading what
   * lies between, once for all of them.
   *
   * @param wanted `after` by event id
   * @returns the revisions of those that stand between their `after` and the last folded revision
   */
  async revisionsOf(wanted: ReadonlyMap<string, bigint>): Promise<ReadonlyMap<string, bigint>> {
    const found = new Map<string, bigint>();
    const sought = new Set<string>();
    let from = this.revision + 1n;
    for (const [eventId, after] of wanted) {
      const remembered = this.recent.get(eventId);
      if (remembered !== undefined) found.set(eventId, remembered);
      else if (after < this.recentFrom) {
        sought.add(eventId);
        if (after < from) from = after + 1n;
      }
    }
    while (sought.size > 0 && from <= this.recentFrom) {
      const page = await this.store.readStream(this.streamName, { from, countMax: limits.foldPageEventsMax });
      for (const { id, revision } of page.events) if (sought.delete(id)) found.set(id, revision);
      const last = page.events.at(-1);
      assert(last, `${this.streamName} still holds revision ${from}.`);
      from = last.revision + 1n;
    }
    return found;
  }

  private fold(id: string, event: Event): void {
    this.state = this.how.evolve(this.state, event);
    this.remember(id);
  }

  private remember(id: string): void {
    this.revision += 1n;
    this.lastEventId = id;
    this.recent.set(id, this.revision);
    if (this.recent.size > limits.recentEventIdsMax) {
      const [oldest] = this.recent;
      assert(oldest, 'A full map has a first entry.');
      this.recent.delete(oldest[0]);
      this.recentFrom = oldest[1];
    }
  }

  /** Streams of one kind hold events of one union: the prefix was checked when the fold was made. */
  private narrow(event: RecordedLedgerEvent): Event {
    return event as unknown as Event;
  }
}
