import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ANY,
  BACKWARDS,
  END,
  ErrorType,
  EventStoreDBClient,
  FORWARDS,
  NO_STREAM,
  START,
  StreamNotFoundError,
  WrongExpectedVersionError,
  jsonEvent,
} from '@eventstore/db-client';
import type { AllStreamResolvedEvent, JSONType, StreamingRead } from '@eventstore/db-client';
import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import {
  AppendOutcomeUnknown,
  EventStore,
  EventStoreUnavailable,
  type Appended,
  type AppendOutcome,
  type EventMetadata,
  type ExpectedRevision,
  type NewEvent,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamPage,
  type SubscribeAllOptions,
  type SubscriptionMessage,
} from './event-store.js';
import { followAll } from './follow-all.js';
import { toRecordedEvent } from './recorded-event.js';
import { SharedSubscriptions } from './shared-subscriptions.js';
import { NO_OBSERVER, type StoreObserver } from './store-outage.js';

/** Names the log for ever; written once, by whoever connects to a fresh log first. */
const IDENTITY_STREAM = 'evenkeelStore-identity';

/**
 * The event store through the official client.
 *
 * One instance per process: the client keeps its table of pending appends per module, so that a broken
 * connection of one instance rejects the appends in flight on every other.
 */
export class EventStoreDbEventStore extends EventStore {
  private readonly client: EventStoreDBClient;
  private readonly shared: SharedSubscriptions;
  private identity: string | undefined;

  /**
   * @param connectionString `esdb://…`, single node or cluster
   * @param common stream prefixes that readers of this process follow, one more of them than another
   * @param observer told how every call goes
   */
  constructor(
    connectionString: string,
    common: readonly string[] = [],
    private readonly observer: StoreObserver = NO_OBSERVER,
  ) {
    super();
    this.client = EventStoreDBClient.connectionString(connectionString);
    this.shared = new SharedSubscriptions((options) => followAll(this.client, options, observer), common);
  }

  append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    timeoutMs: number = limits.appendTimeoutMs,
  ): Promise<AppendOutcome> {
    // A negative revision breaks the connection all appends share, so it must never reach the client.
    assert(expected === 'no_stream' || expected >= 0n, 'An expected revision is never negative.');
    return this.send(streamName, expected, events, timeoutMs);
  }

  async appendUnordered(
    streamName: string,
    event: NewEvent,
    timeoutMs: number = limits.appendTimeoutMs,
  ): Promise<Appended> {
    // One event: of several, some of them known, even `any` may be refused.
    const outcome = await this.send(streamName, ANY, [event], timeoutMs);
    assert(outcome.kind === 'appended', `Nothing is expected of ${streamName}, so nothing conflicts.`);
    return outcome;
  }

  private async send(
    streamName: string,
    expected: ExpectedRevision | typeof ANY,
    events: readonly NewEvent[],
    timeoutMs: number,
  ): Promise<AppendOutcome> {
    assert(events.length > 0, 'An append carries at least one event.');
    const batch = events.map((event) =>
      jsonEvent({
        id: event.id,
        type: event.type,
        data: event.data as JSONType,
        metadata: encodeMetadata(event.metadata),
      }),
    );
    const deadlineMs = performance.now() + timeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      const remainingMs = deadlineMs - performance.now();
      if (remainingMs <= 0) throw unknownOutcome(streamName, timeoutMs);
      try {
        const result = await withDeadline(
          this.client.appendToStream(streamName, batch, {
            expectedRevision: expected,
            deadline: remainingMs,
          }),
          remainingMs,
        );
        this.observer.reached();
        assert(result.position !== undefined, `The store names the position of an append to ${streamName}.`);
        return { kind: 'appended', revision: result.nextExpectedRevision, position: result.position.commit };
      } catch (error) {
        if (error instanceof WrongExpectedVersionError) {
          this.observer.reached();
          return { kind: 'conflict', actual: toExpectedRevision(error.actualVersion) };
        }
        if (!isUnknownOutcome(error)) throw error;
        this.observer.lost(asUnavailable(error, `append to ${streamName}`).message);
        // Same ids at the same revision: if the first try was stored, the store answers this one as that one.
        await sleep(Math.min(retryDelayMs(attempt), Math.max(0, deadlineMs - performance.now())));
      }
    }
  }

  async readStream(streamName: string, options: ReadStreamOptions): Promise<StreamPage> {
    const forwards = options.direction !== 'backwards';
    const from = options.from ?? (forwards ? 'start' : 'end');
    const read = this.client.readStream(streamName, {
      direction: forwards ? FORWARDS : BACKWARDS,
      fromRevision: from === 'start' ? START : from === 'end' ? END : from,
      maxCount: options.countMax,
    });
    const events: RecordedEvent[] = [];
    const collect = async (): Promise<StreamPage> => {
      try {
        for await (const resolved of read) {
          if (resolved.event) events.push(toRecordedEvent(resolved.event));
        }
      } catch (error) {
        if (error instanceof StreamNotFoundError) return { exists: false, events: [] };
        throw asUnavailable(error, `read ${streamName}`);
      }
      return { exists: true, events };
    };
    return this.observed(
      withDeadline(collect(), limits.readTimeoutMs, () => {
        void read.cancel();
      }),
    );
  }

  /**
   * Asks by appending nothing where no stream is expected (protocol: an append of no events is checked like any other). It
   * travels with the appends, where a read would be a call of its own, and its answer waits for the appends before it.
   */
  override async exists(streamName: string): Promise<boolean> {
    const timeoutMs = limits.readTimeoutMs;
    try {
      await withDeadline(
        this.client.appendToStream(streamName, [], { expectedRevision: NO_STREAM, deadline: timeoutMs }),
        timeoutMs,
      );
      this.observer.reached();
      return false;
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) {
        this.observer.reached();
        return true;
      }
      throw this.lost(asUnavailable(error, `look at ${streamName}`));
    }
  }

  async *readAll(options: { readonly after: bigint | 'start' }): AsyncIterable<RecordedEvent> {
    const head = await this.headPosition();
    if (head === 0n) return;
    const read = this.client.readAll(
      {
        direction: FORWARDS,
        fromPosition: options.after === 'start' ? START : { commit: options.after, prepare: options.after },
      },
      { highWaterMark: limits.subscriptionBufferEventsMax },
    );
    try {
      for await (const resolved of read) {
        const event = resolved.event;
        if (!event) continue;
        if (event.position.commit > head) return;
        // The read is inclusive, `after` is not.
        if (event.position.commit !== options.after) yield toRecordedEvent(event);
      }
    } catch (error) {
      throw this.lost(asUnavailable(error, 'read $all'));
    } finally {
      // Leaving the loop does not end the call by itself.
      await read.cancel();
    }
  }

  async headPosition(): Promise<bigint> {
    const read = this.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 });
    return this.observed(
      withDeadline(newestPosition(read), limits.readTimeoutMs, () => {
        void read.cancel();
      }),
    );
  }

  subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionMessage> {
    const { after, signal, streamPrefixes } = options;
    // Readers of rare events get no more than those: nothing to share.
    if (streamPrefixes === undefined) return followAll(this.client, options, this.observer);
    return this.shared.subscribe({ after, signal, streamPrefixes });
  }

  async keepNewest(streamName: string, countMax: number): Promise<void> {
    try {
      await withDeadline(
        this.client.setStreamMetadata(streamName, { maxCount: countMax }),
        limits.appendTimeoutMs,
      );
      this.observer.reached();
    } catch (error) {
      throw this.lost(asUnavailable(error, `limit ${streamName}`));
    }
  }

  async storeId(): Promise<string> {
    if (this.identity === undefined) {
      const metadata = {
        $correlationId: IDENTITY_STREAM,
        $causationId: IDENTITY_STREAM,
        actor: 'evenkeel',
        companyId: '',
        requestId: IDENTITY_STREAM,
        schemaVersion: 1,
      };
      const known = await this.readStream(IDENTITY_STREAM, { countMax: 1 });
      if (!known.exists) {
        const id = randomUUID();
        // Losing the race is fine: whoever was first named the log.
        await this.append(IDENTITY_STREAM, 'no_stream', [
          { id, type: 'StoreIdentified', data: { storeId: id }, metadata },
        ]);
      }
      const named = known.exists ? known : await this.readStream(IDENTITY_STREAM, { countMax: 1 });
      const data = named.events[0]?.data as { storeId?: unknown } | undefined;
      assert(typeof data?.storeId === 'string', 'The identity stream names the store.');
      this.identity = data.storeId;
    }
    return this.identity;
  }

  /** Tells the observer how a call went. */
  private async observed<T>(call: Promise<T>): Promise<T> {
    try {
      const value = await call;
      this.observer.reached();
      return value;
    } catch (error) {
      throw error instanceof EventStoreUnavailable ? this.lost(error) : error;
    }
  }

  private lost(error: Error): Error {
    this.observer.lost(error.message);
    return error;
  }

  /**
   * Cancels every call at once, appends in flight too, which reject, and waits `storeClientCloseMsMax` at most for them to end: the
   * client waits for the end of every stream it handed out, and one whose answer has arrived while its reader had stopped
   * reading has nothing left to cancel and never ends. Never rejects.
   */
  async close(): Promise<void> {
    const timeout = new AbortController();
    const patience = sleep(limits.storeClientCloseMsMax, undefined, { signal: timeout.signal });
    await Promise.race([this.client.dispose(), patience]).catch(() => undefined);
    timeout.abort();
    await patience.catch(() => undefined);
  }
}

const utf8 = new TextEncoder();
const encodedMetadata = new WeakMap<EventMetadata, Uint8Array>();

/**
 * Metadata as the bytes that are sent. Given bytes, the client sends them; given an object, it would write it as base64 and
 * decode that twice. One command's events share one metadata object, so it is written once.
 */
function encodeMetadata(metadata: EventMetadata): Uint8Array {
  const known = encodedMetadata.get(metadata);
  if (known !== undefined) return known;
  const bytes = utf8.encode(JSON.stringify(metadata));
  encodedMetadata.set(metadata, bytes);
  return bytes;
}

/** How long to wait before asking again: doubling from 20 ms, at most half a second, with jitter. */
function retryDelayMs(attempt: number): number {
  const capMs = Math.min(500, 20 * 2 ** Math.min(attempt, 10));
  return capMs / 2 + Math.random() * (capMs / 2);
}

async function newestPosition(read: StreamingRead<AllStreamResolvedEvent>): Promise<bigint> {
  let position = 0n;
  try {
    // Read to its end: a read that is left early stays paused in the client, which keeps it, and waits for it when closed.
    for await (const resolved of read) {
      if (resolved.event) position = resolved.event.position.commit;
    }
    return position;
  } catch (error) {
    throw asUnavailable(error, 'read the end of $all');
  }
}

/** The client reports a missing stream as the words `no_stream`, or as -1. */
function toExpectedRevision(actual: unknown): ExpectedRevision {
  return typeof actual === 'bigint' && actual >= 0n ? actual : 'no_stream';
}

/** Refusals of the store that say for certain that the append was not and will not be taken. */
const CERTAIN_REFUSALS = new Set<string>([
  ErrorType.STREAM_DELETED,
  ErrorType.ACCESS_DENIED,
  ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED,
  ErrorType.INVALID_ARGUMENT,
  ErrorType.UNSUPPORTED,
]);

function isUnknownOutcome(error: unknown): boolean {
  if (error instanceof DeadlinePassed) return true;
  const type = (error as { type?: unknown }).type;
  if (typeof type === 'string') return !CERTAIN_REFUSALS.has(type);
  // Failing to connect rejects with a bare gRPC error: it has a numeric code and no type.
  return typeof (error as { code?: unknown }).code === 'number';
}

function unknownOutcome(streamName: string, timeoutMs: number): AppendOutcomeUnknown {
  return new AppendOutcomeUnknown(
    `The event store did not say within ${timeoutMs} ms whether it took the append to ${streamName}: send the same request again.`,
  );
}

function asUnavailable(error: unknown, what: string): Error {
  if (error instanceof EventStoreUnavailable) return error;
  const reason =
    error instanceof Error && error.message ? error.message : String((error as { type?: unknown }).type);
  return new EventStoreUnavailable(`Can't ${what}: the event store is not reachable (${reason}).`, {
    cause: error,
  });
}

class DeadlinePassed extends EventStoreUnavailable {
  constructor(timeoutMs: number) {
    super(`The event store did not answer within ${Math.ceil(timeoutMs)} ms.`);
  }
}

/** Batch appends and reads have no deadline of their own in the client, so every call gets one here. */
async function withDeadline<T>(work: Promise<T>, timeoutMs: number, onTimeout?: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      onTimeout?.();
      reject(new DeadlinePassed(timeoutMs));
    }, timeoutMs);
  });
  // The loser of the race may still reject later; nobody waits for it then.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
