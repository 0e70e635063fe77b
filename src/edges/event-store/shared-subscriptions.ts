import { limits } from '../../config/limits.js';
import type { SubscribeAllOptions, SubscriptionMessage } from './event-store.js';
import { weightOf } from './event-weight.js';

/** Opens a subscription of its own at the store. */
export type OpenSubscription = (options: SubscribeAllOptions) => AsyncIterable<SubscriptionMessage>;

/**
 * Lets the readers of one process that follow the same streams share one subscription once they are at the head of the log,
 * so that each new event is sent, decoded and parsed once and not once per reader.
 *
 * A reader catches up on a subscription of its own, at its own pace, and then takes a seat. Who reads too slowly to keep it
 * loses it and is back on its own from where it was: nobody waits for anybody, and nothing grows without bound.
 */
export class SharedSubscriptions {
  private readonly trunks = new Map<string, Trunk>();

  /**
   * @param common prefixes that are followed together as soon as anybody follows some of them; who follows others shares with
   *   those that follow the very same
   */
  constructor(
    private readonly open: OpenSubscription,
    private readonly common: readonly string[] = [],
  ) {}

  /**
   * As `EventStore.subscribeAll`, by stream prefixes. Events are handed to several readers: they are not to be changed.
   *
   * @throws what the subscription that was read from threw
   */
  async *subscribe({ after, streamPrefixes, signal }: SharedOptions): AsyncGenerator<SubscriptionMessage> {
    const reader: Reader = { after };
    while (!signal.aborted) {
      const seat = yield* this.catchUp(reader, streamPrefixes, signal);
      if (seat === null) return;
      yield* stayOn(seat, reader, signal);
    }
  }

  /** Reads alone until a seat continues where this leaves off; null when the signal aborted. */
  private async *catchUp(
    reader: Reader,
    streamPrefixes: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<SubscriptionMessage, Seat | null> {
    let seat: Seat | null = null;
    let isAtHead = false;
    try {
      for await (const message of this.open({ streamPrefixes, after: reader.after, signal })) {
        if (message.kind === 'caught-up') isAtHead = true;
        else reader.after = positionOf(message);
        yield message;
        // One that was lost while its reader was still on its way is worth another try.
        if (seat?.isLost === true) seat = null;
        if (isAtHead) seat ??= this.takeSeat(streamPrefixes, reader.after);
        if (seat !== null && isAtLeast(reader.after, seat.since)) {
          const taken = seat;
          seat = null;
          return taken;
        }
      }
      return null;
    } finally {
      seat?.leave();
    }
  }

  private takeSeat(wanted: readonly string[], after: bigint | 'start'): Seat {
    const isCommon = wanted.every((prefix) => this.common.includes(prefix));
    const streamPrefixes = isCommon ? this.common : wanted;
    const key = JSON.stringify(streamPrefixes);
    const known = this.trunks.get(key);
    if (known !== undefined) return known.seat(wanted);
    const trunk = new Trunk(after, () => {
      if (this.trunks.get(key) === trunk) this.trunks.delete(key);
    });
    this.trunks.set(key, trunk);
    trunk.start((signal) => this.open({ streamPrefixes, after, signal }));
    return trunk.seat(wanted);
  }
}

export type SharedOptions = Pick<SubscribeAllOptions, 'after' | 'signal'> & {
  readonly streamPrefixes: readonly string[];
};

/** How far a reader has come. */
interface Reader {
  after: bigint | 'start';
}

/** Reads from a seat until it is lost or the signal aborts. */
async function* stayOn(seat: Seat, reader: Reader, signal: AbortSignal): AsyncGenerator<SubscriptionMessage> {
  const leave = (): void => seat.leave();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    for await (const message of seat.messages()) {
      if (signal.aborted) return;
      const position = positionOf(message);
      if (isAtLeast(reader.after, position)) continue;
      reader.after = position;
      yield message;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

type Positioned = Exclude<SubscriptionMessage, { kind: 'caught-up' }>;

/** One subscription at the head of the log, and who has a seat on it. It ends with the last of them. */
class Trunk {
  private readonly seats = new Set<Seat>();
  private readonly stopping = new AbortController();

  /** @param position everything up to here was given to the seats, or their readers had it before */
  constructor(
    private position: bigint | 'start',
    private readonly onEnd: () => void,
  ) {}

  start(open: (signal: AbortSignal) => AsyncIterable<SubscriptionMessage>): void {
    void this.run(open(this.stopping.signal));
  }

  /** @param streamPrefixes what is handed to who sits there */
  seat(streamPrefixes: readonly string[]): Seat {
    const seat = new Seat(this.position, streamPrefixes, () => this.remove(seat));
    this.seats.add(seat);
    return seat;
  }

  private async run(messages: AsyncIterable<SubscriptionMessage>): Promise<void> {
    try {
      for await (const message of messages) {
        if (message.kind === 'caught-up') continue;
        this.position = positionOf(message);
        for (const seat of this.seats) seat.give(message);
      }
      this.end(null);
    } catch (error) {
      this.end({ error });
    }
  }

  private end(how: { readonly error: unknown } | null): void {
    this.onEnd();
    for (const seat of [...this.seats]) seat.end(how);
  }

  private remove(seat: Seat): void {
    if (!this.seats.delete(seat) || this.seats.size > 0) return;
    this.onEnd();
    this.stopping.abort();
  }
}

/** One reader's place on a trunk: what came since it was taken and was not read yet, a bounded number of messages by their weight. */
class Seat {
  private waiting: Positioned[] = [];
  private unread = 0;
  /** Undefined while more may come; then why not, null for quietly. */
  private ended: { readonly error: unknown } | null | undefined;
  private wake: (() => void) | undefined;

  constructor(
    /** Everything after this position comes here. */
    readonly since: bigint | 'start',
    private readonly streamPrefixes: readonly string[],
    private readonly onLeave: () => void,
  ) {}

  /** Whether something that came was not kept, or nothing more will come. */
  get isLost(): boolean {
    return this.ended !== undefined;
  }

  give(message: Positioned): void {
    if (
      message.kind === 'event' &&
      !this.streamPrefixes.some((each) => message.event.streamName.startsWith(each))
    ) {
      return;
    }
    if (this.unread >= limits.sharedSubscriptionMessagesMax) {
      this.leave();
      return;
    }
    this.unread += weightIn(message);
    this.waiting.push(message);
    this.wake?.();
  }

  /** What was given before is still read; then the reading ends, or throws. */
  end(how: { readonly error: unknown } | null): void {
    this.ended ??= how;
    this.wake?.();
  }

  leave(): void {
    this.end(null);
    this.onLeave();
  }

  /** One reader only. */
  async *messages(): AsyncGenerator<Positioned> {
    for (;;) {
      const batch = this.waiting;
      this.waiting = [];
      for (const message of batch) {
        this.unread -= weightIn(message);
        yield message;
      }
      if (this.waiting.length > 0) continue;
      if (this.ended === null) return;
      if (this.ended !== undefined) throw this.ended.error;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

function weightIn(message: Positioned): number {
  return message.kind === 'event' ? weightOf(message.event) : 1;
}

function positionOf(message: Positioned): bigint {
  return message.kind === 'event' ? message.event.position : message.position;
}

function isAtLeast(position: bigint | 'start', other: bigint | 'start'): boolean {
  if (other === 'start') return true;
  return position !== 'start' && position >= other;
}
