/**
 * When the requests of an open loop are to be sent: at a constant rate, whatever the answers do.
 *
 * Latencies are counted from these moments. A request that has to wait because others are late is late itself, and not, as
 * in a closed loop, never sent: this is what corrects coordinated omission.
 */
export class Schedule {
  private taken = 0;

  /**
   * @param startMs of the first request
   * @param perSecond greater than zero
   */
  constructor(
    private readonly startMs: number,
    private readonly perSecond: number,
  ) {}

  /** How many are due and not taken yet. */
  due(nowMs: number): number {
    return Math.max(0, Math.floor(((nowMs - this.startMs) * this.perSecond) / 1000) + 1 - this.taken);
  }

  /** Takes the next one. @returns when it is, or was, to be sent */
  take(): number {
    const dueMs = this.startMs + (this.taken * 1000) / this.perSecond;
    this.taken += 1;
    return dueMs;
  }
}
