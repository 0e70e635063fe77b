/** How many blocks the log is cut into at most: few to keep, many enough that the rows of one can be looked at one by one. */
const BLOCKS_MAX = 4_096;

/** No event has a position below zero. */
const UNUSED = -1n;

/** A range of the log whose rows differ. */
export interface DifferingBlock {
  /** Position in the log, inclusive. */
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  /** An event of the log before the block, to read on from. */
  readonly after: bigint | 'start';
}

/** How many low bits of a position a block spans when the log reaches this far. */
export function shiftOf(position: bigint): bigint {
  let shift = 0n;
  while (position >> shift >= BigInt(BLOCKS_MAX)) shift += 1n;
  return shift;
}

/**
 * Digests of rows by where in the log they were written: an order-free sum of 64 bits per block, the blocks twice as wide each
 * time the log outgrows them. So a row that differs is found within a few thousandths of the log, at 64 KB whatever its length.
 */
export class BlockDigests {
  private shift = 0n;
  private readonly sums = new BigUint64Array(BLOCKS_MAX);
  /** The position read before a block's first row. */
  private readonly afters = new BigInt64Array(BLOCKS_MAX).fill(UNUSED);

  /**
   * Takes a row, in the order of positions.
   *
   * @param previous position of the event read before, 0 before the first
   * @param hash 64 bits
   */
  add(position: bigint, previous: bigint, hash: bigint): void {
    while (position >> this.shift >= BLOCKS_MAX) this.widen();
    const index = Number(position >> this.shift);
    if (this.afters[index] === UNUSED) this.afters[index] = previous;
    this.sums[index] = (this.sums[index] ?? 0n) + hash;
  }

  /**
   * Compares with the same digests of somebody else, of rows up to the same position.
   *
   * @param shift of their blocks, at least as wide as these
   * @param theirs block -> sum; blocks without rows may be missing
   */
  differing(shift: bigint, theirs: ReadonlyMap<bigint, bigint>): DifferingBlock[] {
    const ours = this.atShift(shift);
    const blocks = new Set([...ours.keys(), ...theirs.keys()]);
    const differing = [...blocks].filter(
      (block) => (ours.get(block)?.sum ?? 0n) !== BigInt.asUintN(64, theirs.get(block) ?? 0n),
    );
    return differing.map((block) => {
      const before = [...ours].findLast(([index]) => index <= block)?.[1].after ?? 0n;
      return { from: block << shift, to: (block + 1n) << shift, after: before === 0n ? 'start' : before };
    });
  }

  private atShift(shift: bigint): Map<bigint, { sum: bigint; readonly after: bigint }> {
    const blocks = new Map<bigint, { sum: bigint; readonly after: bigint }>();
    this.sums.forEach((sum, index) => {
      const after = this.afters[index] ?? UNUSED;
      if (after === UNUSED) return;
      const block = BigInt(index) >> (shift - this.shift);
      const found = blocks.get(block);
      if (found === undefined) blocks.set(block, { sum, after });
      else found.sum = BigInt.asUintN(64, found.sum + sum);
    });
    return blocks;
  }

  private widen(): void {
    this.shift += 1n;
    for (let index = 0; index < BLOCKS_MAX; index += 1) {
      const [first = UNUSED, second = UNUSED] = this.afters.subarray(2 * index, 2 * index + 2);
      const [sum = 0n, other = 0n] = this.sums.subarray(2 * index, 2 * index + 2);
      this.afters[index] = first === UNUSED ? second : first;
      this.sums[index] = sum + other;
    }
  }
}
