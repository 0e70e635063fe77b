import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { LedgerHistory, type HistoryAccount } from '../../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.js';
import { until } from '../../../test/support/until.js';
import { migrate } from '../../../src/edges/postgres/migrate.js';
import { Postgres } from '../../../src/edges/postgres/postgres.js';
import { MIGRATIONS, PROJECTIONS } from '../../index.js';
import { digestTables } from '../digest.js';
import { LEDGER_SCHEMA, type Projection } from '../projection.js';
import { ProjectionRunner } from '../projection-runner.js';
import { rebuildAll } from './rebuild-all.js';
import { Rebuild, type RebuildResult } from './rebuild.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a rebuild', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let databaseUrl: string;
  let store: InMemoryEventStore;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;
  const runners: ProjectionRunner[] = [];

  const run = (): ProjectionRunner => {
    const runner = new ProjectionRunner(PROJECTIONS, { store, postgres, log });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const caughtUp = async (runner: ProjectionRunner): Promise<void> => {
    const head = await store.headPosition();
    await until(
      () => runner.status().every(({ position }) => position !== null && position >= head),
      () =>
        JSON.stringify(runner.status(), (_, value: unknown) =>
          typeof value === 'bigint' ? `${value}` : value,
        ),
    );
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
  };
  const project = async (): Promise<void> => {
    await caughtUp(run());
    await stopAll();
  };
  const rebuild = async (which: readonly Projection[] = PROJECTIONS): Promise<readonly RebuildResult[]> => {
    const results: RebuildResult[] = [];
    await rebuildAll(
      which,
      { store, postgres },
      () => undefined,
      (result) => results.push(result),
    );
    return results;
  };
  const digests = async () =>
    (await Promise.all(PROJECTIONS.map((each) => digestTables(postgres, each, LEDGER_SCHEMA)))).flat();
  const write = async (transfers: number): Promise<void> => {
    for (let i = 1; i <= transfers; i += 1) {
      await history.transfer(bank, customer, BigInt(i + 1));
      await history.transfer(customer, bank, 1n, { checked: true });
    }
  };
  const schemas = async (): Promise<readonly string[]> => {
    const { rows } = await postgres.query<{ nspname: string }>(
      `select nspname from pg_namespace where nspname like 'ledger_re%' and nspname <> 'ledger_read'`,
    );
    return rows.map(({ nspname }) => nspname);
  };
  /** Everything a table is besides its rows. */
  const shapes = async (): Promise<unknown> => {
    const { rows } = await postgres.query<object>(
      `select c.relname, c.reloptions, obj_description(c.oid) as comment,
              (select array_agg(format('%s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull, col_description(c.oid, attnum)) order by attnum)
                 from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
              (select array_agg(pg_get_indexdef(indexrelid) order by 1) from pg_index where indrelid = c.oid) as indexes,
              (select array_agg(conname || ' ' || pg_get_constraintdef(oid) order by 1) from pg_constraint where conrelid = c.oid) as constraints
         from pg_class c where relnamespace = 'ledger'::regnamespace and relkind = 'r' order by 1`,
    );
    return rows.map(({ ...row }) => ({
      ...row,
      indexes: [...((row as { indexes: string[] | null }).indexes ?? [])].sort(),
      constraints: [...((row as { constraints: string[] | null }).constraints ?? [])].sort(),
    }));
  };

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    ({ postgres, databaseUrl } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    store = new InMemoryEventStore();
    history = new LedgerHistory(store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open({ overdraftLimit: '0' });
    await write(20);
  });
  afterEach(stopAll);
  afterAll(() => server.stop());

  it('gives the same rows in tables of the same shape, on a system that is stopped', async () => {
    await project();
    const [rows, shape] = [await digests(), await shapes()];
    const results = await rebuild();
    expect(results.map(({ name, position }) => ({ name, position }))).toEqual(
      PROJECTIONS.map(({ name }) => ({ name, position: store.log.at(-1)?.position })),
    );
    for (const { fresh, old, incomparable } of results) {
      expect(fresh).toEqual(old);
      expect(incomparable).toBeNull();
    }
    expect(await digests()).toEqual(rows);
    expect(await shapes()).toEqual(shape);
    expect(await schemas()).toEqual([]);
    // The projector goes on with the fresh tables.
    await write(1);
    await project();
    expect((await rebuild()).every(({ fresh, old }) => expect(fresh).toEqual(old) === undefined)).toBe(true);
  });

  it('leaves tables that the planner knows, before anybody else looks at them', async () => {
    await project();
    await rebuild();
    const { rows } = await postgres.query<{ table: string; known: boolean; columns: number }>(
      `select c.relname as table, c.reltuples >= 0 as known,
              (select count(*)::int from pg_stats where schemaname = 'ledger' and tablename = c.relname) as columns
         from pg_class c where c.relnamespace = 'ledger'::regnamespace and c.relkind = 'r' and c.relname = any($1)`,
      [PROJECTIONS.flatMap(({ tables }) => tables)],
    );
    expect(rows.filter(({ known }) => !known)).toEqual([]);
    expect(rows.find(({ table }) => table === 'entries')?.columns).toBeGreaterThan(5);
  });

  it('goes on beside writes, the live projector and readers, who see whole tables at every moment', async () => {
    const runner = run();
    await caughtUp(runner);
    const going = { on: true, looks: 0 };
    const writer = (async () => {
      while (going.on) {
        await write(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    const reader = (async () => {
      let newest = 0n;
      let most = 0n;
      while (going.on) {
        const { rows } = await postgres.query<{
          difference: string;
          position: bigint;
          accounts: bigint;
          entries: bigint;
        }>(
          `select (select coalesce(sum(debits - credits), 0)::text from ledger.account_balances) as difference,
                  (select count(*) from ledger.account_balances) as accounts,
                  (select count(*) from ledger.entries) as entries,
                  (select position from ledger.projection_checkpoints where name = 'account_balances') as position`,
        );
        const [row] = rows;
        expect(row?.difference).toBe('0');
        expect(row?.accounts).toBe(2n);
        expect(row?.position).toBeGreaterThanOrEqual(newest);
        expect(row?.entries).toBeGreaterThanOrEqual(most);
        newest = row?.position ?? newest;
        most = row?.entries ?? most;
        going.looks += 1;
      }
    })();
    try {
      for (let round = 0; round < 2; round += 1) {
        for (const { fresh, old, incomparable } of await rebuild()) {
          expect(incomparable).toBeNull();
          expect(fresh).toEqual(old);
        }
      }
    } finally {
      going.on = false;
      await Promise.all([writer, reader]);
    }
    expect(going.looks).toBeGreaterThan(5);
    await caughtUp(runner);
    expect(runner.status().map(({ state, reason }) => ({ state, reason }))).toEqual(
      PROJECTIONS.map(() => ({ state: 'live', reason: null })),
    );
    const rows = await digests();
    await stopAll();
    await postgres.query('drop schema if exists ledger, ledger_read cascade');
    await migrate(postgres, MIGRATIONS);
    await project();
    expect(await digests()).toEqual(rows);
  });

  it('killed half-way it leaves the live tables as they are, and the next one starts clean', async () => {
    await project();
    const rows = await digests();
    const mortal = PROJECTIONS.map((projection): Projection => ({
      ...projection,
      async apply(sql, events) {
        await projection.apply(sql, events);
        await sql.query('commit');
        await sql.query('select pg_terminate_backend(pg_backend_pid())');
      },
    }));
    await expect(rebuild(mortal)).rejects.toThrow('PostgreSQL is unavailable');
    expect((await schemas()).length).toBeGreaterThan(0);
    expect(await digests()).toEqual(rows);
    for (const { fresh, old } of await rebuild()) expect(fresh).toEqual(old);
    expect(await digests()).toEqual(rows);
    expect(await schemas()).toEqual([]);
  });

  it('repairs rows that somebody changed, and says that they differed', async () => {
    await project();
    const rows = await digests();
    await postgres.query('update ledger.account_balances set debits = debits + 1 where account_id = $1', [
      bank.accountId,
    ]);
    const results = await rebuild();
    const differing = results.filter(({ fresh, old }) => fresh[0]?.digest !== old[0]?.digest);
    expect(differing.map(({ name }) => name)).toEqual(['account_balances']);
    expect(await digests()).toEqual(rows);
  });

  it('fills tables whose checkpoint is of no use from this log, and the stopped projector goes on by itself', async () => {
    await project();
    const rows = await digests();
    await postgres.query(`update ledger.projection_checkpoints set store_id = 'another'`);
    await postgres.query('delete from ledger.entries where leg = 1');
    const runner = run();
    await until(() => runner.status().every(({ state }) => state === 'stopped'));
    for (const { incomparable, position } of await rebuild()) {
      expect(incomparable).toContain('was filled from event store another');
      expect(position).toBe(await store.headPosition());
    }
    await until(() => runner.status().every(({ state }) => state === 'live'));
    expect(await digests()).toEqual(rows);
  });

  it('keeps views on the tables, with their privileges and what depends on them', async () => {
    await project();
    await postgres.query(`
      create schema reports;
      create view reports.totals with (security_barrier = true) as
        select account_id, sum(amount)::text as total from ledger.entries group by account_id;
      create view reports.above as select * from reports.totals where total <> '0';
      grant select on reports.totals to public`);
    const before = await postgres.query<object>('select * from reports.above order by account_id');
    await rebuild();
    await history.transfer(bank, customer, 1_000_000n);
    await project();
    const after = await postgres.query<object>('select * from reports.above order by account_id');
    expect(after.rows).not.toEqual(before.rows);
    const { rows } = await postgres.query<{ relacl: string; reloptions: string[] }>(
      `select relacl::text, reloptions from pg_class where oid = 'reports.totals'::regclass`,
    );
    expect(rows[0]?.relacl).toContain('=r/');
    expect(rows[0]?.reloptions).toEqual(['security_barrier=true']);
  });

  it('refuses, saying what to do, when something depends on a table that can not be taken along', async () => {
    await project();
    await postgres.query('create materialized view public.mine as select * from ledger.entries');
    await expect(rebuild()).rejects.toThrow(/materialized view public.mine.*drop it, run the rebuild again/);
    expect(await schemas()).toEqual([]);
  });

  it('is done by one process at a time', async () => {
    await project();
    const [projection] = PROJECTIONS;
    if (projection === undefined) return;
    const other = new Postgres({ databaseUrl, applicationName: 'spec' });
    const first = await Rebuild.begin(projection, { store, postgres: other });
    await expect(Rebuild.begin(projection, { store, postgres })).rejects.toThrow('by another process');
    await first.end();
    await other.close();
  });

  it('waits for readers who hold the old tables, and is tried again', async () => {
    await project();
    const reader = await postgres.openSession(60_000);
    await reader.query('begin');
    await reader.query('select count(*) from ledger.entries');
    const going = rebuild(PROJECTIONS.filter(({ name }) => name === 'entries'));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await reader.query('commit');
    await reader.close();
    for (const { fresh, old } of await going) expect(fresh).toEqual(old);
  });
});
