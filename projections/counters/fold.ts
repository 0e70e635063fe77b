import type { Occurrence } from './collect.js';
import { floorTo, keptSince, type CounterShape, type GranularityName } from './counter-shape.js';
import { HISTORY_SHARD, ShardedKey } from './shards.js';

/** The buckets and shards of one key. */
export interface Series {
  readonly companyId: string;
  readonly counter: string;
  readonly key: string;
  readonly sharded: ShardedKey;
  /** What it gains, by bucket. */
  readonly gains: Map<number, BucketGain>;
}

/** What is to be added to one stored bucket. */
export interface BucketGain {
  readonly series: Series;
  readonly granularity: GranularityName;
  /** Epoch seconds. */
  readonly start: number;
  readonly shard: number;
  /** Whether nothing is stored for it yet. */
  readonly isNew: boolean;
  count: number;
  sum: bigint;
}

/** An activity that was counted, with the clock of the counters by then. */
export interface CountedActivity {
  readonly id: string;
  readonly clockMs: number;
}

/** A batch folded in memory: what each bucket gains. */
export class Fold {
  readonly gains: BucketGain[] = [];
  private readonly byKey = new Map<object, Map<string, Series>>();
  private readonly all: Series[] = [];

  /**
   * @param clockMs the clock of the counters after the batch: buckets that are too old by then are not begun
   */
  constructor(
    private readonly shape: CounterShape,
    private readonly clockMs: number | null,
  ) {}

  /** Finds the keys of a batch, with the seconds it has events in. */
  prepare(occurrences: readonly Occurrence[]): readonly Series[] {
    for (const { total, key, atMs } of occurrences) {
      this.seriesOf(total, key).sharded.expect(Math.floor(atMs / 1000));
    }
    return this.all;
  }

  /** @param of the counter, always the same object for the same one */
  seriesOf(of: { readonly companyId: string; readonly counter: string }, key: string): Series {
    let keys = this.byKey.get(of);
    if (keys === undefined) {
      keys = new Map();
      this.byKey.set(of, keys);
    }
    let series = keys.get(key);
    if (series === undefined) {
      const { companyId, counter } = of;
      series = { companyId, counter, key, sharded: new ShardedKey(), gains: new Map() };
      keys.set(key, series);
      this.all.push(series);
    }
    return series;
  }

  /**
   * Counts what was met, in order: an activity that was met within the dedup horizon is a duplicate, one that occurred too long before
   * it was recorded is late, everything else is counted in each of its buckets.
   *
   * @param known when each activity was counted last, by the clock of the counters; gains those that are counted now
   * @returns the activities that are new
   */
  count(occurrences: readonly Occurrence[], known: Map<string, number>): readonly CountedActivity[] {
    const { dedupHorizonMs, latenessMs, granularities } = this.shape;
    const [finest] = granularities;
    const fresh: CountedActivity[] = [];
    for (const occurrence of occurrences) {
      const { total, id, atMs, clockMs, key } = occurrence;
      if (id !== null) {
        const before = known.get(id);
        if (before !== undefined && before >= clockMs - dedupHorizonMs) {
          total.duplicates += 1;
          continue;
        }
        if (atMs < clockMs - latenessMs) {
          total.late += 1;
          continue;
        }
        known.set(id, clockMs);
        fresh.push({ id, clockMs });
      }
      total.counted += 1;
      const series = this.seriesOf(total, key);
      this.gain(series, series.sharded.next(occurrence.hash), occurrence);
      const second = Math.floor(atMs / 1000);
      if (finest !== undefined && second >= keptSince(finest, clockMs))
        series.sharded.count(second, this.shape);
    }
    return fresh;
  }

  /** Counts what came before its counter was defined. */
  countHistory(series: Series, occurrence: Pick<Occurrence, 'atMs' | 'value'>): void {
    this.gain(series, HISTORY_SHARD, occurrence);
  }

  private gain(series: Series, shard: number, { atMs, value }: Pick<Occurrence, 'atMs' | 'value'>): void {
    const second = Math.floor(atMs / 1000);
    for (const [level, granularity] of this.shape.granularities.entries()) {
      const start = floorTo(second, granularity.seconds);
      if (start < keptSince(granularity, this.clockMs)) continue;
      // One number for each bucket: 8 granularities and 128 shards fit beside a second of any year.
      const place = (start * 8 + level) * 128 + (shard - HISTORY_SHARD);
      const gain = series.gains.get(place);
      if (gain === undefined) {
        const isNew = level === 0 && shard !== HISTORY_SHARD && !series.sharded.isStored(start);
        const { name } = granularity;
        const begun = { series, granularity: name, start, shard, isNew, count: 1, sum: value };
        series.gains.set(place, begun);
        this.gains.push(begun);
      } else {
        gain.count += 1;
        gain.sum += value;
      }
    }
  }
}
