import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { EventFeed } from './event-feed.js';

function eventAt(position: bigint): RecordedEvent {
  return {
    id: `event-${position}`,
    type: 'AccountFrozen',
    streamName: 'account-1',
    revision: position - 1n,
    position,
    recordedAtMs: 0,
    data: {},
    metadata: {},
  };
}

function give(feed: EventFeed, position: bigint): void {
  feed.give({ kind: 'event', event: eventAt(position) });
}

const positionsOf = async (feed: EventFeed): Promise<bigint[] | undefined> =>
  (await feed.take())?.events.map(({ position }) => position);

describe('a feed', () => {
  it('lets others join a batch for a moment', async () => {
    const feed = new EventFeed(0n);
    give(feed, 1n);
    const taking = positionsOf(feed);
    give(feed, 2n);
    expect(await taking).toEqual([1n, 2n]);
  });

  it('gives what it has at once while somebody waits for it', async () => {
    const feed = new EventFeed(0n, () => true);
    give(feed, 1n);
    const taking = positionsOf(feed);
    await Promise.resolve();
    give(feed, 2n);
    expect(await taking).toEqual([1n]);
    expect(await positionsOf(feed)).toEqual([2n]);
  });

  it('ends the wait of a batch that somebody begins to wait for', async () => {
    let isAwaited = false;
    const feed = new EventFeed(0n, () => isAwaited);
    give(feed, 1n);
    const taking = positionsOf(feed);
    await Promise.resolve();
    isAwaited = true;
    feed.hurry();
    // What its batch has waited for is over: this one comes too late for it.
    const taken = await taking;
    give(feed, 2n);
    expect([taken, await positionsOf(feed)]).toEqual([[1n], [2n]]);
  });

  it('drops what its owner had before', async () => {
    const feed = new EventFeed(5n);
    for (const position of [4n, 5n, 6n]) give(feed, position);
    expect(await positionsOf(feed)).toEqual([6n]);
    expect(feed.offeredTo).toBe(6n);
  });

  it('says of streams that its owner does not take only that they were considered', async () => {
    const feed = new EventFeed(0n);
    feed.give({ kind: 'event', event: { ...eventAt(1n), streamName: 'activities-0' } });
    expect(await feed.take()).toEqual({ events: [], position: 1n, caughtUp: false });
  });

  it('gives a position again that was postponed, once somebody waits for it', async () => {
    let isAwaited = false;
    const feed = new EventFeed(0n, () => isAwaited);
    feed.give({ kind: 'checkpoint', position: 7n });
    expect((await feed.take())?.position).toBe(7n);
    feed.postpone(7n);
    const taking = feed.take();
    isAwaited = true;
    feed.hurry();
    expect((await taking)?.position).toBe(7n);
    feed.postpone(7n);
    give(feed, 8n);
    expect((await feed.take())?.position).toBe(8n);
  });

  it('weighs an event by the activities it holds', async () => {
    const feed = new EventFeed(0n, () => true);
    const data = { activities: Array.from({ length: 1_000 }, () => ({})) };
    for (let position = 1n; position <= 90n; position += 1n) {
      feed.give({
        kind: 'event',
        event: { ...eventAt(position), streamName: 'transaction-1', type: 'ActivitiesRecorded', data },
      });
    }
    expect(feed.isFull).toBe(true);
    expect((await positionsOf(feed))?.length).toBe(40);
    expect(feed.isFull).toBe(false);
  });

  it('tells that it has caught up also when that was while its owner wrote', async () => {
    const feed = new EventFeed(0n, () => true);
    give(feed, 1n);
    expect((await feed.take())?.caughtUp).toBe(false);
    feed.give({ kind: 'caught-up' });
    expect(await feed.take()).toEqual({ events: [], position: null, caughtUp: true });
  });
});
