import type { VirtualTime } from './virtual-time.js';

/**
 * Whether a simulated process lives, stands still or is dead. Everything that reaches the process (answers, timers, requests)
 * passes here: a dead one gets nothing any more, one that stands still gets it late.
 */
export class Life {
  isAlive = true;
  /** It is cut off from the store until then. */
  cutUntilMs = 0;
  private standsStillUntilMs = 0;
  private readonly mourners: (() => void)[] = [];
  private readonly cutListeners = new Set<() => void>();

  constructor(private readonly time: VirtualTime) {}

  /** Calls after this many milliseconds, unless the process is dead by then. Gives what calls it off. */
  deliver(ms: number, call: () => void): () => void {
    let callOff = this.time.after(ms, () => {
      if (!this.isAlive) return;
      const restMs = this.standsStillUntilMs - this.time.nowMs;
      if (restMs > 0) callOff = this.deliver(restMs, call);
      else call();
    });
    return () => {
      callOff();
    };
  }

  /** Kills the process: nothing of it happens from now on. */
  crash(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const mourn of this.mourners) mourn();
  }

  onCrash(mourn: () => void): void {
    this.mourners.push(mourn);
  }

  /** As a long garbage collection, or a stopped process, that goes on afterwards as if nothing had been. */
  standStill(ms: number): void {
    this.standsStillUntilMs = Math.max(this.standsStillUntilMs, this.time.nowMs + ms);
  }

  /** Cuts the process off from the store. Its subscriptions end. */
  cutOff(ms: number): void {
    this.cutUntilMs = Math.max(this.cutUntilMs, this.time.nowMs + ms);
    for (const listener of [...this.cutListeners]) listener();
  }

  get isCutOff(): boolean {
    return this.time.nowMs < this.cutUntilMs;
  }

  /** Calls whenever the process is cut off. Gives what ends it. */
  onCutOff(listener: () => void): () => void {
    this.cutListeners.add(listener);
    return () => {
      this.cutListeners.delete(listener);
    };
  }

  /** Ends what makes it slow or cuts it off. */
  recover(): void {
    this.standsStillUntilMs = 0;
    this.cutUntilMs = 0;
  }
}
