import type {
  AppendOutcome,
  ExpectedRevision,
  NewEvent,
  ReadStreamOptions,
  RecordedEvent,
  StreamPage,
} from '../../../src/edges/event-store/event-store.js';

/** `any` is what no process may send: only a planted bug does. */
export type Expectation = ExpectedRevision | 'any';

/** The one store that all simulated processes share: plain maps with the real store's rules of revision and repetition. */
export class EventLog {
  /** Everything, in commit order. */
  readonly events: RecordedEvent[] = [];
  private readonly streams = new Map<string, RecordedEvent[]>();
  private readonly listeners = new Set<() => void>();

  /**
   * @param nowMs the store's clock
   * @param onEvent told of each event as it is recorded, before anybody else
   */
  constructor(
    private readonly nowMs: () => number,
    private readonly onEvent: (event: RecordedEvent) => void,
  ) {}

  get headPosition(): bigint {
    return this.events.at(-1)?.position ?? 0n;
  }

  append(streamName: string, expected: Expectation, events: readonly NewEvent[]): AppendOutcome {
    const stream = this.streams.get(streamName) ?? [];
    const last = BigInt(stream.length) - 1n;
    const expectedLast = expected === 'any' ? last : expected === 'no_stream' ? -1n : expected;
    if (expectedLast !== last) {
      const first = Number(expectedLast) + 1;
      const already = stream.slice(first, first + events.length);
      const newest = already.at(-1);
      const isSame = already.length === events.length && already.every((e, i) => e.id === events[i]?.id);
      if (isSame && newest) return { kind: 'appended', revision: newest.revision, position: newest.position };
      return { kind: 'conflict', actual: last < 0n ? 'no_stream' : last };
    }
    this.streams.set(streamName, stream);
    for (const { id, type, data, metadata } of events) {
      const recorded: RecordedEvent = {
        id,
        type,
        streamName,
        revision: BigInt(stream.length),
        position: BigInt(this.events.length + 1) * 10n,
        recordedAtMs: this.nowMs(),
        // As through the wire, so that nothing but JSON survives.
        data: JSON.parse(JSON.stringify(data)) as unknown,
        metadata: { ...metadata },
      };
      stream.push(recorded);
      this.events.push(recorded);
      this.onEvent(recorded);
    }
    for (const listener of [...this.listeners]) listener();
    return { kind: 'appended', revision: BigInt(stream.length) - 1n, position: this.headPosition };
  }

  read(streamName: string, { from, direction, countMax }: ReadStreamOptions): StreamPage {
    const stream = this.streams.get(streamName);
    if (!stream) return { exists: false, events: [] };
    if (direction === 'backwards') {
      const newest = from === undefined || from === 'end' ? stream.length - 1 : Number(from);
      return {
        exists: true,
        events: stream
          .slice(0, newest + 1)
          .reverse()
          .slice(0, countMax),
      };
    }
    const oldest = from === undefined || from === 'start' ? 0 : Number(from);
    return { exists: true, events: stream.slice(oldest, oldest + countMax) };
  }

  /** The event at this position, or undefined. */
  at(position: bigint): RecordedEvent | undefined {
    return this.events[Number(position / 10n) - 1];
  }

  /** How many events stand up to this position. */
  countUpTo(position: bigint | 'start'): number {
    return position === 'start' ? 0 : Number(position / 10n);
  }

  /**
   * Calls after each append.
   *
   * @returns what ends it
   */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }
}
