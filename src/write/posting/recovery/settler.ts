import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../../config/limits.js';
import type { EventStore } from '../../../edges/event-store/event-store.js';
import { toLedgerEvent, UnknownEventType } from '../../../edges/event-store/ledger-event.js';
import { AssertionFailure } from '../../../kernel/assert.js';
import type { Clock } from '../../../kernel/clock.js';
import type { IdSource } from '../../../kernel/ids.js';
import { ACCOUNT_STREAM_PREFIX } from '../../accounts/events.js';
import type { WriteMetrics } from '../../metrics.js';
import { TRANSACTION_STREAM_PREFIX } from '../../transactions/events.js';
import { InFlightTracker, type InFlight } from './in-flight.js';
import { SettlerLease } from './lease.js';
import type { Recovery } from './recover.js';

export interface SettlerStatus {
  readonly state: 'standby' | 'catching-up' | 'live' | 'stopped';
  /** Why it stopped or waits; null when all is well. */
  readonly reason: string | null;
  readonly inFlight: number;
}

type Log = (level: 'info' | 'warn' | 'error', message: string) => void;

/**
 * The settler role: follows the log, and finishes what has been owed for longer than `recoveryAfterMs`.
 * One process does it at a time, others stand by. On an event it can't read it stops and says so.
 */
export class Settler {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private status_: SettlerStatus = { state: 'standby', reason: null, inFlight: 0 };

  constructor(
    private readonly store: EventStore,
    private readonly recovery: Recovery,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly metrics: WriteMetrics,
    private readonly log: Log,
  ) {}

  status(): SettlerStatus {
    return this.status_;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Ends after the work at hand, and hands the lease over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.status_ = { state: 'stopped', reason: null, inFlight: 0 };
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const lease = new SettlerLease(this.store, this.ids.newId(), this.ids);
      try {
        const after = await this.waitForLease(lease);
        if (after !== null) await this.lead(lease, after);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (error instanceof UnknownEventType || error instanceof AssertionFailure) {
          this.status_ = { ...this.status_, state: 'stopped', reason };
          this.log('error', `The settler stopped, nothing is recovered until it is restarted: ${reason}`);
          return;
        }
        this.status_ = { ...this.status_, state: 'standby', reason };
        this.log('warn', `The settler starts over: ${reason}`);
        await pause(limits.settlerRestartMs, signal);
      }
    }
  }

  /** Stands by until the lease is free or its owner has missed its beats; null when asked to stop. */
  private async waitForLease(lease: SettlerLease): Promise<bigint | 'start' | null> {
    const { signal } = this.stopping;
    this.status_ = { state: 'standby', reason: null, inFlight: 0 };
    let seen = await lease.look();
    let seenAtMs = performance.now();
    while (!signal.aborted) {
      const silentMs = performance.now() - seenAtMs;
      if (seen.free || silentMs >= limits.settlerTakeoverAfterMs) {
        if (await lease.take(seen)) return seen.resumeAfter;
      }
      await pause(limits.settlerLookMs, signal);
      const now = await lease.look();
      if (now.revision !== seen.revision) seenAtMs = performance.now();
      seen = now;
    }
    return null;
  }

  private async lead(lease: SettlerLease, after: bigint | 'start'): Promise<void> {
    const tracker = new InFlightTracker(after);
    const ended = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, ended.signal]);
    this.status_ = { state: 'catching-up', reason: null, inFlight: 0 };
    const work = [
      this.follow(tracker, after, signal),
      this.sweepAgainAndAgain(tracker, signal),
      this.beatAgainAndAgain(lease, tracker, signal),
    ].map((part) => part.finally(() => ended.abort()));
    const outcomes = await Promise.allSettled(work);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    if (this.stopping.signal.aborted) await lease.release(tracker.resumeAfter());
  }

  private async follow(
    tracker: InFlightTracker,
    after: bigint | 'start',
    signal: AbortSignal,
  ): Promise<void> {
    const streamPrefixes = [ACCOUNT_STREAM_PREFIX, TRANSACTION_STREAM_PREFIX];
    for await (const message of this.store.subscribeAll({ after, streamPrefixes, signal })) {
      if (message.kind === 'event') tracker.apply(toLedgerEvent(message.event));
      else if (message.kind === 'checkpoint') tracker.passed(message.position);
      else this.status_ = { ...this.status_, state: 'live' };
    }
  }

  private async sweepAgainAndAgain(tracker: InFlightTracker, signal: AbortSignal): Promise<void> {
    const triedAtMs = new Map<string, number>();
    while (!signal.aborted) {
      await pause(limits.settlerSweepMs, signal);
      this.report(tracker);
      // Before it has caught up, most of what looks owed was settled long ago.
      if (this.status_.state === 'live' && !signal.aborted) await this.sweep(tracker, triedAtMs);
    }
  }

  /** Finishes what has been owed too long, a bounded number at a time. */
  private async sweep(tracker: InFlightTracker, triedAtMs: Map<string, number>): Promise<void> {
    for (const transactionId of triedAtMs.keys()) {
      if (!tracker.get(transactionId)) triedAtMs.delete(transactionId);
    }
    const nowMs = this.clock.nowMs();
    const overdue: InFlight[] = [];
    for (const inFlight of tracker.all()) {
      if (nowMs - inFlight.sinceMs < limits.recoveryAfterMs) continue;
      if (nowMs - (triedAtMs.get(inFlight.transactionId) ?? 0) < limits.recoveryRetryMs) continue;
      overdue.push(inFlight);
      if (overdue.length >= limits.recoveriesAtOnceMax) break;
    }
    const outcomes = await Promise.allSettled(overdue.map((inFlight) => this.recovery.recover(inFlight)));
    outcomes.forEach((outcome, index) => {
      const { transactionId = '' } = overdue[index] ?? {};
      triedAtMs.set(transactionId, nowMs);
      if (outcome.status === 'rejected') {
        this.log('warn', `Transaction ${transactionId} is not recovered yet: ${String(outcome.reason)}`);
      }
    });
  }

  private async beatAgainAndAgain(
    lease: SettlerLease,
    tracker: InFlightTracker,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      await pause(limits.settlerBeatMs, signal);
      if (signal.aborted) return;
      if (!(await lease.beat(tracker.resumeAfter()))) {
        this.log('info', 'Another process settles now; this one stands by.');
        return;
      }
    }
  }

  private report(tracker: InFlightTracker): void {
    const [oldest] = tracker.all();
    const oldestMs = oldest ? Math.max(0, this.clock.nowMs() - oldest.sinceMs) : 0;
    this.status_ = { ...this.status_, inFlight: tracker.count };
    this.metrics.inFlight.set(tracker.count);
    this.metrics.oldestInFlightSeconds.set(oldestMs / 1000);
  }
}

/** Waits, or returns at once when told to stop. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
