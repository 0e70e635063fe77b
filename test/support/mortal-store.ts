import {
  EventStore,
  EventStoreUnavailable,
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

/** Dies before or after the append that matches; nothing of the process reaches the store from then on. */
export interface Death {
  readonly when: 'before' | 'after';
  readonly matches: (streamName: string, events: readonly NewEvent[]) => boolean;
}

/** One process's connection to a shared store. When the process dies, every call of it fails and nothing it sends arrives. */
export class MortalStore extends EventStore {
  dead = false;

  constructor(
    private readonly store: EventStore,
    private readonly death: Death,
  ) {
    super();
  }

  append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    return this.appending(streamName, events, () => this.store.append(streamName, expected, events));
  }

  appendUnordered(streamName: string, event: NewEvent): Promise<Appended> {
    return this.appending(streamName, [event], () => this.store.appendUnordered(streamName, event));
  }

  private async appending<Outcome>(
    streamName: string,
    events: readonly NewEvent[],
    append: () => Promise<Outcome>,
  ): Promise<Outcome> {
    this.assertAlive();
    const now = this.death.matches(streamName, events);
    if (now && this.death.when === 'before') this.dead = true;
    this.assertAlive();
    const outcome = await append();
    if (now) this.dead = true;
    this.assertAlive();
    return outcome;
  }

  readStream(streamName: string, options: ReadStreamOptions): Promise<StreamPage> {
    this.assertAlive();
    return this.store.readStream(streamName, options);
  }

  readAll(options: { readonly after: bigint | 'start' }): AsyncIterable<RecordedEvent> {
    this.assertAlive();
    return this.store.readAll(options);
  }

  headPosition(): Promise<bigint> {
    this.assertAlive();
    return this.store.headPosition();
  }

  subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionMessage> {
    this.assertAlive();
    return this.store.subscribeAll(options);
  }

  keepNewest(streamName: string, countMax: number): Promise<void> {
    return this.store.keepNewest(streamName, countMax);
  }

  storeId(): Promise<string> {
    return this.store.storeId();
  }

  private assertAlive(): void {
    if (this.dead) throw new EventStoreUnavailable('This process is dead.');
  }
}
