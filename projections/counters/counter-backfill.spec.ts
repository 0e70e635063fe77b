import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { areCountersFilledIn, defineCounter, recordClick } from '../../test/support/counted-activities.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/until.js';
import { loadConfig } from '../../src/config/config.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { toInstant } from '../../src/kernel/clock.js';
import type { CounterFilter, CounterPart } from '../../src/write/counters/events.js';
import { MIGRATIONS } from '../index.js';
import { digestTables } from '../runtime/digest.js';
import { LEDGER_SCHEMA, type Projection } from '../runtime/projection.js';
import { ProjectionRunner } from '../runtime/projection-runner.js';
import { rebuildAll } from '../runtime/rebuild/rebuild-all.js';
import type { RebuildResult } from '../runtime/rebuild/rebuild.js';
import { counterShape } from './counter-shape.js';
import { counters } from './counters.project.js';
import { droppedLegsMigration } from './counters.table.js';

const countersProjection = counters(counterShape(loadConfig({})));
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a counter that is defined later', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let store: InMemoryEventStore;
  let history: LedgerHistory;
  let accounts: readonly HistoryAccount[];
  const runners: ProjectionRunner[] = [];

  const run = (projection: Projection = countersProjection): ProjectionRunner => {
    const runner = new ProjectionRunner([projection], { store, postgres, log });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const stopAll = () => Promise.all(runners.splice(0).map((runner) => runner.stop()));
  const finished = async (runner: ProjectionRunner): Promise<void> => {
    const head = await store.headPosition();
    await until(
      async () =>
        (await areCountersFilledIn(postgres)) &&
        runner.status().every(({ position }) => (position ?? 0n) >= head),
      () => JSON.stringify(runner.status().map(({ state, reason }) => ({ state, reason }))),
    );
  };
  const post = async (count: number): Promise<void> => {
    const [bank, one, two] = accounts;
    if (bank === undefined || one === undefined || two === undefined) return;
    for (let i = 0; i < count; i += 1) {
      const effectiveAt = toInstant(Date.now() - i * 7_000_000);
      await history.post(
        [
          { account: bank, direction: 'credit', amount: BigInt(i + 1) },
          { account: i % 2 === 0 ? one : two, direction: 'debit', amount: BigInt(i + 1) },
        ],
        {
          effectiveAt,
          kind: i % 3 === 0 ? 'fee' : 'transfer',
          // One key is too long.
          metadata: i % 2 === 0 ? { shop: i === 6 ? 'x'.repeat(257) : `s${i % 4}` } : {},
        },
      );
    }
  };
  const define = (counter: string, by: readonly CounterPart[], where: Partial<CounterFilter> = {}) =>
    defineCounter(store, counter, by, where);
  const click = (id: string) => recordClick(store, id);
  /** The buckets and totals of a counter, shards added up. */
  const rowsOf = async (counter: string): Promise<unknown> => {
    const { rows } = await postgres.query(
      `select key, granularity, bucket_start, sum(count) as count, sum(sum) as sum from ledger.counter_buckets
        where counter = $1 group by 1, 2, 3 order by 1, 2, 3`,
      [counter],
    );
    const totals = await postgres.query(
      'select counted, dropped from ledger.counter_totals where counter = $1',
      [counter],
    );
    return { rows, totals: totals.rows };
  };
  const rebuild = async (): Promise<readonly RebuildResult[]> => {
    const results: RebuildResult[] = [];
    await rebuildAll(
      [countersProjection],
      { store, postgres },
      () => undefined,
      (each) => results.push(each),
    );
    return results;
  };
  const digests = () => digestTables(postgres, countersProjection, LEDGER_SCHEMA);

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    store = new InMemoryEventStore();
    history = new LedgerHistory(store);
    accounts = [await history.open({ type: 'liability' }), await history.open(), await history.open()];
  });
  afterEach(async () => {
    await stopAll();
  });
  afterAll(() => server.stop());

  it('holds what it would hold had it been defined from the start', async () => {
    await define('early', ['metadata.shop', 'currency'], { direction: 'debit' });
    await define('early-fees', ['account', 'kind'], { kind: 'fee' });
    await post(30);
    await define('late', ['metadata.shop', 'currency'], { direction: 'debit' });
    await post(10);
    await define('late-fees', ['account', 'kind'], { kind: 'fee' });
    await post(5);
    await finished(run());
    expect(await rowsOf('late')).toEqual(await rowsOf('early'));
    expect(await rowsOf('late-fees')).toEqual(await rowsOf('early-fees'));
    const { rows } = await postgres.query(
      'select sum(count) as count from ledger.counter_buckets where counter = $1',
      ['late'],
    );
    expect(rows).not.toEqual([{ count: null }]);
    expect(await rowsOf('late')).toMatchObject({ totals: [{ dropped: 2n }] });
  });

  it('is filled anew where what it dropped was not counted yet', async () => {
    await define('early', ['metadata.shop']);
    await post(8);
    await finished(run());
    await stopAll();
    const expected = await digests();
    ({ postgres } = await server.createDatabase());
    await migrate(
      postgres,
      MIGRATIONS.filter(({ number }) => number < droppedLegsMigration.number),
    );
    const head = await store.headPosition();
    await postgres.query(
      `insert into ledger.projection_checkpoints (name, store_id, position, settings) values ('counters', $1, $2, $3)`,
      [await store.storeId(), head, countersProjection.settings],
    );
    await postgres.query(
      `insert into ledger.counter_definitions (company_id, counter, by, until_position, backfilled_to)
       values ('default', 'early', '{metadata.shop}', 1, 1)`,
    );
    await migrate(postgres, MIGRATIONS);
    await finished(run());
    expect(await digests()).toEqual(expected);
  });

  it('goes on where it was when the process dies between chunks, and counts nothing twice', async () => {
    await define('early', ['account']);
    for (let i = 0; i < 3; i += 1) {
      await post(20);
      await define(`late-${i}`, ['account']);
    }
    const { backfill } = countersProjection;
    if (backfill === undefined) throw new Error('Counters fill in history.');
    let chunks = 0;
    const mortal: Projection = {
      ...countersProjection,
      backfill: {
        ...backfill,
        async fill(sql, events, from, to) {
          await backfill.fill(sql, events, from, to);
          chunks += 1;
          // Every other time after the rows and before the commit.
          if (chunks < 6 && chunks % 2 === 1)
            await sql.query('select pg_terminate_backend(pg_backend_pid())');
        },
      },
    };
    await finished(run(mortal));
    expect(chunks).toBeGreaterThan(5);
    for (let i = 0; i < 3; i += 1) expect(await rowsOf(`late-${i}`)).toEqual(await rowsOf('early'));
  });

  it('is rebuilt to the same rows, activities and partitions with it, beside writes', async () => {
    for (let i = 0; i < 30; i += 1) await click(`click-${i % 20}`);
    await post(40);
    await define('late', ['account', 'direction']);
    await post(10);
    const runner = run();
    await finished(runner);
    const rows = await digests();
    let isOver = false;
    const writing = (async () => {
      for (let i = 0; !isOver && i < 200; i += 1) {
        await click(`more-${i}`);
        if (i === 3) await define('later', ['currency']);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const [result] = await rebuild();
    isOver = true;
    await writing;
    await finished(runner);
    if (result?.incomparable === null) expect(result.fresh).toEqual(result.old);
    await stopAll();
    const [still] = await rebuild();
    expect(still?.incomparable).toBeNull();
    expect(still?.fresh).toEqual(still?.old);
    expect(await digests()).toEqual(still?.old);
    expect(rows.find(({ table }) => table === 'counter_buckets')?.rows).toBeGreaterThan(100n);
    // The projector goes on with the fresh tables.
    await click('after');
    await finished(run());
  });

  it('does not pass for rebuilt while the old tables lack history', async () => {
    await post(5);
    await define('late', ['account']);
    const { backfill: _none, ...lazy } = countersProjection;
    const runner = run(lazy);
    const head = await store.headPosition();
    await until(() => runner.status().every(({ position }) => position === head));
    await stopAll();
    const [result] = await rebuild();
    expect(result?.incomparable).toMatch(/filled in with history/);
    expect((await rebuild())[0]?.incomparable).toBeNull();
  });
});
