import type { EventStore, RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { limits } from '../../src/config/limits.js';
import { ACCOUNT_STREAM_PREFIX } from '../../src/write/accounts/events.js';
import { TRANSACTION_STREAM_PREFIX } from '../../src/write/transactions/events.js';

/** The streams read models are made of. */
const STREAM_PREFIXES = [ACCOUNT_STREAM_PREFIX, TRANSACTION_STREAM_PREFIX];

/** What to write in one transaction. */
export interface FeedBatch {
  /** In commit order; may be empty when only the position moved. */
  readonly events: readonly RecordedEvent[];
  /** Everything up to here is in this batch or before it; null when nothing new was considered. */
  readonly position: bigint | null;
  /** The reader has been at the head of the log since the feed began. */
  readonly caughtUp: boolean;
}

/**
 * Follows the log ahead of whoever writes it down: while one batch is being written the next one is read.
 * It holds at most `projectionReadAheadEventsMax` events; a slow writer slows the reading, not the heap.
 */
export class EventFeed {
  private readonly waiting: RecordedEvent[] = [];
  private considered: bigint | null = null;
  private caughtUp = false;
  /** Undefined while reading; then how the reading ended, `null` for quietly. */
  private ended: { readonly error: unknown } | null | undefined;
  private wakeReader: (() => void) | undefined;
  private wakeTaker: (() => void) | undefined;

  /** @param signal ends the feed quietly */
  constructor(store: EventStore, after: bigint, signal: AbortSignal) {
    signal.addEventListener('abort', () => this.wakeReader?.(), { once: true });
    void this.read(store, after, signal).then(
      () => this.end(null),
      (error: unknown) => this.end({ error }),
    );
  }

  /** Events read and not yet taken. */
  get length(): number {
    return this.waiting.length;
  }

  /** When the oldest event not yet taken was recorded, in epoch milliseconds. */
  get oldestRecordedAtMs(): number | undefined {
    return this.waiting[0]?.recordedAtMs;
  }

  /**
   * Takes up to `projectionBatchEventsMax` events, waiting until there is one, and then `projectionBatchWaitMsMax`
   * more for others to join it.
   *
   * @returns undefined once the feed has ended quietly
   * @throws what the subscription threw, after the events before it were taken
   */
  async take(): Promise<FeedBatch | undefined> {
    const wasCaughtUp = this.caughtUp;
    while (this.waiting.length === 0 && this.considered === null && this.caughtUp === wasCaughtUp) {
      if (this.ended === null) return undefined;
      if (this.ended !== undefined) throw this.ended.error;
      await new Promise<void>((resolve) => (this.wakeTaker = resolve));
    }
    if (this.waiting.length > 0) await this.fill();
    const events = this.waiting.splice(0, limits.projectionBatchEventsMax);
    this.wakeReader?.();
    const checkpoint = this.waiting.length === 0 ? this.considered : null;
    if (this.waiting.length === 0) this.considered = null;
    return {
      events,
      position: checkpoint ?? events.at(-1)?.position ?? null,
      caughtUp: this.caughtUp && this.waiting.length === 0,
    };
  }

  private async fill(): Promise<void> {
    const deadline = Date.now() + limits.projectionBatchWaitMsMax;
    for (let leftMs = limits.projectionBatchWaitMsMax; leftMs > 0; leftMs = deadline - Date.now()) {
      if (this.waiting.length >= limits.projectionBatchEventsMax || this.ended !== undefined) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.wakeTaker = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  private async read(store: EventStore, after: bigint, signal: AbortSignal): Promise<void> {
    const subscription = store.subscribeAll({
      after: after === 0n ? 'start' : after,
      streamPrefixes: STREAM_PREFIXES,
      signal,
    });
    for await (const message of subscription) {
      if (signal.aborted) return;
      if (message.kind === 'caught-up') this.caughtUp = true;
      else if (message.kind === 'checkpoint') this.considered = message.position;
      else {
        this.waiting.push(message.event);
        this.considered = null;
      }
      // One event more is no reason to wake who waits for a batch to fill.
      const { length } = this.waiting;
      if (message.kind !== 'event' || length === 1 || length >= limits.projectionBatchEventsMax)
        this.wakeTaker?.();
      while (this.waiting.length >= limits.projectionReadAheadEventsMax && !signal.aborted) {
        await new Promise<void>((resolve) => (this.wakeReader = resolve));
      }
    }
  }

  private end(how: { readonly error: unknown } | null): void {
    this.ended = how;
    this.wakeTaker?.();
  }
}
