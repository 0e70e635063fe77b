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
});
