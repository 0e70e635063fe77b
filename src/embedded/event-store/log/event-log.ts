import type { ExpectedRevision } from './expected-revision.js';
import type { ProposedEvent } from './record.js';
import type { VisibleRange } from './stream-metadata.js';

/*
 * Terms. A position is where a record begins in the log, reckoned in bytes: strictly increasing, not contiguous, never 0.
 * A revision is an event's number in its stream, from 0, without gaps. Inside this folder both are safe integers, not
 * bigints: the memory map bounds the log far below 2^53 bytes, and they are handled once per event on the hot paths.
 */

export interface AppendRequest {
  readonly streamName: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
}

export type AppendOutcome =
  /** `revision` is that of the last event, or -1 for an empty append to a stream without events. */
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number }
  /** `current` is the stream's last revision, or -1. Nothing was written. */
  | { readonly kind: 'wrong-expected-revision'; readonly current: number };

/** One event of the log. `bytes` is read with the functions of `record.ts`. */
export interface LogRecord {
  readonly position: number;
  readonly bytes: Buffer;
}

export interface StreamRecord extends LogRecord {
  readonly revision: number;
}

/** A stream as it is now. */
export interface StreamView {
  readonly id: number;
  readonly lastRevision: number;
  readonly visible: VisibleRange;
}

export type Direction = 'forwards' | 'backwards';

export interface Page<R> {
  readonly records: readonly R[];
  /** Where the next page begins; undefined when there is nothing more now. */
  readonly next: number | undefined;
}

/** The bounds of one page. */
export interface PageSize {
  readonly eventsMax: number;
  readonly bytesMax: number;
}

/** A commit that wrote nothing. */
export class CommitFailure extends Error {
  override readonly name = 'CommitFailure';
  constructor(
    message: string,
    /** Whether the log goes on once there is space again. If not, it must be opened anew. */
    readonly isDiskFull: boolean,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The log of all events.
 *
 * Appends are decided at once against everything decided before (`stage`) and become durable and visible together with
 * all others decided since the last commit (`commit`). An outcome may be told to anybody only after that commit.
 */
export interface EventLog {
  /** Names the log for ever: a UUID made when its directory was. */
  readonly storeId: string;

  /** Decides an append and, when it writes, adds its events to the next commit: all or none. */
  stage(request: AppendRequest): AppendOutcome;
  /** Bytes added since the last commit began. */
  readonly stagedBytes: number;
  /**
   * Makes everything staged so far durable and visible in one transaction: resolves after it is synced to disk.
   * Not called again before it settled. When it rejects, with a CommitFailure, nothing of it was written, and whatever was staged
   * since is dropped.
   */
  commit(): Promise<void>;
  /** Calls `listener` after each commit that wrote something. @returns how to stop that */
  onCommit(listener: () => void): () => void;

  /** The position of the last committed event. */
  lastPosition(): number;
  /** Committed events at or after `from` (forwards), or before it (backwards), in that order. */
  readAll(from: number, direction: Direction, size: PageSize): Page<LogRecord>;
  /** The committed state of a stream, or undefined when it has no event. */
  viewStream(streamName: string): StreamView | undefined;
  /** Committed events of a stream from a revision on, inclusive in both directions, whether visible or not. */
  readStream(streamId: number, from: number, direction: Direction, size: PageSize): Page<StreamRecord>;

  /** Gives the data directory back. What was staged and not committed is dropped. */
  close(): Promise<void>;
}
