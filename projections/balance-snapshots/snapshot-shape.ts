import { assert } from '../../src/kernel/assert.js';

/** How an account's entries are gathered: powers of two, so that both ends agree on every node by shifting bits. */
export interface SnapshotShape {
  /** A run of `2 ** chunkBits` entries, in the order of the log, is a node of level 1. */
  readonly chunkBits: number;
  /** `2 ** fanBits` neighbouring nodes make one of the next level. */
  readonly fanBits: number;
  /** The highest level; its nodes are not gathered any more. */
  readonly levels: number;
}

/** As it is stored. A change of it makes every snapshot worthless: a migration then has to empty the tables. */
export const SNAPSHOT_SHAPE: SnapshotShape = { chunkBits: 8, fanBits: 4, levels: 7 };

/** A node whose entries are all there. */
export interface FullNode {
  readonly level: number;
  readonly node: bigint;
}

/** The nodes that a chunk completes: itself, and each above it of which it is the last part. Lowest level first. */
export function nodesCompletedBy(chunk: bigint, { fanBits, levels }: SnapshotShape): readonly FullNode[] {
  assert(chunk >= 0n, 'Chunks are counted from 0.');
  const nodes: FullNode[] = [];
  for (let level = 1; level <= levels; level += 1) {
    const bits = BigInt(fanBits * (level - 1));
    if ((chunk + 1n) % (1n << bits) !== 0n) break;
    nodes.push({ level, node: chunk >> bits });
  }
  return nodes;
}
