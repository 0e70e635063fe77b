import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Chance } from './chance.js';
import { Life } from './life.js';
import { VirtualTime } from './virtual-time.js';

describe('virtual time', () => {
  it('keeps appointments in the order of their time, and of their making', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }), async (delays) => {
        const time = new VirtualTime();
        const kept: [number, number][] = [];
        delays.forEach((ms, index) => time.after(ms, () => kept.push([time.nowMs, index])));
        expect(await time.runUntil(() => false)).toBe(false);
        const expected = delays.map((ms, index): [number, number] => [ms, index]);
        expect(kept).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
      { numRuns: 200 },
    );
  });

  it('lets everything run that follows from one appointment before it keeps the next', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    time.after(1, () => {
      void (async () => {
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
        seen.push(`first at ${time.nowMs}`);
      })();
    });
    time.after(2, () => seen.push('second'));
    await time.runUntil(() => seen.length === 2);
    expect(seen).toEqual(['first at 1', 'second']);
  });

  it('does not keep what was called off', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    const callOff = time.after(1, () => seen.push('called off'));
    time.after(2, () => seen.push('kept'));
    callOff();
    await time.runUntil(() => false);
    expect(seen).toEqual(['kept']);
  });
});

describe('the life of a process', () => {
  it('gives a dead process nothing, and one that stands still everything later', async () => {
    const time = new VirtualTime();
    const [dead, slow] = [new Life(time), new Life(time)];
    const seen: string[] = [];
    dead.deliver(5, () => seen.push('dead'));
    slow.deliver(5, () => seen.push(`slow at ${time.nowMs}`));
    time.after(1, () => {
      dead.crash();
      slow.standStill(100);
    });
    await time.runUntil(() => false);
    expect(seen).toEqual(['slow at 101']);
  });
});

describe('chance', () => {
  it('draws the same for the same seed, and covers what it is asked for', () => {
    const draws = (seed: string): number[] => {
      const chance = new Chance(seed);
      return Array.from({ length: 2_000 }, () => chance.integer(1, 6));
    };
    expect(draws('a')).toEqual(draws('a'));
    expect(draws('a')).not.toEqual(draws('b'));
    for (let face = 1; face <= 6; face += 1) {
      const count = draws('a').filter((draw) => draw === face).length;
      expect(count).toBeGreaterThan(250);
      expect(count).toBeLessThan(420);
    }
    expect(new Chance('a').uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
