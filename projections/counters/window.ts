import { assert } from '../../src/kernel/assert.js';
import { ceilTo, floorTo, type Granularity } from './counter-shape.js';

/** Neighbouring buckets of one granularity, `[from, to)` in epoch seconds, both multiples of its width. */
export interface Segment {
  readonly granularity: Granularity;
  readonly from: number;
  readonly to: number;
}

/**
 * Composes a window of as few buckets as can be, exactly: the widest that fit in its middle, finer ones towards both edges.
 *
 * @param from inclusive, epoch seconds
 * @param to exclusive
 * @param granularities finest first; the finest is one second wide
 * @returns segments that do not overlap and leave no gap, in no particular order
 */
export function segmentsOf(
  from: number,
  to: number,
  granularities: readonly Granularity[],
): readonly Segment[] {
  if (from >= to) return [];
  const granularity = granularities.at(-1);
  assert(granularity, 'The finest granularity divides every second.');
  const finer = granularities.slice(0, -1);
  const [first, last] = [ceilTo(from, granularity.seconds), floorTo(to, granularity.seconds)];
  if (first >= last) return segmentsOf(from, to, finer);
  return [
    ...segmentsOf(from, first, finer),
    { granularity, from: first, to: last },
    ...segmentsOf(last, to, finer),
  ];
}

/** The begins of a segment's buckets, in order. */
export function bucketsOf({ granularity, from, to }: Segment): readonly number[] {
  return Array.from({ length: (to - from) / granularity.seconds }, (_, i) => from + i * granularity.seconds);
}
