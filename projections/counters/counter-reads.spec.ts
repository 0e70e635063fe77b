import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CountedLog } from '../../test/support/counted-activities.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { loadConfig } from '../../src/config/config.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import { assert } from '../../src/kernel/assert.js';
import type { Principal } from '../../src/kernel/principal.js';
import { MIGRATIONS } from '../index.js';
import { Freshness } from '../runtime/freshness.js';
import { LogHead } from '../runtime/log-head.js';
import { COUNTER_SHAPE, counterShape, floorTo } from './counter-shape.js';
import { ReadCounterSeriesHandler, ReadCounterSeriesQuery } from './counter-series.query.js';
import { ReadTopKeysHandler, ReadTopKeysQuery } from './counter-top.query.js';
import { ReadCounterWindowHandler, ReadCounterWindowQuery } from './counter-window.query.js';
import { counters } from './counters.project.js';
import { bucketsOf, segmentsOf } from './window.js';

/** A little before noon of 2026-02-02, in epoch seconds. */
const BEGIN = Date.UTC(2026, 1, 2, 11, 58, 30) / 1000;
const PRINCIPAL: Principal = { subject: 'spec', companyId: 'default', roles: [] };

interface Click {
  /** How long before BEGIN, in seconds. */
  readonly ago: number;
  readonly key: string;
  readonly value: number;
}

const clicks: fc.Arbitrary<readonly Click[]> = fc.array(
  fc.record({
    ago: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 80_000 })),
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.integer({ min: 0, max: 5 }),
  }),
  { minLength: 1, maxLength: 80 },
);

describe('windows over buckets', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let session: PostgresSession;
  let freshness: Freshness;

  beforeAll(async () => {
    server = await startTestPostgres();
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    session = await postgres.openSession(10_000);
    await session.query('set search_path = ledger');
    const head = new LogHead(new InMemoryEventStore());
    freshness = new Freshness({ waitFor: () => Promise.resolve('reached') }, head);
  });
  afterAll(async () => {
    await session.close();
    await server.stop();
  });

  /** Counts clicks, each key in two shards from its second event of a second on. */
  const count = async (all: readonly Click[]): Promise<void> => {
    await session.query(
      'truncate counter_clock, counter_totals, counter_definitions, counter_keys, activity_ids, counter_buckets',
    );
    const log = new CountedLog(BEGIN);
    log.activities(
      all.map(({ ago, key, value }, i) => ({ id: `${i}`, key, at: BEGIN - ago, value: BigInt(value) })),
    );
    const shape = { ...counterShape(loadConfig({})), shardSplitPerSecond: 1 };
    await session.transaction((sql) => counters(shape).apply(sql, log.events));
  };
  const sumOf = (all: readonly Click[], from: number, to: number) => {
    const within = all.filter(({ ago }) => BEGIN - ago >= from && BEGIN - ago < to);
    return {
      count: BigInt(within.length),
      sum: within.reduce((sum, { value }) => sum + BigInt(value), 0n),
    };
  };

  it('are composed exactly: no second twice, none left out, and few buckets', () => {
    const second = fc.integer({ min: -4e9, max: 2.5e11 });
    fc.assert(
      fc.property(second, fc.integer({ min: 1, max: 3_000_000 }), (from, length) => {
        const segments = segmentsOf(from, from + length, COUNTER_SHAPE.granularities).toSorted(
          (one, two) => one.from - two.from,
        );
        let reached = from;
        for (const segment of segments) {
          expect(segment.from).toBe(reached);
          expect(segment.to).toBeGreaterThan(segment.from);
          expect(floorTo(segment.from, segment.granularity.seconds)).toBe(segment.from);
          reached = segment.to;
        }
        expect(reached).toBe(from + length);
        const fine = segments.filter(({ granularity }) => granularity.seconds < 86_400);
        expect(fine.reduce((sum, segment) => sum + bucketsOf(segment).length, 0)).toBeLessThanOrEqual(
          2 * (59 + 59 + 23),
        );
      }),
    );
  });

  it('sliding, equal a plain sum at every boundary', async () => {
    const read = new ReadCounterWindowHandler(postgres, freshness);
    await fc.assert(
      fc.asyncProperty(
        clicks,
        fc.array(
          fc.record({
            edge: fc.nat(79),
            shift: fc.integer({ min: -1, max: 1 }),
            length: fc.oneof(fc.constantFrom(1, 60, 900, 3_600, 86_400), fc.integer({ min: 1, max: 40_000 })),
            isEnd: fc.boolean(),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        async (all, windows) => {
          await count(all);
          for (const { edge, shift, length, isEnd } of windows) {
            const at = BEGIN - (all[edge % all.length]?.ago ?? 0) + shift;
            const [from, to] = isEnd ? [at - length, at] : [at, at + length];
            const answer = await read.execute(
              new ReadCounterWindowQuery(PRINCIPAL, 'clicks', 'a', from, to, null),
            );
            assert(answer.kind !== 'unknown', 'The counter was begun.');
            if (answer.kind === 'not-kept') continue;
            expect({ count: answer.count, sum: answer.sum }).toEqual(
              sumOf(
                all.filter(({ key }) => key === 'a'),
                from,
                to,
              ),
            );
          }
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);

  it('tumbling, equal a plain sum bucket by bucket, empty ones as zero', async () => {
    const read = new ReadCounterSeriesHandler(postgres, freshness);
    await fc.assert(
      fc.asyncProperty(
        clicks,
        fc.constantFrom(...COUNTER_SHAPE.granularities),
        fc.integer({ min: 0, max: 30 }),
        async (all, granularity, before) => {
          await count(all);
          const from = floorTo(BEGIN, granularity.seconds) - before * granularity.seconds;
          const to = from + 40 * granularity.seconds;
          const segment = { granularity, from, to };
          const answer = await read.execute(
            new ReadCounterSeriesQuery(PRINCIPAL, 'clicks', 'a', segment, null),
          );
          if (answer.kind === 'not-kept') return;
          assert(answer.kind === 'found', 'The counter was begun.');
          expect(answer.buckets.length).toBe(40);
          const ofKey = all.filter(({ key }) => key === 'a');
          for (const { start, ...sums } of answer.buckets) {
            expect(sums).toEqual(sumOf(ofKey, start, start + granularity.seconds));
          }
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);

  it('ranked, give the keys with the most, ties by key', async () => {
    const read = new ReadTopKeysHandler(postgres, freshness);
    await fc.assert(
      fc.asyncProperty(
        clicks,
        fc.constantFrom<'count' | 'sum'>('count', 'sum'),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 40_000 }),
        async (all, by, keysMax, length) => {
          await count(all);
          const [from, to] = [BEGIN + 1 - length, BEGIN + 1];
          const query = new ReadTopKeysQuery(PRINCIPAL, 'clicks', from, to, by, keysMax, null);
          const answer = await read.execute(query);
          assert(answer.kind === 'found', 'The window is short.');
          const naive = ['a', 'b', 'c']
            .map((key) => ({
              key,
              ...sumOf(
                all.filter((click) => click.key === key),
                from,
                to,
              ),
            }))
            .filter((row) => row.count > 0n)
            .toSorted((one, two) =>
              one[by] === two[by] ? (one.key < two.key ? -1 : 1) : one[by] > two[by] ? -1 : 1,
            );
          expect(answer.keys).toEqual(naive.slice(0, keysMax));
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);
});
