import type { CounterTally } from '../../projections/counters/counter-tally.js';
import { activityDedupHits, activityEvents, activityShardSkew } from '../observability/metrics.js';

/** Brings the metrics of the counters up to date: what this process has counted. One that stands by has counted nothing. */
export function measureCounters({
  counted,
  duplicates,
  late,
  strays,
  dropped,
  shardSkew,
}: CounterTally): void {
  activityEvents.reset();
  const results = { counted, duplicate: duplicates, late, stray: strays, dropped };
  for (const [result, count] of Object.entries(results)) {
    activityEvents.inc({ result }, count);
  }
  activityDedupHits.reset();
  activityDedupHits.inc(duplicates);
  activityShardSkew.set(shardSkew);
}
