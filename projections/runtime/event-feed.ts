import { limits } from '../../src/config/limits.js';
import type { RecordedEvent, SubscriptionMessage } from '../../src/edges/event-store/event-store.js';
import { weightOf } from '../../src/edges/event-store/event-weight.js';
import { isOneOf, MONEY_STREAM_PREFIXES } from './money-streams.js';

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
 * What was read of the log and not yet written by one projection: while one batch is being written the next one is read.
 * It holds events that weigh at most `projectionReadAheadEventsMax` and one more; a slow writer slows the reading, not the heap.
 */
export class EventFeed {
  private readonly waiting: RecordedEvent[] = [];
  private considered: bigint | null = null;
  private caughtUp = false;
  /** Whether its taker has been told that it caught up. */
  private toldCaughtUp = false;
  /** A position that its taker did not write yet: nobody waited for it. */
  private postponed: bigint | null = null;
  /** What waits, by weight. */
  private weight = 0;
  /** Undefined while there is more to come; then how it ended, `null` for quietly. */
  private ended: { readonly error: unknown } | null | undefined;
  private wakeTaker: (() => void) | undefined;
  private wakeGiver: (() => void) | undefined;

  /**
   * @param offered the position up to which its owner has everything
   * @param isAwaited whether somebody waits for what is in here: a batch is then not held back to fill
   * @param prefixes how the names of the streams begin that its owner takes; of others it only learns that they were considered
   */
  constructor(
    private offered: bigint,
    private readonly isAwaited: () => boolean = () => false,
    private readonly prefixes: readonly string[] = MONEY_STREAM_PREFIXES,
  ) {}

  /** Everything up to here was given to this feed, or its owner had it before. */
  get offeredTo(): bigint {
    return this.offered;
  }

  /** Events given and not yet taken. */
  get length(): number {
    return this.waiting.length;
  }

  get isFull(): boolean {
    return this.weight >= limits.projectionReadAheadEventsMax;
  }

  /** Whether {@link take} would give or say something at once. */
  get hasNews(): boolean {
    return (
      this.waiting.length > 0 ||
      this.considered !== null ||
      this.caughtUp !== this.toldCaughtUp ||
      this.ended !== undefined
    );
  }

  /** When the oldest event not yet taken was recorded, in epoch milliseconds. */
  get oldestRecordedAtMs(): number | undefined {
    return this.waiting[0]?.recordedAtMs;
  }

  /** Gives the next message of the log. What was given before is dropped. */
  give(message: SubscriptionMessage): void {
    if (message.kind === 'caught-up') this.caughtUp = true;
    else {
      const position = message.kind === 'event' ? message.event.position : message.position;
      if (position <= this.offered) return;
      this.offered = position;
      if (message.kind === 'event' && isOneOf(this.prefixes, message.event.streamName)) {
        this.waiting.push(message.event);
        this.weight += weightOf(message.event);
        this.considered = null;
      } else this.considered = position;
    }
    // One event more is no reason to wake who waits for a batch to fill.
    const isMore = this.considered === null && this.waiting.length > 1;
    if (message.kind === 'caught-up' || !isMore || this.weight >= limits.projectionBatchEventsMax)
      this.wakeTaker?.();
  }

  /**
   * Takes back the position of a batch without events. It is given again as soon as somebody waits, unless what comes meanwhile
   * leads further.
   */
  postpone(position: bigint): void {
    this.postponed = position;
  }

  /** Ends the wait of a batch that is filling: somebody has begun to wait for what is in it. */
  hurry(): void {
    this.wakeTaker?.();
  }

  /** Says that nothing more comes: quietly, or for a reason that its taker is to meet after the events before it. */
  end(how: { readonly error: unknown } | null): void {
    this.ended ??= how;
    this.wakeTaker?.();
    this.wakeGiver?.();
  }

  /** Resolves when there is room again or nothing more is wanted. One giver at a time. */
  async room(): Promise<void> {
    while (this.isFull && this.ended === undefined) {
      await new Promise<void>((resolve) => (this.wakeGiver = resolve));
    }
  }

  /**
   * Takes events that weigh up to `projectionBatchEventsMax`, waiting until there is one, and then `projectionBatchWaitMsMax`
   * more for others to join it, unless somebody waits for them.
   *
   * @returns undefined once the feed has ended quietly
   * @throws what ended the feed, after the events before it were taken
   */
  async take(): Promise<FeedBatch | undefined> {
    while (this.isQuiet) {
      if (this.ended === null) return undefined;
      if (this.ended !== undefined) throw this.ended.error;
      await new Promise<void>((resolve) => (this.wakeTaker = resolve));
    }
    if (this.waiting.length > 0) await this.fill();
    const events = this.takeWeighed();
    this.wakeGiver?.();
    const isDrained = this.waiting.length === 0;
    const last = events.at(-1)?.position ?? this.postponed;
    const position = (isDrained ? this.considered : null) ?? last;
    if (isDrained) this.considered = null;
    this.postponed = null;
    const caughtUp = this.caughtUp && isDrained;
    if (caughtUp) this.toldCaughtUp = true;
    return { events, position, caughtUp };
  }

  private get isQuiet(): boolean {
    return (
      this.waiting.length === 0 &&
      this.considered === null &&
      this.caughtUp === this.toldCaughtUp &&
      !(this.postponed !== null && this.isAwaited())
    );
  }

  private takeWeighed(): RecordedEvent[] {
    let count = 0;
    let weight = 0;
    while (count < this.waiting.length && weight < limits.projectionBatchEventsMax) {
      const event = this.waiting[count];
      if (event !== undefined) weight += weightOf(event);
      count += 1;
    }
    this.weight -= weight;
    return this.waiting.splice(0, count);
  }

  private async fill(): Promise<void> {
    const deadline = Date.now() + limits.projectionBatchWaitMsMax;
    for (let leftMs = limits.projectionBatchWaitMsMax; leftMs > 0; leftMs = deadline - Date.now()) {
      if (this.isAwaited() || this.weight >= limits.projectionBatchEventsMax) return;
      if (this.ended !== undefined) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.wakeTaker = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
