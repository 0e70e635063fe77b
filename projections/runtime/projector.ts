import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import { isStoreAway, type EventStore } from '../../src/edges/event-store/event-store.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { Backfiller } from './backfiller.js';
import { loadCheckpoint, type Checkpoint } from './checkpoint.js';
import { clearStop, readRetries, recordStop } from './control.js';
import type { EventFeed, FeedBatch } from './event-feed.js';
import type { FeedHub } from './feed-hub.js';
import { describeError, isWorthRetrying, PoisonEvent, stopKindOf } from './failure.js';
import { holderOf, type LockHolder } from './lock-holder.js';
import { streamsOf } from './money-streams.js';
import { ProjectionWriter } from './projection-writer.js';
import {
  LEDGER_SCHEMA,
  type Projection,
  type ProjectionLog,
  type ProjectionState,
  type ProjectionStatus,
  type StopKind,
  type StoppedAt,
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
  private stopKind: StopKind | null = null;
  private stoppedAt: StoppedAt | null = null;
  /** How often it had been asked to go on when it last began to. */
  private retriesSeen = 0n;
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
      eventsWaiting: this.feed?.length ?? null,
      lagMs: Math.max(0, nowMs - behindSinceMs),
      reason: this.reason,
      stopKind: this.stopKind,
      stoppedAt: this.stoppedAt,
    };
  }

  /** Resolves at the next change of position or state, or when `signal` aborts; what was read is written without delay. */
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
      else this.feed?.hurry();
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
        if (!isWorthRetrying(error)) {
          if (await this.halt(error)) continue;
          return;
        }
        this.announce('standby', describeError(error));
        if (!isStoreAway(error)) {
          this.ports.log.warn(
            `Projection ${this.projection.name} tries again in ${this.retryMs} ms: ${describeError(error)}`,
          );
        }
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
      this.retriesSeen = await readRetries(session, this.projection.name);
      this.checkpoint = await loadCheckpoint(session, store, this.projection);
      await clearStop(session, this.projection.name);
      const writer = new ProjectionWriter(this.projection, session, LEDGER_SCHEMA, this.checkpoint);
      const backfiller = new Backfiller(this.projection, session, store);
      this.feed = feeds.open(
        this.checkpoint.position,
        signal,
        () => this.listeners.size > 0,
        streamsOf(this.projection),
      );
      this.announce('catching-up', null);
      await this.follow(writer, backfiller, this.feed, signal);
    } finally {
      term.abort();
      this.feed = undefined;
      await session.close();
    }
  }

  private async becomeLeader(session: PostgresSession, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await session.tryLock(lockOf(this.projection.name))) return true;
      const holder = await holderOf(session, lockOf(this.projection.name));
      this.announce('standby', holder === null ? null : describeHolder(holder));
      await sleep(limits.projectionStandbyPollMs, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  private async follow(
    writer: ProjectionWriter,
    backfiller: Backfiller,
    feed: EventFeed,
    signal: AbortSignal,
  ): Promise<void> {
    let idleSinceMs = Date.now();
    let owesHistory = true;
    for (;;) {
      // In turn with what is new, so that neither keeps the other waiting for more than a chunk.
      if (owesHistory) owesHistory = await backfiller.step();
      if (owesHistory && !feed.hasNews) continue;
      const batch = await feed.take();
      if (batch === undefined || signal.aborted) return;
      const isDue = Date.now() - idleSinceMs >= limits.projectionIdleCheckpointMs;
      if (batch.events.length > 0 || isDue || this.listeners.size > 0) {
        await this.write(writer, batch);
        idleSinceMs = Date.now();
      } else if (batch.position !== null) feed.postpone(batch.position);
      owesHistory ||= backfiller.isBegunBy(batch.events);
      this.retryMs = limits.projectionRetryMsFirst;
      if (batch.caughtUp && this.state !== 'live') this.announce('live', null);
      else this.notify();
    }
  }

  private async write(writer: ProjectionWriter, { events, position }: FeedBatch): Promise<void> {
    const before = writer.checkpoint.position;
    try {
      await writer.write(events, position);
    } finally {
      this.checkpoint = writer.checkpoint;
    }
    if (writer.checkpoint.position > before) {
      this.writtenRecordedAtMs = events.at(-1)?.recordedAtMs ?? this.writtenRecordedAtMs;
    }
  }

  /** Stands still until somebody asks it to go on. @returns false when this process ends */
  private async halt(error: unknown): Promise<boolean> {
    const { postgres, log } = this.ports;
    const { name } = this.projection;
    if (error instanceof PoisonEvent) {
      const { position, type, streamName, revision } = error.event;
      this.stoppedAt = { position, type, streamName, revision };
    }
    this.stopKind = stopKindOf(error);
    const reason = describeError(error);
    this.announce('stopped', reason);
    log.error(`Projection ${name} has stopped. ${reason}`);
    const { signal } = this.stopping;
    let isRecorded = false;
    while (!signal.aborted) {
      try {
        if (!isRecorded) await recordStop(postgres, name, reason, this.stoppedAt);
        isRecorded = true;
        if ((await readRetries(postgres, name)) !== this.retriesSeen) break;
      } catch (failure) {
        // Without the database there is nothing to go on with; it is asked again.
        if (!isWorthRetrying(failure)) throw failure;
      }
      await sleep(limits.projectionControlPollMs, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return false;
    this.stopKind = null;
    this.stoppedAt = null;
    log.info(`Projection ${name} was asked to go on.`);
    this.announce('standby', null);
    return true;
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

/** The lock that whoever writes a projection's live tables holds. */
export function lockOf(name: string): string {
  return `evenkeel:projection:${name}`;
}

function describeHolder({ pid, role }: LockHolder): string {
  return `Another session has its lock: process ${pid} of PostgreSQL, user ${role ?? 'unknown'}.`;
}
