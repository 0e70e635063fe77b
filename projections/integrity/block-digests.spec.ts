import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BlockDigests, shiftOf } from './block-digests.js';

interface Written {
  readonly position: bigint;
  readonly hash: bigint;
}

const HEAD_MAX = 1n << 60n;

const logOf = fc
  .uniqueArray(fc.record({ position: fc.bigInt(1n, HEAD_MAX), hash: fc.bigInt(2n, (1n << 64n) - 1n) }), {
    selector: ({ position }) => position,
    minLength: 1,
    maxLength: 60,
  })
  .map((log) => log.toSorted((a, b) => (a.position < b.position ? -1 : 1)));

function digest(log: readonly Written[]): BlockDigests {
  const digests = new BlockDigests();
  let previous = 0n;
  for (const { position, hash } of log) {
    digests.add(position, previous, hash);
    previous = position;
  }
  return digests;
}

/** What PostgreSQL would say: exact sums of signed numbers, in no order. */
function sums(log: readonly Written[], shift: bigint): Map<bigint, bigint> {
  const found = new Map<bigint, bigint>();
  for (const { position, hash } of log.toReversed()) {
    const block = position >> shift;
    found.set(block, (found.get(block) ?? 0n) + BigInt.asIntN(64, hash));
  }
  return found;
}

describe('digests by block', () => {
  it('are equal for equal rows, however far the log reached when they were taken', () => {
    fc.assert(
      fc.property(logOf, fc.bigInt(1n, HEAD_MAX), (log, further) => {
        const shift = shiftOf(further + (log.at(-1)?.position ?? 0n));
        expect(digest(log).differing(shift, sums(log, shift))).toEqual([]);
      }),
    );
  });

  it('tell the range of a row that differs, is missing or is too many, and where to read on from', () => {
    const change = fc.constantFrom('differs', 'is missing', 'is too many');
    fc.assert(
      fc.property(logOf, fc.nat(), change, (log, pick, what) => {
        const changed = log[pick % log.length];
        if (changed === undefined) return;
        const rest = log.filter((each) => each !== changed);
        const others = what === 'is missing' ? rest : [...rest, { ...changed, hash: changed.hash ^ 1n }];
        const shift = shiftOf(log.at(-1)?.position ?? 0n);
        const known = what === 'is too many' ? rest : log;
        const [block, ...more] = digest(known).differing(shift, sums(others, shift));
        expect(more).toEqual([]);
        expect(block?.from).toBeLessThanOrEqual(changed.position);
        expect(block?.to).toBeGreaterThan(changed.position);
        const after = block?.after === 'start' ? 0n : (block?.after ?? changed.position);
        const unread = known.filter(
          ({ position }) => position <= after && position >= (block?.from ?? position),
        );
        expect(unread).toEqual([]);
      }),
    );
  });
});
