import { limits } from '../../config/limits.js';

/** Who is told how the calls to the event store go. */
export interface StoreObserver {
  /** A call was answered, or a followed log said something. Called for each: it has to cost nothing. */
  reached(): void;
  /** A call was not answered. @param reason the error's sentence */
  lost(reason: string): void;
}

/** For who has no log. */
export const NO_OBSERVER: StoreObserver = { reached: () => undefined, lost: () => undefined };

/** Where an outage is told. */
export interface OutageLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

/**
 * Tells the log of an outage of the event store once for everybody in the process: at once when a first call fails, then at most
 * every `storeOutageLogEveryMs` with how many failed since, and once when it answers again.
 *
 * Everything that calls the store tries again by itself and would tell it each time. One call that fails between many that
 * succeed is told like an outage, and counted with the next one when that comes soon.
 */
export class StoreOutage implements StoreObserver {
  private lostAtMs: number | null = null;
  private toldAtMs = -Infinity;
  private isTold = false;
  private failed = 0;

  /** @param nowMs a clock that never goes back */
  constructor(
    private readonly log: OutageLog,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  reached(): void {
    if (this.lostAtMs === null) return;
    const seconds = Math.max(1, Math.round((this.nowMs() - this.lostAtMs) / 1000));
    this.lostAtMs = null;
    // What began after the last warning and is over before the next one is only counted.
    if (this.isTold) this.log.info(`The event store answers again, after ${seconds} s.`);
    this.isTold = false;
  }

  lost(reason: string): void {
    const nowMs = this.nowMs();
    this.lostAtMs ??= nowMs;
    this.failed += 1;
    const sinceMs = nowMs - this.toldAtMs;
    if (sinceMs < limits.storeOutageLogEveryMs) return;
    const count = this.failed === 1 ? '' : ` (${this.failed} calls since it was last told)`;
    this.log.warn(
      `The event store does not answer${count}; everything that needs it is tried again by itself: ${reason}`,
    );
    this.toldAtMs = nowMs;
    this.isTold = true;
    this.failed = 0;
  }
}
