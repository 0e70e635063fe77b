import type { LedgerEvent, RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Sql } from '../../src/edges/postgres/sql.js';

/** The Postgres schema all read models live in. */
export const LEDGER_SCHEMA = 'ledger';

/**
 * One read model: tables that are a function of the events alone, and of its {@link Projection.settings} where it has some.
 *
 * It never reads the clock, another projection's tables or anything else, so that the same events fill the same rows
 * whenever and in whatever batches they come.
 */
export interface Projection {
  /** Its identity in checkpoints, locks, answers and alarms: permanent once released. */
  readonly name: string;
  /** Its own tables, without schema. Nobody else writes them. */
  readonly tables: readonly string[];
  /** The types `apply` is handed; the others only move the checkpoint. */
  readonly handles: readonly LedgerEvent['type'][];
  /** How the names of the streams begin that its events stand on, besides those that hold money. */
  readonly streams?: readonly string[];
  /**
   * The settings of the environment that its rows are a function of too, as text: rows that were made with other ones are never added
   * to, but filled anew.
   */
  readonly settings?: string;
  /** What it owes of the history before an event that asked for it. */
  readonly backfill?: Backfill;
  /**
   * Adds events to the tables: folds them in memory, then writes a few statements for all of them.
   *
   * Tables are named without schema: the caller's `search_path` says which set is being filled. An error of any kind
   * (a constraint, an assertion) means that these events can't be applied; the transaction is then rolled back.
   *
   * @param sql inside the transaction that also moves the checkpoint
   * @param events of the handled types, in commit order, each exactly once over the life of the tables
   * @returns what is to be done once the rows are committed, and not if they are not: measuring
   */
  apply(sql: Sql, events: readonly RecordedLedgerEvent[]): Promise<AfterCommit | void>;
}

/** What follows a commit in this process; it can't fail. */
export type AfterCommit = () => void;

/** A part of the log that rows still lack. */
export interface OwedHistory {
  /** Exclusive; 0 for the start. */
  readonly after: bigint;
  /** Inclusive, and not beyond the projection's checkpoint. */
  readonly until: bigint;
}

/**
 * Rows that an event asks for of what came before it: filled in beside what is written live, in chunks that each are a transaction of
 * their own and remember how far they have come. The rows are the same whenever that is done.
 */
export interface Backfill {
  /** The types that may ask for it. */
  readonly begunBy: readonly LedgerEvent['type'][];
  /** The types `fill` is handed. */
  readonly handles: readonly LedgerEvent['type'][];
  /** What is to be filled in next; null when nothing is owed. */
  owed(sql: Sql): Promise<OwedHistory | null>;
  /**
   * Adds a chunk of the history that is owed.
   *
   * @param sql inside a transaction; tables are named without schema
   * @param events of the handled types after `from` up to `to`, in commit order
   * @param from where {@link owed} begins
   */
  fill(sql: Sql, events: readonly RecordedLedgerEvent[], from: bigint, to: bigint): Promise<void>;
}

/** What a projection is doing. */
export type ProjectionState =
  /** Another process holds its lock, or this one has not reached the database yet. */
  | 'standby'
  /** Reading what was written before it started. */
  | 'catching-up'
  /** It has been at the head of the log. */
  | 'live'
  /** It met an event it can't apply, or a checkpoint it must not use: nothing is skipped, somebody has to look. */
  | 'stopped';

/** One projection as this process sees it. */
export interface ProjectionStatus {
  readonly name: string;
  readonly state: ProjectionState;
  /** How far its rows have come; null while this process does not know. */
  readonly position: bigint | null;
  /** Events received and not yet written: at most the read-ahead; null while this process does not write it. */
  readonly eventsWaiting: number | null;
  /** Age of the oldest event not yet written, as far as is known; 0 when there is none. */
  readonly lagMs: number;
  /** Why it stopped, or what keeps it from going on just now (it goes on by itself); null when all is well. */
  readonly reason: string | null;
  /** What kind of thing it stopped for; null while it has not. */
  readonly stopKind: StopKind | null;
  /** The event it stopped at. */
  readonly stoppedAt: StoppedAt | null;
}

/** What a projection stopped for, as one of few words: metrics have it as a label. */
export type StopKind =
  /** An event that is unknown to this version. */
  | 'unknown-event'
  /** An event that can't be applied. */
  | 'event'
  /** A checkpoint that must not be used. */
  | 'checkpoint'
  /** Something else: our own fault. */
  | 'fault';

export interface StoppedAt {
  readonly position: bigint;
  readonly type: string;
  readonly streamName: string;
  readonly revision: bigint;
}

/** Sentences for the operator's log. */
export interface ProjectionLog {
  info(sentence: string): void;
  warn(sentence: string): void;
  error(sentence: string): void;
}
