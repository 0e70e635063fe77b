import { randomUUID } from 'node:crypto';
import { assert } from '../../src/kernel/assert.js';
import {
  EventStore,
  type Appended,
  type AppendOutcome,
  type ExpectedRevision,
  type NewEvent,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamPage,
  type SubscribeAllOptions,
  type SubscriptionMessage,
} from '../../src/edges/event-store/event-store.js';

/** The event store's port in plain maps: same expected-revision and idempotency rules as the real one, no disk. */
export class InMemoryEventStore extends EventStore {
  /** Everything, in commit order. */
  readonly log: RecordedEvent[] = [];
  private readonly streams = new Map<string, RecordedEvent[]>();
  private readonly identity = randomUUID();
  private wake: (() => void)[] = [];

  /** Called before each append; a spec makes it wait or throw to interfere. */
  beforeAppend: (streamName: string, events: readonly NewEvent[]) => Promise<void> | void = () => undefined;
  /** Called after an append was stored, before it is answered: throwing loses the answer. */
  afterAppend: (streamName: string, events: readonly NewEvent[]) => Promise<void> | void = () => undefined;

  async append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    assert(events.length > 0, 'An append carries at least one event.');
    await this.beforeAppend(streamName, events);
    const stream = this.streams.get(streamName) ?? [];
    const last = BigInt(stream.length) - 1n;
    const expectedNumber = expected === 'no_stream' ? -1n : expected;
    if (expectedNumber !== last) {
      const already = stream.slice(Number(expectedNumber) + 1, Number(expectedNumber) + 1 + events.length);
      const newest = already.at(-1);
      const same =
        already.length === events.length && already.every((event, i) => event.id === events[i]?.id);
      if (same && newest) return { kind: 'appended', revision: newest.revision, position: newest.position };
      return { kind: 'conflict', actual: last < 0n ? 'no_stream' : last };
    }
    const recorded = this.record(streamName, events);
    await this.afterAppend(streamName, events);
    return { kind: 'appended', revision: recorded.revision, position: recorded.position };
  }

  /** Knows an event that the stream holds already, as a store does that still remembers it. */
  async appendUnordered(streamName: string, event: NewEvent): Promise<Appended> {
    await this.beforeAppend(streamName, [event]);
    const known = this.streams.get(streamName)?.find(({ id }) => id === event.id);
    const recorded = known ?? this.record(streamName, [event]);
    await this.afterAppend(streamName, [event]);
    return { kind: 'appended', revision: recorded.revision, position: recorded.position };
  }

  /** Adds events to the log and wakes its readers. @returns the last of them */
  private record(streamName: string, events: readonly NewEvent[]): RecordedEvent {
    const stream = this.streams.get(streamName) ?? [];
    let recorded: RecordedEvent | undefined;
    for (const event of events) {
      recorded = {
        id: event.id,
        type: event.type,
        streamName,
        revision: BigInt(stream.length),
        position: BigInt(this.log.length + 1) * 10n,
        recordedAtMs: Date.now(),
        // As through the wire, so that nothing but JSON survives.
        data: JSON.parse(JSON.stringify(event.data)) as unknown,
        metadata: JSON.parse(JSON.stringify(event.metadata)) as unknown,
      };
      stream.push(recorded);
      this.log.push(recorded);
    }
    this.streams.set(streamName, stream);
    const waiting = this.wake;
    this.wake = [];
    for (const resolve of waiting) resolve();
    assert(recorded, 'At least one event was stored.');
    return recorded;
  }

  readStream(streamName: string, options: ReadStreamOptions): Promise<StreamPage> {
    const stream = this.streams.get(streamName);
    if (!stream) return Promise.resolve({ exists: false, events: [] });
    const forwards = options.direction !== 'backwards';
    const from = options.from ?? (forwards ? 'start' : 'end');
    const index = from === 'start' ? 0 : from === 'end' ? stream.length - 1 : Number(from);
    const events = forwards
      ? stream.slice(index, index + options.countMax)
      : stream
          .slice(0, index + 1)
          .reverse()
          .slice(0, options.countMax);
    return Promise.resolve({ exists: true, events });
  }

  async *readAll(options: { readonly after: bigint | 'start' }): AsyncIterable<RecordedEvent> {
    const after = options.after === 'start' ? 0n : options.after;
    for (const event of this.log.slice()) if (event.position > after) yield await Promise.resolve(event);
  }

  headPosition(): Promise<bigint> {
    return Promise.resolve(this.log.at(-1)?.position ?? 0n);
  }

  async *subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionMessage> {
    const after = options.after === 'start' ? 0n : options.after;
    let index = this.log.findIndex((event) => event.position > after);
    if (index < 0) index = this.log.length;
    let caughtUp = false;
    while (!options.signal.aborted) {
      const event = this.log[index];
      if (event) {
        index += 1;
        if (passes(event, options)) yield { kind: 'event', event };
        continue;
      }
      if (!caughtUp) {
        caughtUp = true;
        yield { kind: 'caught-up' };
        continue;
      }
      await new Promise<void>((resolve) => {
        const done = (): void => {
          options.signal.removeEventListener('abort', done);
          resolve();
        };
        this.wake.push(done);
        options.signal.addEventListener('abort', done, { once: true });
      });
    }
  }

  keepNewest(): Promise<void> {
    return Promise.resolve();
  }

  storeId(): Promise<string> {
    return Promise.resolve(this.identity);
  }
}

function passes(event: RecordedEvent, { streamPrefixes, exceptEventTypes }: SubscribeAllOptions): boolean {
  return (
    (streamPrefixes?.some((prefix) => event.streamName.startsWith(prefix)) ?? false) ||
    (exceptEventTypes !== undefined && !exceptEventTypes.includes(event.type))
  );
}
