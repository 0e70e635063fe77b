import { describe, expect, it } from '@jest/globals';
import { Zipf } from './zipf.js';

/** How often each rank comes up when every chance is drawn once. */
function frequencies(zipf: Zipf, count: number, draws: number): number[] {
  const seen = new Array<number>(count).fill(0);
  for (let draw = 0; draw < draws; draw += 1) {
    const rank = zipf.rank(draw / draws);
    seen[rank] = (seen[rank] ?? 0) + 1;
  }
  return seen.map((times) => times / draws);
}

describe('Zipf', () => {
  it('draws rank k as often as 1 / k^exponent says', () => {
    const count = 1_000;
    const weights = Array.from({ length: count }, (_, index) => (index + 1) ** -0.99);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const seen = frequencies(new Zipf(count, 0.99), count, 1_000_000);
    for (const rank of [0, 1, 9, 99, 999]) {
      expect(Math.abs((seen[rank] ?? 0) - (weights[rank] ?? 0) / sum)).toBeLessThan(2e-6);
    }
  });

  it('draws all alike without skew', () => {
    expect(frequencies(new Zipf(4, 0), 4, 1_000)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('stays within its ranks at both ends of chance', () => {
    const zipf = new Zipf(10, 0.99);
    expect([zipf.rank(0), zipf.rank(1 - Number.EPSILON)]).toEqual([0, 9]);
    expect(new Zipf(1, 0.99).rank(0.999)).toBe(0);
  });
});
