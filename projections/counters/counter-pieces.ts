import { floorTo, keptSince, type CounterShape } from './counter-shape.js';
import type { BucketGain, CountedActivity } from './fold.js';
import type { PieceNeed } from './pieces.js';

/** The pieces that a batch writes buckets to, and how far the older ones go. */
export function bucketPieces(
  { granularities }: CounterShape,
  clockMs: number | null,
  gains: readonly BucketGain[],
): readonly PieceNeed[] {
  return granularities.map((granularity) => {
    const { name, pieceSeconds: seconds, fillPercent } = granularity;
    const starts = new Set<number>();
    for (const gain of gains) if (gain.granularity === name) starts.add(floorTo(gain.start, seconds));
    const since = keptSince(granularity, clockMs);
    return { table: `counter_buckets_${name}`, seconds, fillPercent, starts, since };
  });
}

/**
 * The same for the ids of the activities that it counts.
 *
 * @returns also those that are to be remembered: the others are too old by the end of the batch
 */
export function idPieces(
  { dedupHorizonMs, idPieceSeconds: seconds }: CounterShape,
  clockMs: number,
  counted: readonly CountedActivity[],
): { readonly need: PieceNeed; readonly remembered: readonly CountedActivity[] } {
  const since = keptSince({ keptSeconds: Math.ceil(dedupHorizonMs / 1000), pieceSeconds: seconds }, clockMs);
  const remembered = counted.filter((each) => each.clockMs >= since * 1000);
  const starts = new Set(remembered.map((each) => floorTo(Math.floor(each.clockMs / 1000), seconds)));
  return { need: { table: 'activity_ids', seconds, fillPercent: 100, starts, since }, remembered };
}
