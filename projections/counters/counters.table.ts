import type { Migration } from '../../src/edges/postgres/migrate.js';

export const countersMigration = {
  number: 14,
  name: 'windowed counters',
  sql: `
create table ledger.counter_clock (
  one boolean primary key default true check (one),
  recorded_max timestamptz not null,
  counters bigint not null
);
comment on table ledger.counter_clock is 'One row: the clock of the counters, which moves with the log alone.';
comment on column ledger.counter_clock.one is 'Always true.';
comment on column ledger.counter_clock.recorded_max is 'The greatest recorded time of the events met so far: lateness, retention and the dedup horizon are measured against it.';
comment on column ledger.counter_clock.counters is 'How many counters have been numbered.';

create table ledger.counter_totals (
  company_id text collate "C" not null,
  counter text collate "C" not null,
  number bigint not null unique,
  since_position bigint not null,
  counted bigint not null,
  duplicates bigint not null,
  late bigint not null,
  strays bigint not null,
  primary key (company_id, counter)
) with (fillfactor = 50);
create index counter_totals_by_number on ledger.counter_totals (company_id, number);
comment on table ledger.counter_totals is 'Every counter that was met, and what became of what was sent to it.';
comment on column ledger.counter_totals.company_id is 'The company whose counter it is.';
comment on column ledger.counter_totals.counter is 'Its name.';
comment on column ledger.counter_totals.number is '1-based count of the counters in the order they were met: the order of lists.';
comment on column ledger.counter_totals.since_position is 'Position in the log of the event it was met in first.';
comment on column ledger.counter_totals.counted is 'Events in its buckets, those too old for fine buckets included.';
comment on column ledger.counter_totals.duplicates is 'Activities whose id had been counted within the dedup horizon: not counted again.';
comment on column ledger.counter_totals.late is 'Activities that were recorded too long after they occurred: not counted.';
comment on column ledger.counter_totals.strays is 'Activities sent to it although it is derived from the ledger: not counted.';

create table ledger.counter_definitions (
  company_id text collate "C" not null,
  counter text collate "C" not null,
  by text[] not null,
  where_kind text,
  where_currency text,
  where_direction text,
  until_position bigint not null,
  backfilled_to bigint not null check (backfilled_to between 0 and until_position),
  primary key (company_id, counter)
);
comment on table ledger.counter_definitions is 'Counters of posted legs that a company has defined.';
comment on column ledger.counter_definitions.company_id is 'The company whose legs it counts.';
comment on column ledger.counter_definitions.counter is 'Its name.';
comment on column ledger.counter_definitions.by is 'The parts of its keys, in order.';
comment on column ledger.counter_definitions.where_kind is 'The kind of transaction it counts; null for any.';
comment on column ledger.counter_definitions.where_currency is 'The currency it counts; null for any.';
comment on column ledger.counter_definitions.where_direction is 'debit or credit; null for both.';
comment on column ledger.counter_definitions.until_position is 'Position of its definition in the log: what came before is filled in afterwards.';
comment on column ledger.counter_definitions.backfilled_to is 'How far that has come; until_position when it is done.';

create table ledger.counter_keys (
  company_id text collate "C" not null,
  counter text collate "C" not null,
  key text collate "C" not null,
  shards smallint not null check (shards > 1),
  primary key (company_id, counter, key)
);
comment on table ledger.counter_keys is 'The keys that are spread over several shards; every other has one.';
comment on column ledger.counter_keys.company_id is 'The company whose counter it is.';
comment on column ledger.counter_keys.counter is 'The counter.';
comment on column ledger.counter_keys.key is 'The key.';
comment on column ledger.counter_keys.shards is 'How many shards its events are spread over from now on.';

create table ledger.activity_ids (
  id uuid not null,
  recorded_at timestamptz not null,
  primary key (id, recorded_at)
) partition by range (recorded_at);
comment on table ledger.activity_ids is 'The activities counted within the dedup horizon; in daily partitions, which are dropped when they are older.';
comment on column ledger.activity_ids.id is '128 bits of the SHA-256 of company, counter and activity id.';
comment on column ledger.activity_ids.recorded_at is 'The clock of the counters when it was counted.';

create table ledger.counter_buckets (
  company_id text collate "C" not null,
  counter text collate "C" not null,
  granularity text collate "C" not null,
  bucket_start timestamptz not null,
  key text collate "C" not null,
  shard smallint not null,
  count bigint not null,
  sum numeric(60, 0) not null,
  primary key (company_id, counter, granularity, bucket_start, key, shard)
) partition by list (granularity);
create table ledger.counter_buckets_1s partition of ledger.counter_buckets for values in ('1s') partition by range (bucket_start);
create table ledger.counter_buckets_1m partition of ledger.counter_buckets for values in ('1m') partition by range (bucket_start);
create table ledger.counter_buckets_1h partition of ledger.counter_buckets for values in ('1h') partition by range (bucket_start);
create table ledger.counter_buckets_1d partition of ledger.counter_buckets for values in ('1d') partition by range (bucket_start);
comment on table ledger.counter_buckets is 'What happened within each second, minute, hour and day (by the time it happened, UTC), per counter and key; in partitions that are dropped when they are too old.';
comment on column ledger.counter_buckets.company_id is 'The company whose counter it is.';
comment on column ledger.counter_buckets.counter is 'The counter.';
comment on column ledger.counter_buckets.granularity is '1s, 1m, 1h or 1d: how wide the bucket is.';
comment on column ledger.counter_buckets.bucket_start is 'When it begins; inclusive.';
comment on column ledger.counter_buckets.key is 'What is counted for.';
comment on column ledger.counter_buckets.shard is 'A busy key has several rows for one bucket, which are to be added up; -1 is what was filled in from before the counter was defined.';
comment on column ledger.counter_buckets.count is 'Events.';
comment on column ledger.counter_buckets.sum is 'Sum of their values; of money in minor units.';
comment on table ledger.counter_buckets_1s is 'The buckets of one second.';
comment on table ledger.counter_buckets_1m is 'The buckets of one minute.';
comment on table ledger.counter_buckets_1h is 'The buckets of one hour.';
comment on table ledger.counter_buckets_1d is 'The buckets of one day.';
`,
} as const satisfies Migration;

export const counterSettingsMigration = {
  number: 17,
  name: 'settings of counters',
  sql: `
-- They were constants of these values until then.
update ledger.projection_checkpoints
   set settings = 'ACTIVITY_DEDUP_HORIZON_SECONDS=172800 ACTIVITY_LATENESS_SECONDS=86400' where name = 'counters';
`,
} as const satisfies Migration;

export const counterViewMigration = {
  number: 15,
  name: 'counters for analysts',
  sql: `
create view ledger_read.counter_buckets as
  select company_id, counter, key, granularity, bucket_start, sum(count)::bigint as count, sum(sum) as sum
    from ledger.counter_buckets
   group by company_id, counter, granularity, bucket_start, key;
comment on view ledger_read.counter_buckets is 'What happened within each second, minute, hour and day, per counter and key; buckets without events have no row. Every event is in one bucket of each granularity that is still kept: seconds for a day at least, minutes for 35 days, hours for 400 days, days for ever. Ask for one granularity.';
comment on column ledger_read.counter_buckets.company_id is 'The company whose counter it is.';
comment on column ledger_read.counter_buckets.counter is 'The counter: ledger-postings, or a name the company has chosen.';
comment on column ledger_read.counter_buckets.key is 'What is counted for; of counters of the ledger the parts joined by a colon, in which % and : are percent-encoded.';
comment on column ledger_read.counter_buckets.granularity is '1s, 1m, 1h or 1d: how wide the bucket is.';
comment on column ledger_read.counter_buckets.bucket_start is 'When it begins, inclusive, UTC: in business time of legs, in the time activities occurred.';
comment on column ledger_read.counter_buckets.count is 'Events.';
comment on column ledger_read.counter_buckets.sum is 'Sum of their values: of legs their amounts in minor units, of activities what they carry.';
`,
} as const satisfies Migration;

export const droppedLegsMigration = {
  number: 18,
  name: 'legs that counters drop',
  sql: `
alter table ledger.counter_totals add column dropped bigint not null default 0;
comment on column ledger.counter_totals.dropped is 'Legs it would count, were their key not longer than 256 characters: not counted.';
comment on view ledger_read.counter_buckets is 'What happened within each second, minute, hour and day, per counter and key; buckets without events have no row. Every event is in one bucket of each granularity that is still kept: seconds for a day at least, minutes for 35 days, hours for 400 days, days for ever. A leg whose key would be longer than 256 characters is in none: GET /v1/counters says how many were dropped. Ask for one granularity.';
-- What was dropped before is known by the log alone: where a counter may have dropped something, all are filled anew from it.
do $$
begin
  if exists (select from ledger.counter_definitions) then
    truncate ledger.counter_clock, ledger.counter_totals, ledger.counter_definitions, ledger.counter_keys,
             ledger.activity_ids, ledger.counter_buckets;
    delete from ledger.projection_checkpoints where name = 'counters';
  end if;
end
$$;
`,
} as const satisfies Migration;
