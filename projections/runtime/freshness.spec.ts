import { describe, expect, it } from '@jest/globals';
import { limits } from '../../src/config/limits.js';
import { EventStoreUnavailable } from '../../src/edges/event-store/event-store.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { Freshness, PositionAhead, ProjectionBehind } from './freshness.js';
import { LogHead } from './log-head.js';
import type { Projection } from './projection.js';
import type { WaitOutcome } from './projection-runner.js';

const projection = { name: 'any' } as Projection;

/** A store that says how far it reaches when a spec wants it to. */
class HeadStore extends InMemoryEventStore {
  looks = 0;
  head: () => Promise<bigint> = () => Promise.resolve(100n);

  override headPosition(): Promise<bigint> {
    this.looks += 1;
    return this.head();
  }
}

/** A read model that stands at a position; waiting brings it to another one. */
function aFreshness(store: HeadStore, { at, later = at }: { at: bigint; later?: bigint }) {
  const waits: number[] = [];
  const waitFor = (_name: string, position: bigint, timeoutMs: number): Promise<WaitOutcome> => {
    if (timeoutMs > 0) waits.push(timeoutMs);
    return Promise.resolve(position <= (timeoutMs > 0 ? later : at) ? 'reached' : 'behind');
  };
  return { freshness: new Freshness({ waitFor }, new LogHead(store)), waits };
}

describe('waiting for a position', () => {
  it('asks nobody when the read model has it, or none was asked for', async () => {
    const store = new HeadStore();
    const { freshness, waits } = aFreshness(store, { at: 50n });
    await freshness.reach(projection, 50n);
    await freshness.reach(projection, null);
    expect([store.looks, waits]).toEqual([0, []]);
  });

  it('waits for one that the log has', async () => {
    const store = new HeadStore();
    const { freshness, waits } = aFreshness(store, { at: 50n, later: 100n });
    await freshness.reach(projection, 100n);
    expect(waits).toEqual([expect.any(Number)]);
    expect(waits[0]).toBeLessThanOrEqual(limits.atLeastWaitMsMax);
  });

  it('refuses one that the log does not have, without waiting', async () => {
    const { freshness, waits } = aFreshness(new HeadStore(), { at: 50n });
    await expect(freshness.reach(projection, 101n)).rejects.toThrow(PositionAhead);
    expect(waits).toEqual([]);
  });

  it('asks the store again only for a position it has not told of', async () => {
    const store = new HeadStore();
    const { freshness } = aFreshness(store, { at: 0n, later: 200n });
    for (const position of [90n, 100n, 7n]) await freshness.reach(projection, position);
    expect(store.looks).toBe(1);
    store.head = () => Promise.resolve(150n);
    await freshness.reach(projection, 150n);
    expect(store.looks).toBe(2);
  });

  it('goes by an answer that was asked for after it was, and shares it', async () => {
    const store = new HeadStore();
    const { freshness } = aFreshness(store, { at: 0n, later: 200n });
    let answer: (head: bigint) => void = () => undefined;
    store.head = () => new Promise((resolve) => (answer = resolve));
    const early = freshness.reach(projection, 110n);
    // The first look is under way when 120 is written: it may not know of it.
    await new Promise(setImmediate);
    const late = [freshness.reach(projection, 120n), freshness.reach(projection, 120n)];
    await new Promise(setImmediate);
    store.head = () => Promise.resolve(120n);
    answer(110n);
    await Promise.all([early, ...late]);
    expect(store.looks).toBe(2);
  });

  it.each([
    ['fails', () => Promise.reject(new EventStoreUnavailable('away'))],
    ['says nothing', () => new Promise<bigint>(() => undefined)],
  ])('waits as long as ever while the store %s', async (_, head) => {
    const store = new HeadStore();
    store.head = head;
    const { freshness, waits } = aFreshness(store, { at: 50n, later: 60n });
    await freshness.reach(projection, 60n);
    await expect(freshness.reach(projection, 101n)).rejects.toThrow(ProjectionBehind);
    expect(waits).toHaveLength(2);
    for (const waitMs of waits)
      expect(waitMs).toBeGreaterThan(limits.atLeastWaitMsMax - 4 * limits.headLookMsMax);
  });
});
