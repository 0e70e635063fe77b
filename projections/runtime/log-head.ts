import type { EventStore } from '../../src/edges/event-store/event-store.js';

/** How far the log reaches, as reads ask for it: with as few questions to the store as are needed. */
export class LogHead {
  /** Some position the log has: it never gets shorter. */
  private known = 0n;
  private asking: Promise<void> | undefined;
  private askingNext: Promise<void> | undefined;

  constructor(private readonly store: EventStore) {}

  /**
   * Whether the log has a position, as of no earlier than the call.
   *
   * @throws EventStoreUnavailable
   */
  async has(position: bigint): Promise<boolean> {
    if (position > this.known) await this.ask();
    return position <= this.known;
  }

  /** What was asked before the call may have been answered before the position was written, so it is never shared. */
  private ask(): Promise<void> {
    if (this.asking === undefined) {
      this.asking = this.look().finally(() => {
        this.asking = undefined;
      });
      return this.asking;
    }
    this.askingNext ??= this.asking
      .catch(() => undefined)
      .then(() => {
        this.askingNext = undefined;
        return this.ask();
      });
    return this.askingNext;
  }

  private async look(): Promise<void> {
    const head = await this.store.headPosition();
    if (head > this.known) this.known = head;
  }
}
