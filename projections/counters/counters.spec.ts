import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CountedLog, type SpecActivity } from '../../test/support/counted-activities.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { loadConfig } from '../../src/config/config.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import { MIGRATIONS } from '../index.js';
import { digestTables } from '../runtime/digest.js';
import { LEDGER_SCHEMA } from '../runtime/projection.js';
import { counters } from './counters.project.js';
import { CounterTally } from './counter-tally.js';
import { counterShape, floorTo, keptSince, type CounterShape } from './counter-shape.js';

const DAY = 86_400;
/** 2026-02-01T00:00:00Z, in epoch seconds. */
const BEGIN = Date.UTC(2026, 1, 1) / 1000;

/** Forgets after minutes and splits at once, so that few events show what years do. */
const SMALL: CounterShape = {
  granularities: [
    { name: '1s', seconds: 1, keptSeconds: 120, pieceSeconds: DAY, fillPercent: 80 },
    { name: '1m', seconds: 60, keptSeconds: DAY, pieceSeconds: DAY, fillPercent: 80 },
    { name: '1h', seconds: 3_600, keptSeconds: 3 * DAY, pieceSeconds: DAY, fillPercent: 80 },
    { name: '1d', seconds: DAY, keptSeconds: null, pieceSeconds: 10 * DAY, fillPercent: 80 },
  ],
  latenessMs: DAY * 1000,
  dedupHorizonMs: 2 * DAY * 1000,
  idPieceSeconds: DAY,
  shardsMax: 8,
  shardSplitPerSecond: 2,
};

/** A second to a day and a half: what an event is recorded after the one before. */
const pauses = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 36 * 3_600 }));

interface Step {
  readonly pause: number;
  readonly activities: readonly { readonly id: number; readonly ago: number; readonly key: string }[];
  readonly legAgo: number | null;
}

const steps: fc.Arbitrary<Step> = fc.record({
  pause: pauses,
  activities: fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 25 }),
      ago: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 2 * DAY })),
      key: fc.constantFrom('a', 'b'),
    }),
    { maxLength: 12 },
  ),
  legAgo: fc.option(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -DAY, max: 10 * DAY }))),
});

function logOf(history: readonly Step[]): CountedLog {
  const log = new CountedLog(BEGIN);
  for (const { pause, activities, legAgo } of history) {
    log.recordedAt += pause - 1;
    if (activities.length > 0) {
      log.activities(
        activities.map(({ id, ago, key }): SpecActivity => ({
          id: `${id}`,
          key,
          at: log.recordedAt - ago,
          value: BigInt(id),
        })),
      );
    }
    if (legAgo === null) continue;
    log.recordedAt += 1;
    log.post(
      [
        { accountId: 'one', direction: 'debit', amount: 7n },
        { accountId: 'two', direction: 'credit', amount: 7n },
      ],
      log.recordedAt - legAgo,
    );
  }
  return log;
}

/** What the tables must hold, said in the plainest way. */
function naive(events: readonly RecordedLedgerEvent[], shape: CounterShape) {
  const last = new Map<string, number>();
  const met: { counter: string; key: string; second: number; value: bigint }[] = [];
  const totals = { counted: 0, duplicates: 0, late: 0 };
  let clockMs = 0;
  for (const event of events) {
    clockMs = Math.max(clockMs, event.recordedAtMs);
    if (event.type === 'ActivitiesRecorded') {
      for (const { id, counter, key, occurredAt, value } of event.data.activities) {
        const before = last.get(id);
        if (before !== undefined && clockMs - before <= shape.dedupHorizonMs) totals.duplicates += 1;
        else if (clockMs - Date.parse(occurredAt) > shape.latenessMs) totals.late += 1;
        else {
          totals.counted += 1;
          last.set(id, clockMs);
          met.push({ counter, key, second: Math.floor(Date.parse(occurredAt) / 1000), value: BigInt(value) });
        }
      }
    }
    if (event.type !== 'TransactionPosted') continue;
    const second = Math.floor(Date.parse(event.data.effectiveAt) / 1000);
    for (const { accountId, direction, amount } of event.data.legs) {
      const key = `${accountId}:${event.data.kind}:${direction}`;
      met.push({ counter: 'ledger-postings', key, second, value: BigInt(amount) });
    }
  }
  const buckets = new Map<string, { count: number; sum: bigint }>();
  for (const { counter, key, second, value } of met) {
    for (const granularity of shape.granularities) {
      const start = floorTo(second, granularity.seconds);
      if (start < keptSince(granularity, clockMs)) continue;
      const name = `${counter} ${key} ${granularity.name} ${start}`;
      const { count, sum } = buckets.get(name) ?? { count: 0, sum: 0n };
      buckets.set(name, { count: count + 1, sum: sum + value });
    }
  }
  const rows = [...buckets].map(([name, { count, sum }]) => `${name}: ${count} ${sum}`).sort();
  return { totals, rows };
}

describe('windowed counters', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let session: PostgresSession;

  beforeAll(async () => {
    server = await startTestPostgres();
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    session = await postgres.openSession(10_000);
    await session.query('set search_path = ledger');
  });
  afterAll(async () => {
    await session.close();
    await server.stop();
  });

  const clear = () =>
    session.query(
      `truncate counter_clock, counter_totals, counter_definitions, counter_keys, activity_ids, counter_buckets`,
    );
  const digests = () => digestTables(postgres, counters(SMALL), LEDGER_SCHEMA);
  /** Fills the tables anew, in batches that end at the cuts. */
  const fill = async (
    events: readonly RecordedLedgerEvent[],
    cuts: readonly number[] = [],
    shape = SMALL,
  ): Promise<void> => {
    await clear();
    const bounds = [0, ...cuts.toSorted((one, two) => one - two), events.length];
    for (const [index, from] of bounds.entries()) {
      const batch = events.slice(from, bounds[index + 1]);
      if (batch.length > 0) await session.transaction((sql) => counters(shape).apply(sql, batch));
      if (bounds[index + 1] === undefined) break;
    }
  };
  const stored = async (): Promise<readonly string[]> => {
    const { rows } = await session.query<{ text: string }>(
      `select format('%s %s %s %s: %s %s', counter, key, granularity, extract(epoch from bucket_start)::bigint, sum(count), sum(sum)) as text
         from counter_buckets group by counter, key, granularity, bucket_start`,
    );
    return rows.map(({ text }) => text).sort();
  };
  const totals = async (counter: string) => {
    const { rows } = await session.query<{
      counted: bigint;
      duplicates: bigint;
      late: bigint;
      strays: bigint;
      dropped: bigint;
    }>('select counted, duplicates, late, strays, dropped from counter_totals where counter = $1', [counter]);
    return rows[0];
  };

  it('holds what a plain count of the log holds, whatever came twice, late or out of order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 12 }), async (history) => {
        const { events } = logOf(history);
        await fill(events);
        const expected = naive(events, SMALL);
        expect(await stored()).toEqual(expected.rows);
        const { counted = 0n, duplicates = 0n, late = 0n } = (await totals('clicks')) ?? {};
        expect({ counted: Number(counted), duplicates: Number(duplicates), late: Number(late) }).toEqual(
          expected.totals,
        );
      }),
      { numRuns: 60, interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);

  it('holds the same rows wherever batches are cut', async () => {
    const cuts = fc.array(fc.nat(24), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 12 }), cuts, async (history, places) => {
        const { events } = logOf(history);
        await fill(events);
        const whole = await digests();
        await fill(
          events,
          places.filter((place) => place < events.length),
        );
        expect(await digests()).toEqual(whole);
      }),
      { numRuns: 60, interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);

  it('spreads a busy key over shards, and an idle one over none', async () => {
    const log = new CountedLog(BEGIN);
    const hot = Array.from({ length: 40 }, (_, i) => ({ id: `hot-${i}`, key: 'hot', at: BEGIN }));
    log.activities([...hot, { id: 'cold', key: 'cold', at: BEGIN }]);
    await fill(log.events);
    const { rows } = await session.query<{ key: string; shards: bigint; count: string }>(
      `select key, count(distinct shard) as shards, sum(count)::text as count from counter_buckets where granularity = '1d' group by key order by key`,
    );
    expect(rows[0]).toEqual({ key: 'cold', shards: 1n, count: '1' });
    expect(rows[1]?.count).toBe('40');
    expect(rows[1]?.shards).toBeGreaterThan(3n);
    expect((await session.query('select key, shards from counter_keys')).rows).toEqual([
      { key: 'hot', shards: 8 },
    ]);
  });

  it('tells what became of activities, and how evenly a busy key is spread', async () => {
    await clear();
    const tally = new CounterTally();
    const projection = counters(SMALL, tally);
    const log = new CountedLog(BEGIN);
    const many = (name: string) => Array.from({ length: 600 }, (_, i) => ({ id: `${name}-${i}`, at: BEGIN }));
    log.activities(many('first'));
    log.activities([...many('second'), { id: 'first-1', at: BEGIN }, { id: 'old', at: BEGIN - 2 * DAY }]);
    for (const event of log.events) {
      const afterCommit = await session.transaction((sql) => projection.apply(sql, [event]));
      afterCommit?.();
    }
    const { shardSkew, ...counts } = tally;
    expect(counts).toEqual({ counted: 1_200, duplicates: 1, late: 1, strays: 0, dropped: 0 });
    expect(shardSkew).toBeGreaterThan(1);
    expect(shardSkew).toBeLessThan(2);
  });

  it('throws away what is too old, and forgets ids, by whole pieces', async () => {
    const log = new CountedLog(BEGIN);
    log.activities([{ id: 'old', at: BEGIN }]);
    await fill(log.events);
    const pieces = async () => {
      const { rows } = await session.query<{ name: string }>(
        `select relname as name from pg_class where relnamespace = 'ledger'::regnamespace and relkind = 'r' and relname ~ '_2[0-9]{7}$' order by 1`,
      );
      return rows.map(({ name }) => name);
    };
    expect(await pieces()).toEqual(
      expect.arrayContaining(['activity_ids_20260201', 'counter_buckets_1s_20260201']),
    );
    log.recordedAt = BEGIN + 5 * DAY;
    log.activities([{ id: 'new', at: log.recordedAt }]);
    await session.transaction((sql) => counters(SMALL).apply(sql, log.events.slice(1)));
    const left = await pieces();
    expect(left).toContain('activity_ids_20260206');
    expect(left.filter((name) => name.endsWith('20260201'))).toEqual([]);
    expect((await totals('clicks'))?.counted).toBe(2n);
  });

  it('empties a piece that a long query holds, and drops it later', async () => {
    const log = new CountedLog(BEGIN);
    log.activities([{ id: 'old', at: BEGIN }]);
    await fill(log.events);
    const reader = await postgres.openSession(10_000);
    await reader.query('begin');
    await reader.query('select from ledger.activity_ids');
    log.recordedAt = BEGIN + 5 * DAY;
    log.activities([{ id: 'new', at: log.recordedAt }]);
    await session.transaction((sql) => counters(SMALL).apply(sql, log.events.slice(1)));
    expect((await session.query('select count(*) from activity_ids')).rows).toEqual([{ count: 1n }]);
    await reader.close();
    log.activities([{ id: 'newer', at: log.recordedAt }]);
    await session.transaction((sql) => counters(SMALL).apply(sql, log.events.slice(2)));
    expect((await session.query(`select to_regclass('activity_ids_20260201') as piece`)).rows).toEqual([
      { piece: null },
    ]);
  });

  it('leaves a name to whatever came first: activities or a definition', async () => {
    const log = new CountedLog(BEGIN);
    const legs = [{ accountId: 'one', direction: 'debit' as const, amount: 5n }];
    log.activities([{ id: '1', counter: 'taken', at: BEGIN }]);
    log.define('taken', ['account']);
    log.define('fees', ['account']);
    log.activities([{ id: '1', counter: 'fees', at: BEGIN }]);
    log.activities([{ id: '1', counter: 'ledger-postings', at: BEGIN }]);
    log.post(legs, BEGIN);
    await fill(log.events, [3]);
    expect(await totals('taken')).toEqual({ counted: 1n, duplicates: 0n, late: 0n, strays: 0n, dropped: 0n });
    expect(await totals('fees')).toEqual({ counted: 1n, duplicates: 0n, late: 0n, strays: 1n, dropped: 0n });
    expect(await totals('ledger-postings')).toEqual({
      counted: 1n,
      duplicates: 0n,
      late: 0n,
      strays: 1n,
      dropped: 0n,
    });
  });

  it('tells how many legs it dropped because their key is too long', async () => {
    const log = new CountedLog(BEGIN);
    const legs = [{ accountId: 'one', direction: 'debit' as const, amount: 5n }];
    log.define('shops', ['metadata.shop']);
    for (const shop of ['y'.repeat(256), 'y'.repeat(257), ':'.repeat(86)])
      log.post(legs, BEGIN, { metadata: { shop } });
    log.post(legs, BEGIN);
    await fill(log.events, [2]);
    expect(await totals('shops')).toEqual({ counted: 1n, duplicates: 0n, late: 0n, strays: 0n, dropped: 2n });
  });

  it('counts the shape that runs nothing twice', () => {
    const shape = counterShape(loadConfig({}));
    expect(() => counters(shape)).not.toThrow();
    expect(() => counters({ ...shape, dedupHorizonMs: shape.latenessMs })).toThrow(/late before/);
  });
});
