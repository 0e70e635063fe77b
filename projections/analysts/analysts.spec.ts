import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeMarketplace } from '../../test/support/analysts-history.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/until.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { MIGRATIONS, PROJECTIONS } from '../index.js';
import { ProjectionRunner } from '../runtime/projection-runner.js';
import { rebuildAll } from '../runtime/rebuild/rebuild-all.js';
import { admitAnalysts, ANALYST_ROLE } from './analyst-role.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const GUIDE = 'docs/guides/queries.md';

/** A query of the guide with the answer it prints. */
interface Worked {
  readonly title: string;
  readonly sql: string;
  readonly answer: string;
}

async function workedQueries(): Promise<readonly Worked[]> {
  const page = await readFile(GUIDE, 'utf8');
  const blocks = /^## (\d+\. [^\n]+)\n.*?```sql\n(.*?)```\n+```text\n(.*?)```/gms;
  return [...page.matchAll(blocks)].map(([, title = '', sql = '', answer = '']) => ({ title, sql, answer }));
}

/** Rows as the guide prints them: names, then values, each column as wide as its widest. */
function asText(rows: readonly object[]): string {
  const cells = [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row).map(cell))];
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}

function cell(value: unknown): string {
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return value === null ? '' : `${value as string | number | bigint}`;
}

describe('the schema for analysts', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let databaseUrl: string;
  let analyst: PostgresSession;
  let store: InMemoryEventStore;

  beforeAll(async () => {
    server = await startTestPostgres();
    ({ postgres, databaseUrl } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    expect(await admitAnalysts(postgres)).toBeNull();
    store = new InMemoryEventStore();
    await writeMarketplace(store);
    const runner = new ProjectionRunner(PROJECTIONS, { store, postgres, log });
    runner.start();
    const head = await store.headPosition();
    await until(() => runner.status().every(({ position }) => position === head));
    await runner.stop();
    analyst = await postgres.openSession(10_000);
    await analyst.query(`set role ${ANALYST_ROLE}`);
  });
  afterAll(async () => {
    await analyst.close();
    await server.stop();
  });

  it('answers the ten queries of the guide as the guide says', async () => {
    const queries = await workedQueries();
    expect(queries.map(({ title }) => title.split('.')[0])).toEqual(
      Array.from({ length: 10 }, (_, i) => `${i + 1}`),
    );
    const answers = [];
    for (const { title, sql } of queries) {
      const { rows } = await analyst.query<object>(sql);
      answers.push(`${title}\n${asText(rows)}`);
    }
    expect(answers.join('\n')).toEqual(queries.map(({ title, answer }) => `${title}\n${answer}`).join('\n'));
  });

  it('lets its role read the views and nothing else', async () => {
    const { rows } = await postgres.query<{ view: string }>(
      `select relname as view from pg_class where relnamespace = 'ledger_read'::regnamespace and relkind = 'v'`,
    );
    expect(rows.map(({ view }) => view).sort()).toEqual([
      'account_balances',
      'account_statement',
      'accounts',
      'counter_buckets',
      'daily_totals',
      'entries',
      'positions',
      'transactions',
      'trial_balance',
    ]);
    for (const { view } of rows) await analyst.query(`select * from ledger_read.${view} limit 1`);
    await analyst.transaction(async (sql) => {
      await sql.query('set transaction isolation level repeatable read');
      await sql.query('lock table ledger_read.entries, ledger_read.account_statement in access share mode');
    });
    for (const refused of [
      'select * from ledger.entries',
      'select * from ledger.projection_controls',
      `update ledger_read.accounts set name = 'mine'`,
      'delete from ledger_read.entries',
      'insert into ledger_read.positions values (null, 1, null)',
      'create view ledger_read.mine as select 1',
      'create table public.mine ()',
      'create schema mine',
      'select * from pg_authid',
    ]) {
      await expect(analyst.query(refused)).rejects.toThrow(/permission denied/);
    }
  });

  it('keeps the locks that hold up a read model from everybody but the ledger', async () => {
    const jo = new URL(databaseUrl);
    jo.username = 'jo';
    jo.password = 'secret';
    await postgres.query(`create role jo login password 'secret' in role ${ANALYST_ROLE}`);
    const login = new Postgres({ databaseUrl: jo.href, applicationName: 'spec' });
    const names = await postgres.query<{ name: string }>(
      `select distinct proname as name from pg_proc where proname ~ '^pg_(try_)?advisory_(xact_)?lock'`,
    );
    expect(names.rows).toHaveLength(8);
    try {
      for (const { name } of names.rows) {
        for (const lock of [`hashtextextended('evenkeel:projection:counters', 0)`, '1, 2']) {
          await expect(login.query(`select ${name}(${lock})`)).rejects.toThrow(
            /permission denied for function/,
          );
        }
      }
    } finally {
      await login.close();
    }
    // The ledger itself goes on as before, at this start and at the next.
    expect(await admitAnalysts(postgres)).toBeNull();
  });

  it('says with a unit what every table, view and column is', async () => {
    const { rows } = await postgres.query<{ what: string }>(
      `select format('%s.%s.%s', c.relnamespace::regnamespace, c.relname, a.attname) as what
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace::regnamespace::text in ('ledger', 'ledger_read') and c.relkind in ('r', 'v', 'p')
          -- The columns of a partition are those of its table.
          and not c.relispartition
          and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)
        order by 1`,
    );
    expect(rows.map(({ what }) => what)).toEqual([]);
  });

  it('stays as it is while read models are rebuilt', async () => {
    const count = async (): Promise<unknown> =>
      (await analyst.query<object>('select count(*), sum(debit), sum(credit) from ledger_read.entries')).rows;
    const before = await count();
    await rebuildAll(
      PROJECTIONS,
      { store, postgres },
      () => undefined,
      () => undefined,
    );
    expect(await count()).toEqual(before);
  });

  it('does without the role, saying who has to make it, where the user may not', async () => {
    const owner = `owner_${randomUUID().replaceAll('-', '')}`;
    const fresh = await server.createDatabase();
    await fresh.postgres.query(`create role ${owner} login password 'secret'`);
    await fresh.postgres.query(
      `grant create on database ${new URL(fresh.databaseUrl).pathname.slice(1)} to ${owner}`,
    );
    const url = new URL(fresh.databaseUrl);
    url.username = owner;
    url.password = 'secret';
    const managed = new Postgres({ databaseUrl: url.href, applicationName: 'spec' });
    try {
      await migrate(managed, MIGRATIONS);
      // The cluster has the role already: whoever owns the views may let it read them, and may not keep the locks.
      const toRun = /have an administrator run in it: (do .*)$/.exec((await admitAnalysts(managed)) ?? '');
      await fresh.postgres.query(toRun?.[1] ?? '');
      expect(await admitAnalysts(managed)).toBeNull();
      await postgres.query(`alter role ${ANALYST_ROLE} rename to another_analyst`);
      expect(await admitAnalysts(managed)).toContain(
        'have an administrator run "create role ledger_analyst nologin"',
      );
    } finally {
      await postgres.query(`alter role another_analyst rename to ${ANALYST_ROLE}`);
      await managed.close();
    }
  });
});
