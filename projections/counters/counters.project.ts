import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { assert } from '../../src/kernel/assert.js';
import { ACTIVITY_STREAM_PREFIX } from '../../src/write/activities/events.js';
import { COUNTER_STREAM_PREFIX } from '../../src/write/counters/events.js';
import type { AfterCommit, Projection } from '../runtime/projection.js';
import { collect, wantedBy } from './collect.js';
import { counterBackfill } from './counter-backfill.js';
import {
  addToBuckets,
  addToTotals,
  insertDefinitions,
  insertKnown,
  readKnown,
  readShards,
  readStored,
  writeClock,
  writeShards,
} from './counter-rows.js';
import { assertShape, describeSettings, type CounterShape } from './counter-shape.js';
import { COUNTERS } from './counter-state.js';
import { counterTally, type CounterTally } from './counter-tally.js';
import { Fold } from './fold.js';
import { dropPieces, makePieces } from './pieces.js';
import { bucketPieces, idPieces } from './counter-pieces.js';

/**
 * Windowed counters: what happened within each second, minute, hour and day, of the ledger's legs and of activities.
 *
 * All that depends on time (lateness, the dedup horizon, what is too old to be kept) is measured against the greatest
 * recorded time met so far, event by event, so that the rows are a function of the log and of the shape alone.
 *
 * @param shape how they are counted, part of it by the environment; specs forget sooner and split earlier
 * @param tally where it is kept what became of activities
 */
export function counters(shape: CounterShape, tally: CounterTally = counterTally): Projection {
  assertShape(shape);
  return {
    ...COUNTERS,
    tables: [
      'counter_clock',
      'counter_totals',
      'counter_definitions',
      'counter_keys',
      'activity_ids',
      'counter_buckets',
    ],
    streams: [ACTIVITY_STREAM_PREFIX, COUNTER_STREAM_PREFIX],
    handles: ['ActivitiesRecorded', 'CounterDefined', 'TransactionPosted'],
    settings: describeSettings(shape),
    apply: (sql, events) => apply(sql, events, shape, tally),
    backfill: counterBackfill(shape),
  };
}

async function apply(
  sql: Sql,
  events: readonly RecordedLedgerEvent[],
  shape: CounterShape,
  tally: CounterTally,
): Promise<AfterCommit> {
  const { occurrences, defined, totals, clockMs, ...batch } = collect(
    events,
    await readStored(sql, wantedBy(events)),
  );
  const fold = new Fold(shape, clockMs);
  const series = fold.prepare(occurrences);
  const [finest] = shape.granularities;
  assert(finest, 'There is a finest granularity.');
  await readShards(sql, series, finest.name);
  const ids = new Set(occurrences.flatMap(({ id }) => (id === null ? [] : [id])));
  const counted = fold.count(occurrences, await readKnown(sql, ids));
  const { need, remembered } = idPieces(shape, clockMs, counted);
  const old = await makePieces(sql, [...bucketPieces(shape, clockMs, fold.gains), need]);
  await insertKnown(sql, remembered);
  await addToBuckets(sql, fold.gains);
  await writeShards(sql, series);
  await addToTotals(sql, totals);
  await insertDefinitions(sql, defined);
  await writeClock(sql, clockMs, batch.counters);
  await dropPieces(sql, old);
  return () => tally.add(counted.length, totals, series);
}
