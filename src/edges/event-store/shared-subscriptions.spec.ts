import { describe, expect, it } from '@jest/globals';
import { limits } from '../../config/limits.js';
import { until } from '../../../test/support/until.js';
import { EventStoreUnavailable, type RecordedEvent, type SubscriptionMessage } from './event-store.js';
import { SharedSubscriptions, type OpenSubscription } from './shared-subscriptions.js';

const PREFIXES = ['account-'];

/** What a wait that took too long was for. */
const say = (what: string) => (): string => `It never came true: ${what}.`;

/** A log of numbered events, and the subscriptions that are open on it. */
class Log {
  readonly subscriptions = new Set<AbortSignal>();
  opened = 0;
  head = 0n;
  /** Where the next events stand. */
  streamName = 'account-1';
  private readonly names: string[] = [];
  private waiting: (() => void)[] = [];
  private failure: Error | undefined;

  append(count = 1): void {
    for (let left = count; left > 0; left -= 1) this.names.push(this.streamName);
    this.head += BigInt(count);
    this.wakeAll();
  }

  /** Breaks every open subscription; those opened later work. */
  break(): void {
    this.failure = new EventStoreUnavailable('The connection is gone.');
    this.wakeAll();
    this.failure = undefined;
  }

  readonly open: OpenSubscription = ({ after, signal }) =>
    this.follow(after === 'start' ? 0n : after, signal);

  private async *follow(after: bigint, signal: AbortSignal): AsyncGenerator<SubscriptionMessage> {
    this.opened += 1;
    this.subscriptions.add(signal);
    let failure: Error | undefined;
    try {
      let isCaughtUp = false;
      for (let position = after; ;) {
        if (signal.aborted) return;
        if (failure !== undefined) throw failure;
        if (position < this.head) {
          position += 1n;
          yield { kind: 'event', event: eventAt(position, this.names[Number(position) - 1]) };
        } else if (!isCaughtUp) {
          isCaughtUp = true;
          yield { kind: 'caught-up' };
        } else {
          failure = await new Promise<Error | undefined>((resolve) => {
            const done = (): void => {
              signal.removeEventListener('abort', done);
              resolve(this.failure);
            };
            this.waiting.push(done);
            signal.addEventListener('abort', done, { once: true });
          });
        }
      }
    } finally {
      this.subscriptions.delete(signal);
    }
  }

  private wakeAll(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}

function eventAt(position: bigint, streamName = 'account-1'): RecordedEvent {
  return {
    id: `event-${position}`,
    type: 'Happened',
    streamName,
    revision: position - 1n,
    position,
    recordedAtMs: 0,
    data: {},
    metadata: {},
  };
}

/** Reads on and notes what came. */
class Reader {
  readonly positions: bigint[] = [];
  caughtUp = 0;
  error: unknown;
  isDone = false;
  /** Awaited before each event is taken. */
  hold: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
    shared: SharedSubscriptions,
    after: bigint | 'start' = 'start',
    prefixes: readonly string[] = PREFIXES,
  ) {
    void this.read(shared, after, prefixes);
  }

  stop(): void {
    this.stopping.abort();
  }

  private async read(
    shared: SharedSubscriptions,
    after: bigint | 'start',
    streamPrefixes: readonly string[],
  ): Promise<void> {
    try {
      const messages = shared.subscribe({ after, streamPrefixes, signal: this.stopping.signal });
      for await (const message of messages) {
        if (message.kind === 'caught-up') this.caughtUp += 1;
        else if (message.kind === 'event') {
          await this.hold;
          this.positions.push(message.event.position);
        }
      }
    } catch (error) {
      this.error = error;
    }
    this.isDone = true;
  }
}

const upTo = (last: number, from = 1): bigint[] =>
  Array.from({ length: last - from + 1 }, (_, index) => BigInt(from + index));

/** Two readers that were at the head together. */
async function twoAtTheHead(log: Log): Promise<[SharedSubscriptions, Reader, Reader]> {
  const shared = new SharedSubscriptions(log.open);
  const readers: [Reader, Reader] = [new Reader(shared), new Reader(shared)];
  await until(() => readers.every(({ caughtUp }) => caughtUp === 1), say('both caught up'));
  log.append();
  await until(() => log.subscriptions.size === 1, say('one subscription is left'));
  await until(() => readers.every(({ positions }) => positions.at(-1) === log.head), say('both have it'));
  return [shared, ...readers];
}

describe('SharedSubscriptions', () => {
  it('leaves one subscription once all readers are at the head, and gives each reader every event once', async () => {
    const log = new Log();
    log.append(5);
    const [shared, first, second] = await twoAtTheHead(log);
    log.append(3);
    const late = new Reader(shared, 4n);
    await until(() => late.caughtUp === 1, say('the late one caught up'));
    log.append(4);
    await until(
      () => [first, second, late].every(({ positions }) => positions.at(-1) === 13n),
      say('all arrived'),
    );
    expect([first.positions, second.positions, late.positions]).toEqual([upTo(13), upTo(13), upTo(13, 5)]);
    await until(() => log.subscriptions.size === 1, say('one subscription is left'));
    for (const reader of [first, second, late]) reader.stop();
    await until(() => log.subscriptions.size === 0, say('the last reader closed it'));
  });

  it('lets who follows some of the common streams share with who follows all of them, and hands it only its own', async () => {
    const log = new Log();
    const shared = new SharedSubscriptions(log.open, ['account-', 'activities-']);
    const [all, some] = [new Reader(shared, 'start', ['account-', 'activities-']), new Reader(shared)];
    await until(() => all.caughtUp + some.caughtUp === 2, say('both caught up'));
    log.append();
    await until(() => log.subscriptions.size === 1, say('one subscription is left'));
    log.streamName = 'activities-1';
    log.append(2);
    log.streamName = 'account-1';
    log.append();
    await until(() => all.positions.at(-1) === 4n && some.positions.at(-1) === 4n, say('all arrived'));
    expect([all.positions, some.positions]).toEqual([
      [1n, 2n, 3n, 4n],
      [1n, 4n],
    ]);
    all.stop();
    some.stop();
    await until(() => log.subscriptions.size === 0, say('all closed'));
  });

  it('misses nothing and repeats nothing while events arrive all the time', async () => {
    const log = new Log();
    const shared = new SharedSubscriptions(log.open);
    const readers: Reader[] = [];
    for (let round = 0; round < 200; round += 1) {
      if (round % 20 === 0) readers.push(new Reader(shared));
      log.append(1 + (round % 3));
      await new Promise(setImmediate);
    }
    await until(() => readers.every(({ positions }) => positions.at(-1) === log.head), say('all arrived'));
    for (const { positions } of readers) expect(positions).toEqual(upTo(Number(log.head)));
    readers.forEach((reader) => reader.stop());
    await until(() => log.subscriptions.size === 0, say('all closed'));
  });

  it('puts a reader that does not keep up back on its own, without loss and without holding up the others', async () => {
    const log = new Log();
    const [, slow, quick] = await twoAtTheHead(log);
    let release = (): void => undefined;
    slow.hold = new Promise((resolve) => (release = resolve));
    const last = limits.sharedSubscriptionMessagesMax * 2;
    log.append(last - 1);
    await until(() => quick.positions.length === last, say('the quick one has all'));
    expect(slow.positions.length).toBeLessThan(last / 2);
    release();
    await until(() => slow.positions.length === last, say('the slow one has all'));
    expect(slow.positions).toEqual(upTo(last));
    log.append();
    await until(() => log.subscriptions.size === 1, say('they share again'));
    slow.stop();
    quick.stop();
  });

  it('tells every reader that the subscription broke', async () => {
    const log = new Log();
    const [shared, first, second] = await twoAtTheHead(log);
    log.break();
    await until(() => first.isDone && second.isDone, say('both were told'));
    expect([first.error, second.error]).toEqual([
      expect.any(EventStoreUnavailable),
      expect.any(EventStoreUnavailable),
    ]);
    const again = new Reader(shared, 1n);
    log.append();
    await until(() => again.positions.length === 1, say('a new reader works'));
    again.stop();
    await until(() => log.subscriptions.size === 0, say('all closed'));
  });

  it('ends quietly, and leaves the subscription to the others', async () => {
    const log = new Log();
    const [, first, second] = await twoAtTheHead(log);
    first.stop();
    await until(() => first.isDone, say('the first has ended'));
    log.append();
    await until(() => second.positions.length === 2, say('the second goes on'));
    expect([first.error, first.positions.length]).toEqual([undefined, 1]);
    second.stop();
    await until(() => log.subscriptions.size === 0 && second.isDone, say('all closed'));
  });
});
