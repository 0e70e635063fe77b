import { toColumns } from '../../src/edges/postgres/columns.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import type { Direction } from '../../src/kernel/money.js';
import type { CounterPart } from '../../src/write/counters/events.js';
import type { Collected, Definition, Stored, Total, Wanted } from './collect.js';
import type { GranularityName } from './counter-shape.js';
import type { BucketGain, CountedActivity, Series } from './fold.js';

/** The statements of the projection `counters`: what it reads of its own tables, and what it writes to them. */

interface DefinitionRow {
  readonly companyId: string;
  readonly counter: string;
  readonly by: CounterPart[];
  readonly kind: string | null;
  readonly currency: string | null;
  readonly direction: Direction | null;
}

export const DEFINITION_COLUMNS = `company_id as "companyId", counter, by, where_kind as kind, where_currency as currency,
  where_direction as direction`;

export function toDefinition({ companyId, counter, by, ...where }: DefinitionRow): Definition {
  const { kind, currency, direction } = where;
  return { companyId, counter, by, where: { kind, currency, direction } };
}

/** The clock of the counters; null before the first event. */
export async function readClock(
  sql: Sql,
): Promise<{ readonly clockMs: number; readonly counters: bigint } | null> {
  const { rows } = await sql.query<{ recordedMax: Date; counters: bigint }>(
    `select recorded_max as "recordedMax", counters from counter_clock`,
  );
  const [row] = rows;
  return row === undefined ? null : { clockMs: row.recordedMax.getTime(), counters: row.counters };
}

/** Reads what a batch needs to know before it is read. */
export async function readStored(sql: Sql, { companyIds, counters }: Wanted): Promise<Stored> {
  const clock = await readClock(sql);
  const { rows: definitions } = await sql.query<DefinitionRow>(
    `select ${DEFINITION_COLUMNS} from counter_definitions
      where company_id = any ($1::text[]) order by until_position`,
    [companyIds],
  );
  const names = [...counters, ...definitions];
  const { rows: met } = await sql.query<{ companyId: string; counter: string }>(
    `select company_id as "companyId", counter from counter_totals
      where (company_id, counter) in (select * from unnest($1::text[], $2::text[]))`,
    toColumns(names, [({ companyId }) => companyId, ({ counter }) => counter]),
  );
  return {
    clockMs: clock?.clockMs ?? null,
    counters: clock?.counters ?? 0n,
    definitions: definitions.map(toDefinition),
    met,
  };
}

/** Reads when each of these activities was counted last, by the clock of the counters. */
export async function readKnown(sql: Sql, ids: ReadonlySet<string>): Promise<Map<string, number>> {
  if (ids.size === 0) return new Map();
  const { rows } = await sql.query<{ id: string; recordedAt: Date }>(
    // Looked up one by one: joined, a whole partition might be walked for want of statistics.
    `select wanted.id, stored.recorded_at as "recordedAt"
       from unnest($1::uuid[]) as wanted (id)
      cross join lateral (select recorded_at from activity_ids where id = wanted.id offset 0) stored`,
    [`{${[...ids].sort().join(',')}}`],
  );
  const known = new Map<string, number>();
  for (const { id, recordedAt } of rows) {
    known.set(id, Math.max(known.get(id) ?? 0, recordedAt.getTime()));
  }
  return known;
}

/** Brings the shards of a batch's keys to what is stored. */
export async function readShards(
  sql: Sql,
  series: readonly Series[],
  finest: GranularityName,
): Promise<void> {
  const { rows: keys } = await sql.query<{ at: bigint; shards: number }>(
    `select named.at, stored.shards
       from unnest($1::text[], $2::text[], $3::text[]) with ordinality as named (company_id, counter, key, at)
       join counter_keys stored using (company_id, counter, key)`,
    namesOf(series),
  );
  for (const { at, shards } of keys) {
    const found = series[Number(at) - 1];
    if (found !== undefined) found.sharded.shards = shards;
  }
  const seconds = series.flatMap((each, at) =>
    [...each.sharded.expected].map((second) => ({ at: at + 1, second })),
  );
  const { rows: counts } = await sql.query<{ at: number; second: number; count: string }>(
    // Looked up one by one: joined, the whole table might be walked for want of statistics.
    `select wanted.at, wanted.second, stored.count
       from unnest($4::int[], $5::float8[]) as wanted (at, second)
       join unnest($1::text[], $2::text[], $3::text[]) with ordinality as named (company_id, counter, key, at) using (at)
      cross join lateral (
        select sum(count)::text as count from counter_buckets bucket
         where bucket.company_id = named.company_id and bucket.counter = named.counter
           and bucket.granularity = $6 and bucket.bucket_start = to_timestamp(wanted.second)
           and bucket.key = named.key and bucket.shard >= 0) stored
      where stored.count is not null`,
    [...namesOf(series), numbers(seconds, ({ at }) => at), numbers(seconds, ({ second }) => second), finest],
  );
  for (const { at, second, count } of counts) series[at - 1]?.sharded.begin(second, Number(count));
}

function namesOf(series: readonly Series[]): unknown[] {
  return toColumns(series, [({ companyId }) => companyId, ({ counter }) => counter, ({ key }) => key]);
}

/** Writes a column of numbers as the text of an array: ten times as fast as by the driver. */
function numbers<Row>(rows: readonly Row[], pick: (row: Row) => number | bigint): string {
  return `{${rows.map(pick).join(',')}}`;
}

/** Adds to buckets. Those known to be new are inserted without looking again, which costs half as much. */
export async function addToBuckets(sql: Sql, gains: readonly BucketGain[]): Promise<void> {
  await writeBuckets(
    sql,
    gains.filter(({ isNew }) => isNew),
    '',
  );
  await writeBuckets(
    sql,
    gains.filter(({ isNew }) => !isNew),
    `on conflict (company_id, counter, granularity, bucket_start, key, shard) do update
        set count = bucket.count + excluded.count, sum = bucket.sum + excluded.sum`,
  );
}

async function writeBuckets(sql: Sql, gains: readonly BucketGain[], onConflict: string): Promise<void> {
  if (gains.length === 0) return;
  const series = [...new Set(gains.map((gain) => gain.series))];
  const places = new Map(series.map((each, index) => [each, index + 1]));
  await sql.query(
    `insert into counter_buckets as bucket (company_id, counter, granularity, bucket_start, key, shard, count, sum)
     select named.company_id, named.counter, gain.granularity, to_timestamp(gain.start), named.key, gain.shard,
            gain.count, gain.sum
       from unnest($4::int[], $5::text[], $6::float8[], $7::smallint[], $8::bigint[], $9::numeric[])
              as gain (at, granularity, start, shard, count, sum)
       join unnest($1::text[], $2::text[], $3::text[]) with ordinality as named (company_id, counter, key, at) using (at)
      order by gain.granularity, named.company_id, named.counter, gain.start, named.key ${onConflict}`,
    [
      ...namesOf(series),
      numbers(gains, (gain) => places.get(gain.series) ?? 0),
      `{${gains.map(({ granularity }) => granularity).join(',')}}`,
      numbers(gains, ({ start }) => start),
      numbers(gains, ({ shard }) => shard),
      numbers(gains, ({ count }) => count),
      numbers(gains, ({ sum }) => sum),
    ],
  );
}

/** Remembers activities as counted. */
export async function insertKnown(sql: Sql, fresh: readonly CountedActivity[]): Promise<void> {
  if (fresh.length === 0) return;
  await sql.query(
    `insert into activity_ids (id, recorded_at)
     select id, to_timestamp(clock_ms / 1000) from unnest($1::uuid[], $2::float8[]) as rows (id, clock_ms) order by id`,
    [`{${fresh.map(({ id }) => id).join(',')}}`, numbers(fresh, ({ clockMs }) => clockMs)],
  );
}

/** Stores the keys that have got more shards. */
export async function writeShards(sql: Sql, series: readonly Series[]): Promise<void> {
  const split = series.filter(({ sharded }) => sharded.shards > 1);
  if (split.length === 0) return;
  await sql.query(
    `insert into counter_keys (company_id, counter, key, shards)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::smallint[])
     on conflict (company_id, counter, key) do update set shards = excluded.shards
      where counter_keys.shards <> excluded.shards`,
    [...namesOf(split), numbers(split, ({ sharded }) => sharded.shards)],
  );
}

/** Adds to the totals of counters, those that begin included. */
export async function addToTotals(sql: Sql, totals: readonly Total[]): Promise<void> {
  const begun = totals.filter((total) => total.begun !== null);
  if (begun.length > 0) {
    await sql.query(
      `insert into counter_totals (company_id, counter, number, since_position, counted, duplicates, late, strays, dropped)
       select *, 0, 0, 0, 0, 0 from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])`,
      toColumns(begun, [
        (total) => total.companyId,
        (total) => total.counter,
        (total) => total.begun?.number ?? null,
        (total) => total.begun?.position ?? null,
      ]),
    );
  }
  await sql.query(
    `update counter_totals as total
        set counted = total.counted + gain.counted, duplicates = total.duplicates + gain.duplicates,
            late = total.late + gain.late, strays = total.strays + gain.strays, dropped = total.dropped + gain.dropped
       from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                   $7::bigint[])
         as gain (company_id, counter, counted, duplicates, late, strays, dropped)
      where total.company_id = gain.company_id and total.counter = gain.counter`,
    toColumns(totals, [
      (total) => total.companyId,
      (total) => total.counter,
      (total) => total.counted,
      (total) => total.duplicates,
      (total) => total.late,
      (total) => total.strays,
      (total) => total.dropped,
    ]),
  );
}

/** Stores what was defined, with all its history still to be filled in. */
export async function insertDefinitions(sql: Sql, defined: Collected['defined']): Promise<void> {
  for (const { companyId, counter, by, where, position } of defined) {
    await sql.query(
      `insert into counter_definitions (company_id, counter, by, where_kind, where_currency, where_direction,
                                        until_position, backfilled_to)
       values ($1, $2, $3, $4, $5, $6, $7, 0)`,
      [companyId, counter, by, where.kind, where.currency, where.direction, position],
    );
  }
}

/** Moves the clock of the counters. */
export async function writeClock(sql: Sql, clockMs: number, counters: bigint): Promise<void> {
  await sql.query(
    `insert into counter_clock (recorded_max, counters) values (to_timestamp($1::float8 / 1000), $2)
     on conflict (one) do update set recorded_max = excluded.recorded_max, counters = excluded.counters`,
    [clockMs, counters],
  );
}
