import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import {
  toLedgerEvent,
  type LedgerEvent,
  type RecordedLedgerEvent,
} from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';

/** How the streams of one kind are folded. */
export interface Fold<State, Event extends LedgerEvent> {
  /** What the names of these streams begin with. */
  readonly streamPrefix: string;
  /** Pure. `state` is null before the first event. */
  readonly evolve: (state: State | null, event: Event) => State;
}

/** A copy to try events on before they are appended. */
export interface Draft<State, Event> {
  readonly state: State | null;
  readonly revision: bigint;
  apply(event: Event): void;
  /** Starts over from the folded account and applies these. */
  restore(events: readonly Event[]): void;
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
  private readonly recent = new Map<string, bigint>();
  /** Every event after this revision is in `recent`. */
  private recentFrom = -1n;

  constructor(
    private readonly store: EventStore,
    private readonly streamName: string,
    private readonly how: Fold<State, Event>,
  ) {
    assert(
      streamName.startsWith(how.streamPrefix),
      `${streamName} is one of the ${how.streamPrefix} streams.`,
    );
  }

  /** Reads and folds everything after the last folded revision. Idempotent under concurrent calls. */
  async catchUp(): Promise<void> {
    for (;;) {
      const from = this.revision + 1n;
      const page = await this.store.readStream(this.streamName, {
        from: from === 0n ? 'start' : from,
        countMax: limits.foldPageEventsMax,
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
      if (page.events.length < limits.foldPageEventsMax) break;
    }
    this.loaded = true;
  }

  /**
   * Folds events that were just appended.
   *
   * @param last where the last of them stands
   */
  accept(
    last: { readonly revision: bigint; readonly position: bigint },
    events: readonly { readonly id: string; readonly event: Event }[],
  ): void {
    const firstRevision = last.revision - BigInt(events.length) + 1n;
    // A read that ran meanwhile may have brought some of them already.
    const unseen = events.slice(Number(this.revision - firstRevision + 1n));
    assert(firstRevision <= this.revision + 1n, `The append to ${this.streamName} follows what was folded.`);
    for (const { id, event } of unseen) this.fold(id, event);
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
   * Where an event stands, if it stands after a given revision: from memory when that is recent enough, else by reading.
   *
   * @returns its revision, or undefined when it is not between `after` and the last folded revision
   */
  async revisionOf(eventId: string, after: bigint): Promise<bigint | undefined> {
    const remembered = this.recent.get(eventId);
    if (remembered !== undefined || after >= this.recentFrom) return remembered;
    for (let from = after + 1n; from <= this.recentFrom;) {
      const page = await this.store.readStream(this.streamName, { from, countMax: limits.foldPageEventsMax });
      const found = page.events.find((recorded) => recorded.id === eventId);
      if (found) return found.revision;
      const last = page.events.at(-1);
      assert(last, `${this.streamName} still holds revision ${from}.`);
      from = last.revision + 1n;
    }
    return undefined;
  }

  private fold(id: string, event: Event): void {
    this.state = this.how.evolve(this.state, event);
    this.revision += 1n;
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
