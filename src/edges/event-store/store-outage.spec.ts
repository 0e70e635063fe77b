import { beforeEach, describe, expect, it } from '@jest/globals';
import { limits } from '../../config/limits.js';
import { EventStoreUnavailable } from './event-store.js';
import { EventStoreDbEventStore } from './eventstoredb-client.js';
import { StoreOutage } from './store-outage.js';

const EVERY_MS = limits.storeOutageLogEveryMs;
const TOLD = 'The event store does not answer';

describe('an outage of the event store', () => {
  let said: string[];
  let nowMs: number;
  let outage: StoreOutage;

  beforeEach(() => {
    said = [];
    nowMs = 5;
    const log = {
      info: (sentence: string) => void said.push(sentence),
      warn: (sentence: string) => void said.push(sentence),
    };
    outage = new StoreOutage(log, () => nowMs);
  });

  it('is told at once, then every 30 s with a count, and once when it is over', () => {
    outage.reached();
    for (; nowMs < 2 * EVERY_MS + 5; nowMs += 250) outage.lost('No connection.');
    expect(said).toHaveLength(2);
    outage.lost('No connection.');
    for (let i = 0; i < 3; i += 1) outage.reached();
    const retried = 'everything that needs it is tried again by itself: No connection.';
    expect(said).toEqual([
      `${TOLD}; ${retried}`,
      `${TOLD} (120 calls since it was last told); ${retried}`,
      `${TOLD} (120 calls since it was last told); ${retried}`,
      'The event store answers again, after 60 s.',
    ]);
  });

  it('that comes and goes is told no more often', () => {
    for (; nowMs < EVERY_MS; nowMs += 100) {
      outage.lost('No connection.');
      outage.reached();
    }
    expect(said).toEqual([
      expect.stringContaining(TOLD),
      expect.stringContaining('The event store answers again'),
    ]);
    nowMs += 100;
    outage.lost('No connection.');
    expect(said).toHaveLength(3);
  });

  it('is noticed by every kind of call', async () => {
    const lost: string[] = [];
    const observer = { reached: () => undefined, lost: (reason: string) => void lost.push(reason) };
    const store = new EventStoreDbEventStore(
      'esdb://127.0.0.1:1?tls=false&maxDiscoverAttempts=1',
      [],
      observer,
    );
    const { signal } = new AbortController();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.headPosition(),
      () => store.readStream('a', { countMax: 1 }),
      () => store.exists('a'),
      () => store.keepNewest('a', 1),
      () => store.readAll({ after: 'start' })[Symbol.asyncIterator]().next(),
      () =>
        store
          .subscribeAll({ after: 'start', exceptEventTypes: ['A'], signal })
          [Symbol.asyncIterator]()
          .next(),
    ];
    for (const [index, call] of calls.entries()) {
      await expect(call()).rejects.toThrow(EventStoreUnavailable);
      expect(lost).toHaveLength(index + 1);
    }
    await store.close();
  });
});
