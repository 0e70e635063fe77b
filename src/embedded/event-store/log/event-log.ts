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
  | { readonly kind: 'wrong-expected-revision'; readonly current: number }
  /** It could not be decided, as what it had to be compared with can't be read. Nothing was written. */
  | { readonly kind: 'undecidable'; readonly error: Error };

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

/** The log of all events. */
export interface EventLog {
  /** Names the log for ever: a UUID made when its directory was. */
  readonly storeId: string;

  /**
   * Decides appends, each on top of those before it, and writes the events of those that stand in one transaction:
   * resolves, with an outcome for each in order, after that is synced to disk. An append is written whole or not at
   * all. Not called again before it settled.
   *
   * @throws CommitFailure when nothing of it was written
   */
  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]>;
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

  /** Gives the data directory back. */
  close(): Promise<void>;
}
