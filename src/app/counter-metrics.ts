import type { CounterTally } from '../../projections/counters/counter-tally.js';
import { activityDedupHits, activityEvents, activityShardSkew } from '../observability/metrics.js';

/** Brings the metrics of the counters up to date: what this process has counted. One that stands by has counted nothing. */
export function measureCounters({ counted, duplicates, late, strays, shardSkew }: CounterTally): void {
  activityEvents.reset();
  for (const [result, count] of Object.entries({ counted, duplicate: duplicates, late, stray: strays })) {
    activityEvents.inc({ result }, count);
  }
  activityDedupHits.reset();
  activityDedupHits.inc(duplicates);
  activityShardSkew.set(shardSkew);
}
