/** The port to the event log. The write side and the projections know this file; only the adapter beside it knows the driver. */

/** An event about to be appended. `id` is deterministic, so that a retry of an append with unknown outcome is the same append. */
export interface NewEvent {
  /** UUID, lower-case. */
  readonly id: string;
  /** Literal, versioned type name. */
  readonly type: string;
  /** JSON; amounts are digit strings. */
  readonly data: object;
  readonly metadata: EventMetadata;
}

/** What every event says about where it came from. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly actor: string;
  readonly companyId: string;
  readonly requestId: string;
  readonly schemaVersion: number;
}

/** An event as the store holds it. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: string;
  readonly streamName: string;
  /** 0-based, contiguous within the stream. */
  readonly revision: bigint;
  /** Commit position in `$all`: strictly increasing, not contiguous. */
  readonly position: bigint;
  /** When the store recorded it; epoch milliseconds, UTC. */
  readonly recordedAtMs: number;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** The revision a writer saw: the stream's last one, or that there was no stream. `any` is none: it turns races into double spends. */
export type ExpectedRevision = bigint | 'no_stream';

/** `revision` and `position` are those of the last event of this append. */
export interface Appended {
  readonly kind: 'appended';
  readonly revision: bigint;
  readonly position: bigint;
}

export type AppendOutcome =
  | Appended
  /** Another writer was first; nothing of this append was written. */
  | { readonly kind: 'conflict'; readonly actual: ExpectedRevision };

/** The store did not say whether the append happened, until the deadline. Retrying the same events at the same revision is safe. */
export class AppendOutcomeUnknown extends Error {
  override readonly name = 'AppendOutcomeUnknown';
}

/** The store can't be reached or does not answer in time; nothing is known to have changed. Retryable. */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable';
}

/**
 * Whether an error says no more than that the store is away. The client of the store tells the log of that, once for everybody:
 * whoever only tries again need not.
 */
export function isStoreAway(error: unknown): boolean {
  if (error instanceof EventStoreUnavailable || error instanceof AppendOutcomeUnknown) return true;
  return error instanceof Error && isStoreAway(error.cause);
}

export interface StreamPage {
  /** False for a stream that was never written. */
  readonly exists: boolean;
  readonly events: readonly RecordedEvent[];
}

export interface ReadStreamOptions {
  /** First revision to return, inclusive; `start` (default forwards) or `end` (default backwards). */
  readonly from?: bigint | 'start' | 'end';
  readonly direction?: 'forwards' | 'backwards';
  /** The most events to return: a page, never the whole stream by accident. */
  readonly countMax: number;
}

export interface SubscribeAllOptions {
  /** Exclusive: delivery begins after it. `start` delivers everything. */
  readonly after: bigint | 'start';
  /** Only streams whose name starts with one of these. Exactly one of the two filters is given. */
  readonly streamPrefixes?: readonly string[];
  /**
   * Only events of other types than these, and none of the store's own. A reader of a few types names those it can do without: one
   * that it was never told of is then met, and not missed.
   */
  readonly exceptEventTypes?: readonly string[];
  readonly signal: AbortSignal;
}

export type SubscriptionMessage =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to here was considered, matching or not: a place to resume from. */
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  | { readonly kind: 'caught-up' };

export abstract class EventStore {
  /**
   * Appends all events or none at the expected revision, durable when it returns.
   * An unknown outcome is resolved here by sending the same event ids at the same revision again, never by guessing.
   *
   * @param timeoutMs how long to try, retries included
   * @throws AppendOutcomeUnknown when the store did not answer in time; EventStoreUnavailable when it is known not to have taken it
   */
  abstract append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    timeoutMs?: number,
  ): Promise<AppendOutcome>;

  /**
   * Appends one event behind whatever the stream holds, durable when it returns. Only for events that are ordered by nothing
   * and harmless when they stand twice: an append with unknown outcome is sent again under the same id, which the
   * store mostly recognizes, but does not promise to.
   *
   * @param timeoutMs how long to try, retries included
   * @throws AppendOutcomeUnknown when the store did not answer in time; EventStoreUnavailable when it is known not to have taken it
   */
  abstract appendUnordered(streamName: string, event: NewEvent, timeoutMs?: number): Promise<Appended>;

  /**
   * Reads one page of a stream in revision order (or reverse).
   *
   * @throws EventStoreUnavailable
   */
  abstract readStream(streamName: string, options: ReadStreamOptions): Promise<StreamPage>;

  /**
   * Whether a stream was ever written, as of no earlier than the call. Made for streams that most likely were not: a store may
   * answer that for much less than it takes to read nothing.
   *
   * @throws EventStoreUnavailable
   */
  async exists(streamName: string): Promise<boolean> {
    return (await this.readStream(streamName, { countMax: 1 })).exists;
  }

  /**
   * Replays `$all` in commit order from the start to the position that was last when the call was made, at the reader's pace.
   *
   * @param options.after exclusive
   * @throws EventStoreUnavailable when the connection is lost: read on from the last position received
   */
  abstract readAll(options: { readonly after: bigint | 'start' }): AsyncIterable<RecordedEvent>;

  /** The position of the newest event in `$all`, or 0 when the log is empty. */
  abstract headPosition(): Promise<bigint>;

  /**
   * Follows `$all` in commit order for ever, at the reader's pace: a reader that stops costs no memory.
   * Ends quietly when `signal` aborts.
   *
   * @throws EventStoreUnavailable when the connection is lost: subscribe again from the last position processed
   */
  abstract subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionMessage>;

  /**
   * Lets a stream show only its newest events; older ones may be dropped by the store. For caches and leases, never for money.
   *
   * @throws AppendOutcomeUnknown, EventStoreUnavailable
   */
  abstract keepNewest(streamName: string, countMax: number): Promise<void>;

  /** The identity of the log behind this client, so that a checkpoint can't be used with another log. */
  abstract storeId(): Promise<string>;
}
