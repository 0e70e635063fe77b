import { limits } from '../../../config/limits.js';
import { isStoreAway } from '../../../edges/event-store/event-store.js';
import type { Clock } from '../../../kernel/clock.js';
import { DueQueue } from './due-queue.js';

/** When what is to be done is due. Whoever knows what there is to do keeps it up to date. */
export interface Schedule {
  /** It is due at this time, epoch milliseconds, whatever was said before. */
  plan(id: string, dueAtMs: number): void;
  /** Nothing is to be done about it any more. */
  callOff(id: string): void;
}

/** Plans nothing. */
export const NO_SCHEDULE: Schedule = { plan: () => undefined, callOff: () => undefined };

/** How one kind of work is done. */
export interface WorkKind {
  /**
   * Does what is due about one.
   *
   * @returns false when something is left to be done, for which it is tried again as if it had failed
   */
  readonly run: (id: string) => Promise<boolean>;
  /** Whether there may still be something to do about one that was done: when to look again, epoch milliseconds; else null. */
  readonly againAtMs: (id: string) => number | null;
  /** Told of each failure, unless the store is away, which its client tells. */
  readonly onFailure: (id: string, error: unknown) => void;
}

/**
 * Does what is due, the earliest first, `recoveriesAtOnceMax` at a time, and goes on with the next as soon as one is done.
 *
 * One that fails is tried again after `recoveryRetryMs`, then after twice as long, at most after `recoveryRetryMsMax`: many that
 * can't be done take few turns from the others. While the store is away nobody is put off for longer.
 */
export class DueWork implements Schedule {
  private readonly due = new DueQueue();
  private readonly running = new Map<string, Promise<void>>();
  /** How often those failed that failed last time. */
  private readonly failures = new Map<string, number>();
  private isStopping = false;

  constructor(
    private readonly clock: Clock,
    private readonly kind: WorkKind,
  ) {}

  plan(id: string, dueAtMs: number): void {
    this.due.set(id, dueAtMs);
  }

  callOff(id: string): void {
    this.due.delete(id);
    this.failures.delete(id);
  }

  /** Begins as much of what is due as may run at a time; the rest follows by itself, until nothing more is due. */
  start(): void {
    while (!this.isStopping && this.running.size < limits.recoveriesAtOnceMax) {
      const id = this.due.take(this.clock.nowMs());
      if (id === undefined) return;
      // Due again while it is being done: it is looked at when that is over.
      if (!this.running.has(id)) this.running.set(id, this.work(id));
    }
  }

  /** Begins nothing more, and waits for what runs. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.running.values());
  }

  private async work(id: string): Promise<void> {
    const retryAtMs = await this.attempt(id);
    this.running.delete(id);
    const againAtMs = this.kind.againAtMs(id);
    // What was planned meanwhile holds.
    if (againAtMs === null) this.callOff(id);
    else if (!this.due.has(id)) this.due.set(id, retryAtMs ?? againAtMs);
    this.start();
  }

  /** @returns when to try again what failed; null when it did not */
  private async attempt(id: string): Promise<number | null> {
    try {
      if (await this.kind.run(id)) {
        this.failures.delete(id);
        return null;
      }
    } catch (error) {
      if (isStoreAway(error)) return this.clock.nowMs() + limits.recoveryRetryMs;
      this.kind.onFailure(id, error);
    }
    const failures = (this.failures.get(id) ?? 0) + 1;
    this.failures.set(id, failures);
    const waitMs = limits.recoveryRetryMs * 2 ** Math.min(failures - 1, 30);
    return this.clock.nowMs() + Math.min(waitMs, limits.recoveryRetryMsMax);
  }
}
