import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import type { EventStore, RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent, type RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { CheckpointMoved, loadCheckpoint, moveCheckpoint, type Checkpoint } from './checkpoint.js';
import type { EventFeed, FeedBatch } from './event-feed.js';
import type { FeedHub } from './feed-hub.js';
import { describeError, isWorthRetrying, PoisonEvent } from './failure.js';
import {
  LEDGER_SCHEMA,
  type Projection,
  type ProjectionLog,
  type ProjectionState,
  type ProjectionStatus,
} from './projection.js';

export interface ProjectorPorts {
  readonly store: EventStore;
  readonly feeds: FeedHub;
  readonly postgres: Postgres;
  readonly log: ProjectionLog;
}

/**
 * Keeps one projection up to date for as long as the process lives.
 *
 * It writes only while it holds the projection's lock, through the very connection that holds it, and only from where
 * the stored checkpoint is: an event delivered twice, a batch cut elsewhere, a crash or a second process change nothing.
 */
export class Projector {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private feed: EventFeed | undefined;
  private state: ProjectionState = 'standby';
  private checkpoint: Checkpoint | undefined;
  private writtenRecordedAtMs: number | undefined;
  private reason: string | null = null;
  private poison: RecordedEvent | null = null;
  private retryMs: number = limits.projectionRetryMsFirst;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly projection: Projection,
    private readonly ports: ProjectorPorts,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Ends after the transaction in flight; what was read and not written is read again by the next leader. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Where this process last saw the rows; undefined when it does not lead. */
  get position(): bigint | undefined {
    return this.feed === undefined ? undefined : this.checkpoint?.position;
  }

  status(nowMs: number): ProjectionStatus {
    const behindSinceMs =
      this.feed?.oldestRecordedAtMs ?? (this.state === 'live' ? nowMs : (this.writtenRecordedAtMs ?? nowMs));
    return {
      name: this.projection.name,
      state: this.state,
      position: this.checkpoint?.position ?? null,
      eventsWaiting: this.feed?.length ?? 0,
      lagMs: Math.max(0, nowMs - behindSinceMs),
      reason: this.reason,
      stoppedAt: this.poison && {
        position: this.poison.position,
        type: this.poison.type,
        streamName: this.poison.streamName,
        revision: this.poison.revision,
      },
    };
  }

  /** Resolves at the next change of position or state, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.listeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.listeners.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.lead();
        if (!signal.aborted) this.announce('standby', 'The connection to the database was lost.');
      } catch (error) {
        if (signal.aborted) return;
        if (!isWorthRetrying(error)) return this.halt(error);
        this.announce('standby', describeError(error));
        this.ports.log.warn(
          `Projection ${this.projection.name} tries again in ${this.retryMs} ms: ${describeError(error)}`,
        );
        await sleep(this.retryMs, undefined, { signal }).catch(() => undefined);
        this.retryMs = Math.min(this.retryMs * 2, limits.projectionRetryMsMax);
      }
    }
  }

  /** One term as leader, from taking the lock to losing the connection or being stopped. */
  private async lead(): Promise<void> {
    const { postgres, store, feeds } = this.ports;
    const session = await postgres.openSession(limits.projectionStatementMsMax);
    const term = new AbortController();
    const signal = AbortSignal.any([term.signal, this.stopping.signal]);
    void session.ended.then(() => term.abort());
    try {
      if (!(await this.becomeLeader(session, signal))) return;
      // A commit lost in a crash takes its checkpoint with it and is made again from the log, which is durable.
      await session.query('set synchronous_commit = off');
      await session.query(`set search_path = ${LEDGER_SCHEMA}`);
      this.checkpoint = await loadCheckpoint(session, store, this.projection);
      this.feed = feeds.open(this.checkpoint.position, signal);
      this.announce('catching-up', null);
      await this.follow(session, this.feed, signal);
    } finally {
      term.abort();
      this.feed = undefined;
      await session.close();
    }
  }

  private async becomeLeader(session: PostgresSession, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await session.tryLock(`evenkeel:projection:${this.projection.name}`)) return true;
      this.announce('standby', null);
      await sleep(limits.projectionStandbyPollMs, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  private async follow(session: PostgresSession, feed: EventFeed, signal: AbortSignal): Promise<void> {
    let idleSinceMs = Date.now();
    for (;;) {
      const batch = await feed.take();
      if (batch === undefined || signal.aborted) return;
      if (batch.events.length > 0 || Date.now() - idleSinceMs >= limits.projectionIdleCheckpointMs) {
        await this.write(session, batch);
        idleSinceMs = Date.now();
      }
      this.retryMs = limits.projectionRetryMsFirst;
      if (batch.caughtUp && this.state !== 'live') this.announce('live', null);
      else this.notify();
    }
  }

  private async write(session: PostgresSession, batch: FeedBatch): Promise<void> {
    const from = this.leaderCheckpoint();
    const { events, undecodable } = decode(onlyNew(batch.events, from.position));
    await this.applyOrNarrow(session, events);
    if (undecodable !== null) {
      throw new PoisonEvent(undecodable.event, this.projection.name, undecodable.cause);
    }
    const { position } = this.leaderCheckpoint();
    if (batch.position !== null && batch.position > position) {
      await this.commit(session, [], batch.position, null);
    }
  }

  /** Applies events in one transaction; when one of them can't be applied, everything before that one, and stops there. */
  private async applyOrNarrow(
    session: PostgresSession,
    events: readonly RecordedLedgerEvent[],
  ): Promise<void> {
    const last = events.at(-1);
    if (last === undefined) return;
    try {
      await this.commit(session, events, last.position, last.recordedAtMs);
    } catch (error) {
      if (isWorthRetrying(error)) throw error;
      if (events.length === 1) throw new PoisonEvent(last, this.projection.name, error);
      const half = Math.ceil(events.length / 2);
      await this.applyOrNarrow(session, events.slice(0, half));
      await this.applyOrNarrow(session, events.slice(half));
    }
  }

  private async commit(
    session: PostgresSession,
    events: readonly RecordedLedgerEvent[],
    to: bigint,
    recordedAtMs: number | null,
  ): Promise<void> {
    const { name, handles } = this.projection;
    const from = this.leaderCheckpoint();
    const handled = events.filter((event) => handles.includes(event.type));
    await session.transaction(async (sql) => {
      await moveCheckpoint(sql, name, from, to, recordedAtMs);
      if (handled.length > 0) await this.projection.apply(sql, handled);
    });
    this.checkpoint = { ...from, position: to };
    this.writtenRecordedAtMs = recordedAtMs ?? this.writtenRecordedAtMs;
  }

  private leaderCheckpoint(): Checkpoint {
    if (this.checkpoint === undefined) throw new CheckpointMoved('The checkpoint has not been read.');
    return this.checkpoint;
  }

  private halt(error: unknown): void {
    if (error instanceof PoisonEvent) this.poison = error.event;
    this.announce('stopped', describeError(error));
    this.ports.log.error(`Projection ${this.projection.name} has stopped. ${describeError(error)}`);
  }

  private announce(state: ProjectionState, reason: string | null): void {
    this.state = state;
    this.reason = reason;
    this.notify();
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Drops what was delivered before: a log's order is strict, so whatever does not lead further is a repetition. */
function onlyNew(events: readonly RecordedEvent[], after: bigint): RecordedEvent[] {
  let newest = after;
  return events.filter(({ position }) => {
    if (position <= newest) return false;
    newest = position;
    return true;
  });
}

/** Brings events to their newest version, up to the first that this version can't read. */
function decode(events: readonly RecordedEvent[]): {
  readonly events: readonly RecordedLedgerEvent[];
  readonly undecodable: { readonly event: RecordedEvent; readonly cause: unknown } | null;
} {
  const decoded: RecordedLedgerEvent[] = [];
  for (const event of events) {
    try {
      decoded.push(toLedgerEvent(event));
    } catch (cause) {
      return { events: decoded, undecodable: { event, cause } };
    }
  }
  return { events: decoded, undecodable: null };
}
