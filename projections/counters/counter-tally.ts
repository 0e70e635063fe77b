import type { Total } from './collect.js';
import type { Series } from './fold.js';

/** Events of a key in one batch, for each of its shards, below which nothing is said of how evenly they are spread. */
const EVENTS_PER_SHARD_MIN = 50;

/** What became of the activities that this process has counted, and which legs it could not count, since it began. */
export class CounterTally {
  counted = 0;
  duplicates = 0;
  late = 0;
  strays = 0;
  /** Legs. */
  dropped = 0;
  /** The fullest shard of a key over the mean of its shards, of the worst key in the last batch that had one; 1 is even. */
  shardSkew = 1;

  /** Adds a batch that was committed. */
  add(counted: number, totals: readonly Total[], series: readonly Series[]): void {
    this.counted += counted;
    for (const { duplicates, late, strays, dropped } of totals) {
      this.duplicates += duplicates;
      this.late += late;
      this.strays += strays;
      this.dropped += dropped;
    }
    const skews = series.flatMap((each) => skewOf(each) ?? []);
    if (skews.length > 0) this.shardSkew = Math.max(...skews);
  }
}

/** The one of this process, as the process is what is measured. */
export const counterTally = new CounterTally();

/** How unevenly a batch is spread over the shards of a key; null when there is too little to say. */
function skewOf({ sharded, gains }: Series): number | null {
  const { shards, hasGrown } = sharded;
  if (shards === 1 || hasGrown) return null;
  const perShard = new Map<number, number>();
  let events = 0;
  for (const { granularity, shard, count } of gains.values()) {
    // Those of a day are kept for ever, so every event is in one.
    if (granularity !== '1d') continue;
    perShard.set(shard, (perShard.get(shard) ?? 0) + count);
    events += count;
  }
  if (events < shards * EVENTS_PER_SHARD_MIN) return null;
  return Math.max(...perShard.values()) / (events / shards);
}
