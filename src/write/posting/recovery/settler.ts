import { limits } from '../../../config/limits.js';
import {
  isStoreAway,
  type EventStore,
  type RecordedEvent,
  type SubscribeAllOptions,
} from '../../../edges/event-store/event-store.js';
import { toLedgerEvent, UnknownEventType } from '../../../edges/event-store/ledger-event.js';
import { AssertionFailure } from '../../../kernel/assert.js';
import type { Clock } from '../../../kernel/clock.js';
import type { IdSource } from '../../../kernel/ids.js';
import { ACCOUNT_STREAM_PREFIX } from '../../accounts/events.js';
import { typesBut } from '../../followed-types.js';
import type { WriteMetrics } from '../../metrics.js';
import { MACHINE_PATIENCE, pause, type Patience } from '../../patience.js';
import { TRANSACTION_STREAM_PREFIX } from '../../transactions/events.js';
import { DueWork } from './due-work.js';
import type { HoldExpiry } from './expire-holds.js';
import { InFlightTracker } from './in-flight.js';
import { SettlerLease, type Resume } from './lease.js';
import { HOLD_EVENT_TYPES, OpenHolds } from './open-holds.js';
import type { Recovery } from './recover.js';

export interface SettlerStatus {
  readonly state: 'standby' | 'catching-up' | 'live' | 'stopped';
  /** Why it stopped or waits; null when all is well. */
  readonly reason: string | null;
  readonly inFlight: number;
}

const OWED_STREAM_PREFIXES = [ACCOUNT_STREAM_PREFIX, TRANSACTION_STREAM_PREFIX];
const NOT_OF_HOLDS = typesBut(HOLD_EVENT_TYPES);

/** What a leading settler follows, and does about it. */
interface Known {
  readonly owed: InFlightTracker;
  readonly holds: OpenHolds;
  readonly recoveries: DueWork;
  readonly expiries: DueWork;
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
    private readonly expiry: HoldExpiry,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly metrics: WriteMetrics,
    private readonly log: Log,
    private readonly patience: Patience = MACHINE_PATIENCE,
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
        const resume = await this.waitForLease(lease);
        if (resume !== null) await this.lead(lease, resume);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (error instanceof UnknownEventType || error instanceof AssertionFailure) {
          this.status_ = { ...this.status_, state: 'stopped', reason };
          this.log('error', `The settler stopped, nothing is recovered until it is restarted: ${reason}`);
          return;
        }
        this.status_ = { ...this.status_, state: 'standby', reason };
        if (!isStoreAway(error)) this.log('warn', `The settler starts over: ${reason}`);
        await pause(this.patience, limits.settlerRestartMs, signal);
      }
    }
  }

  /** Stands by until the lease is free or its owner has missed its beats; null when asked to stop. */
  private async waitForLease(lease: SettlerLease): Promise<Resume | null> {
    const { signal } = this.stopping;
    this.status_ = { state: 'standby', reason: null, inFlight: 0 };
    let seen = await lease.look();
    let seenAtMs = this.patience.elapsedMs();
    while (!signal.aborted) {
      const silentMs = this.patience.elapsedMs() - seenAtMs;
      if (seen.isFree || silentMs >= limits.settlerTakeoverAfterMs) {
        if (await lease.take(seen)) return seen.resume;
      }
      await pause(this.patience, limits.settlerLookMs, signal);
      const now = await lease.look();
      if (now.revision !== seen.revision) seenAtMs = this.patience.elapsedMs();
      seen = now;
    }
    return null;
  }

  private async lead(lease: SettlerLease, resume: Resume): Promise<void> {
    const known = this.knownAfter(resume);
    const ended = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, ended.signal]);
    this.status_ = { state: 'catching-up', reason: null, inFlight: 0 };
    let holdsAreCurrent = false;
    const work = [
      this.follow(
        known.owed,
        { after: resume.owedAfter, streamPrefixes: OWED_STREAM_PREFIXES, signal },
        () => (this.status_ = { ...this.status_, state: 'live' }),
      ),
      this.follow(
        known.holds,
        { after: resume.holdsAfter, exceptEventTypes: NOT_OF_HOLDS, signal },
        () => (holdsAreCurrent = true),
      ),
      this.sweepAgainAndAgain(known, () => holdsAreCurrent, signal),
      this.beatAgainAndAgain(lease, known, signal),
    ].map((part) => part.finally(() => ended.abort()));
    const outcomes = await Promise.allSettled(work);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    if (this.stopping.signal.aborted) await lease.release(resumeOf(known));
  }

  private knownAfter({ owedAfter, holdsAfter }: Resume): Known {
    const recoveries: DueWork = new DueWork(this.clock, {
      run: async (id) => {
        const inFlight = owed.get(id);
        return inFlight === undefined || this.recovery.recover(inFlight);
      },
      // Until the log tells that nothing is owed; what is set aside meanwhile is given its time.
      againAtMs: (id) => (owed.get(id) ? this.clock.nowMs() + limits.recoveryAfterMs : null),
      onFailure: (id, error) => {
        this.log('warn', `Transaction ${id} is not recovered yet: ${String(error)}`);
      },
    });
    const owed = new InFlightTracker(owedAfter, recoveries);
    const expiries: DueWork = new DueWork(this.clock, {
      run: async (id) => {
        const { companyId } = holds.get(id) ?? {};
        if (companyId === undefined) return true;
        const isConcluded = await this.expiry.expire(id, companyId);
        if (isConcluded) holds.concluded(id);
        return isConcluded;
      },
      againAtMs: (id) => holds.get(id)?.expiresAtMs ?? null,
      onFailure: (id, error) => {
        this.log('warn', `Hold ${id} is not expired yet: ${String(error)}`);
      },
    });
    const holds = new OpenHolds(holdsAfter, expiries);
    return { owed, holds, recoveries, expiries };
  }

  private async follow(
    book: InFlightTracker | OpenHolds,
    options: SubscribeAllOptions,
    onCaughtUp: () => void,
  ): Promise<void> {
    for await (const message of this.store.subscribeAll(options)) {
      if (message.kind === 'event') this.takeIn(book, message.event);
      else if (message.kind === 'checkpoint') book.passed(message.position);
      else onCaughtUp();
    }
  }

  /** @throws UnknownEventType: what can't be understood of money is never skipped */
  private takeIn(book: InFlightTracker | OpenHolds, event: RecordedEvent): void {
    if (OWED_STREAM_PREFIXES.some((prefix) => event.streamName.startsWith(prefix))) {
      book.apply(toLedgerEvent(event));
    } else book.passed(event.position);
  }

  /** Looks again and again for what has become due. Before the log is caught up, most of what looks due was done long ago. */
  private async sweepAgainAndAgain(
    { owed, recoveries, expiries }: Known,
    holdsAreCurrent: () => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      await pause(this.patience, limits.settlerSweepMs, signal);
      this.report(owed);
      if (signal.aborted) break;
      if (this.status_.state === 'live') recoveries.start();
      if (holdsAreCurrent()) expiries.start();
    }
    await Promise.all([recoveries.stop(), expiries.stop()]);
  }

  private async beatAgainAndAgain(lease: SettlerLease, known: Known, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.patience, limits.settlerBeatMs, signal);
      if (signal.aborted) return;
      if (!(await lease.beat(resumeOf(known)))) {
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

function resumeOf({ owed, holds }: Known): Resume {
  return { owedAfter: owed.resumeAfter(), holdsAfter: holds.resumeAfter() };
}
