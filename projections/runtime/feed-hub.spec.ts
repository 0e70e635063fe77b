import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { limits } from '../../src/config/limits.js';
import {
  EventStoreUnavailable,
  type SubscribeAllOptions,
  type SubscriptionMessage,
} from '../../src/edges/event-store/event-store.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory } from '../../test/support/ledger-history.js';
import { until } from '../../test/support/until.js';
import type { EventFeed } from './event-feed.js';
import { FeedHub } from './feed-hub.js';

/** Counts subscriptions, and breaks them when told to. */
class CountingStore extends InMemoryEventStore {
  subscriptions = 0;
  open = 0;
  isBroken = false;

  override async *subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionMessage> {
    this.subscriptions += 1;
    this.open += 1;
    try {
      for await (const message of super.subscribeAll(options)) {
        if (this.isBroken) throw new EventStoreUnavailable('The connection is gone.');
        yield message;
      }
    } finally {
      this.open -= 1;
    }
  }
}

describe('the feeds of a process', () => {
  let store: CountingStore;
  let hub: FeedHub;
  let ending: AbortController;

  const write = async (events: number): Promise<void> => {
    const history = new LedgerHistory(store);
    for (let i = 0; i < events; i += 1) await history.open();
  };
  const positionsUpTo = async (feed: EventFeed, last: bigint): Promise<bigint[]> => {
    const positions: bigint[] = [];
    while (positions.at(-1) !== last) {
      const batch = await feed.take();
      if (batch === undefined) break;
      positions.push(...batch.events.map(({ position }) => position));
    }
    return positions;
  };
  const all = (): bigint[] => store.log.map(({ position }) => position);

  beforeEach(() => {
    store = new CountingStore();
    hub = new FeedHub(store);
    ending = new AbortController();
  });
  afterEach(async () => {
    ending.abort();
    await until(() => store.open === 0);
  });

  it('share one subscription when they begin together, each from its own position', async () => {
    await write(10);
    const [first, , third] = all();
    const feeds = [0n, third ?? 0n, first ?? 0n].map((after) => hub.open(after, ending.signal));
    const head = all().at(-1) ?? 0n;
    expect(await Promise.all(feeds.map((feed) => positionsUpTo(feed, head)))).toEqual([
      all(),
      all().slice(3),
      all().slice(1),
    ]);
    expect(store.subscriptions).toBe(1);
  });

  it('come to share one when a latecomer has caught up, and miss nothing on the way', async () => {
    await write(50);
    const early = hub.open(0n, ending.signal);
    const seen = [...(await positionsUpTo(early, all().at(-1) ?? 0n))];
    const late = hub.open(0n, ending.signal);
    const behind = [...(await positionsUpTo(late, all().at(-1) ?? 0n))];
    await until(() => store.open === 1);
    await write(20);
    const head = all().at(-1) ?? 0n;
    seen.push(...(await positionsUpTo(early, head)));
    behind.push(...(await positionsUpTo(late, head)));
    expect(seen).toEqual(all());
    expect(behind).toEqual(all());
    expect(store.subscriptions).toBe(2);
    expect((await Promise.race([late.take(), Promise.resolve(null)])) ?? 'nothing more').toBe('nothing more');
  });

  it('hold no more than the read-ahead for one that does not take, and do not wait for it long', async () => {
    const events = limits.projectionReadAheadEventsMax * 2;
    await write(events);
    const idle = hub.open(0n, ending.signal);
    const busy = hub.open(0n, ending.signal);
    expect(await positionsUpTo(busy, all().at(-1) ?? 0n)).toHaveLength(events);
    expect(idle.length).toBe(limits.projectionReadAheadEventsMax);
    expect(await positionsUpTo(idle, all().at(-1) ?? 0n)).toEqual(all());
  });

  it('end with what broke the subscription, after the events before it', async () => {
    await write(3);
    const feed = hub.open(0n, ending.signal);
    expect(await positionsUpTo(feed, all().at(-1) ?? 0n)).toEqual(all());
    store.isBroken = true;
    await write(1);
    await expect(feed.take().then(() => feed.take())).rejects.toThrow('The connection is gone.');
    store.isBroken = false;
    expect(await positionsUpTo(hub.open(all()[2] ?? 0n, ending.signal), all().at(-1) ?? 0n)).toEqual(
      all().slice(3),
    );
  });

  it('end quietly when told to, and close their subscription', async () => {
    const feed = hub.open(0n, ending.signal);
    expect(await feed.take()).toEqual({ events: [], position: null, caughtUp: true });
    const next = feed.take();
    ending.abort();
    expect(await next).toBeUndefined();
    await until(() => store.open === 0);
  });
});
