import { describe, expect, it } from '@jest/globals';
import { limits } from '../../../config/limits.js';
import { EventStoreUnavailable } from '../../../edges/event-store/event-store.js';
import { DueWork } from './due-work.js';

/** Lets everything run that can run without waiting for anything. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Work on a clock that a spec moves; each piece runs until the spec ends it, unless `ends` does at once. */
class Bench {
  nowMs = 0;
  readonly begun: string[] = [];
  readonly told: string[] = [];
  readonly known = new Set<string>();
  readonly ends = new Map<string, () => Promise<boolean>>();
  private readonly open = new Map<string, () => void>();
  readonly work = new DueWork(
    { nowMs: () => this.nowMs },
    {
      run: (id) => {
        this.begun.push(id);
        const end = this.ends.get(id);
        if (end) return end();
        return new Promise((resolve) => this.open.set(id, () => resolve(true)));
      },
      againAtMs: (id) => (this.known.has(id) ? this.nowMs + 100_000 : null),
      onFailure: (id) => this.told.push(id),
    },
  );

  plan(id: string, dueAtMs: number): void {
    this.known.add(id);
    this.work.plan(id, dueAtMs);
  }

  /** Ends the piece at hand; there may be more of it. */
  async finish(id: string): Promise<void> {
    this.open.get(id)?.();
    await settled();
  }

  async done(id: string): Promise<void> {
    this.known.delete(id);
    await this.finish(id);
  }

  /** Goes on to a time in steps of a sweep. */
  async until(atMs: number): Promise<void> {
    for (; this.nowMs < atMs; this.nowMs += limits.settlerSweepMs) {
      this.work.start();
      await settled();
    }
  }
}

describe('work that is due', () => {
  it('goes on with the next as soon as one is done, without being started again', async () => {
    const bench = new Bench();
    const count = limits.recoveriesAtOnceMax * 3;
    for (let index = 0; index < count; index += 1) bench.plan(`${index}`, index - count);
    bench.work.start();
    expect(bench.begun).toHaveLength(limits.recoveriesAtOnceMax);
    for (let index = 0; index < count; index += 1) await bench.done(`${index}`);
    expect(bench.begun).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
  });

  it('does one no more than once at a time, and looks at it again when it was planned meanwhile', async () => {
    const bench = new Bench();
    bench.plan('one', 0);
    bench.work.start();
    bench.plan('one', 0);
    bench.work.start();
    expect(bench.begun).toEqual(['one']);
    bench.plan('one', 50);
    bench.nowMs = 60;
    bench.ends.set('one', () => Promise.resolve(true));
    await bench.finish('one');
    expect(bench.begun).toEqual(['one', 'one']);
  });

  it('tries one that fails again, each time after twice as long, and no later than after the most', async () => {
    const bench = new Bench();
    const at: number[] = [];
    bench.ends.set('fails', () => {
      at.push(bench.nowMs);
      return at.length % 2 === 0 ? Promise.resolve(false) : Promise.reject(new Error('Not yet.'));
    });
    bench.plan('fails', 0);
    await bench.until(limits.recoveryRetryMsMax * 5);
    const waits = at.slice(1).map((atMs, index) => atMs - (at[index] ?? 0));
    expect(waits.slice(0, 4)).toEqual([1, 2, 4, 8].map((times) => times * limits.recoveryRetryMs));
    expect(Math.max(...waits)).toBe(limits.recoveryRetryMsMax);
    expect(bench.told).toHaveLength(Math.ceil(at.length / 2));
  });

  it('is held up by no number of others that fail', async () => {
    const bench = new Bench();
    const failing = limits.recoveriesAtOnceMax * 10;
    for (let index = 0; index < failing; index += 1) {
      bench.ends.set(`${index}`, () => Promise.reject(new Error('Never.')));
      bench.plan(`${index}`, -1_000);
    }
    bench.plan('sound', 0);
    bench.work.start();
    await settled();
    expect(bench.begun).toHaveLength(failing + 1);
    expect(bench.begun.at(-1)).toBe('sound');
  });

  it('puts nobody off for longer while the store is away, and tells nobody', async () => {
    const bench = new Bench();
    const at: number[] = [];
    bench.ends.set('one', () => {
      at.push(bench.nowMs);
      return Promise.reject(new EventStoreUnavailable('Away.'));
    });
    bench.plan('one', 0);
    await bench.until(limits.recoveryRetryMs * 5);
    expect(at).toEqual([0, 1, 2, 3, 4].map((times) => times * limits.recoveryRetryMs));
    expect(bench.told).toEqual([]);
  });

  it('forgets what is called off, and looks again at what was done but is still known', async () => {
    const bench = new Bench();
    for (const id of ['off', 'still']) bench.ends.set(id, () => Promise.resolve(true));
    bench.plan('off', 0);
    bench.plan('still', 0);
    bench.work.callOff('off');
    await bench.until(100_500);
    expect(bench.begun).toEqual(['still', 'still']);
  });

  it('begins nothing more once it is stopped, and waits for what runs', async () => {
    const bench = new Bench();
    bench.plan('runs', 0);
    bench.work.start();
    bench.plan('waits', 0);
    let isStopped = false;
    const stopped = bench.work.stop().then(() => (isStopped = true));
    await settled();
    expect(isStopped).toBe(false);
    await bench.done('runs');
    await stopped;
    expect(bench.begun).toEqual(['runs']);
  });
});
