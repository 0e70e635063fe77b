import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.js';
import { until } from '../../../test/support/until.js';
import { toColumns } from './columns.js';
import { Postgres } from './postgres.js';
import { PostgresRefused, PostgresUnavailable, sqlstateOf } from './sqlstate.js';

const TERMINATE_OTHERS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;

describe('PostgreSQL', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  beforeAll(async () => {
    server = await startTestPostgres();
    ({ postgres } = await server.createDatabase());
  });
  afterAll(() => server.stop());

  it('gives integers and amounts without losing a digit, in and out', async () => {
    const amount = '9'.repeat(38);
    const { rows } = await postgres.query(
      'select $1::bigint as position, $2::numeric(38, 0) as amount, $3::text as none',
      [2n ** 63n - 1n, amount, null],
    );
    expect(rows).toEqual([{ position: 9223372036854775807n, amount, none: null }]);
  });

  it('takes many rows in one statement, whatever their text holds', async () => {
    const rows = [
      { id: 1n, text: 'plain' },
      { id: 2n, text: '{"quoted", \\ and , braced}' },
      { id: 3n, text: null },
      { id: 4n, text: 'NULL' },
    ];
    const columns = toColumns(rows, [(row) => row.id, (row) => row.text]);
    const result = await postgres.query(
      'select * from unnest($1::bigint[], $2::text[]) as t (id, text)',
      columns,
    );
    expect(result.rows).toEqual(rows);
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, 'password authentication failed for user "evenkeel"'],
    ['no password', { password: '' }, 'client password must be a'],
    ['an unknown database', { pathname: '/nowhere' }, 'database "nowhere" does not exist'],
  ])('says what to do about %s', async (_what, change, reason) => {
    const { databaseUrl } = await server.createDatabase();
    const refused = new Postgres({
      databaseUrl: Object.assign(new URL(databaseUrl), change).href,
      applicationName: 'spec',
    });
    const opening = [refused.query('select 1'), refused.openSession(1000)];
    for (const outcome of await Promise.allSettled(opening)) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: expect.any(PostgresRefused) as unknown,
      });
      const { message } = (outcome as PromiseRejectedResult).reason as Error;
      expect(message).toContain(`PostgreSQL does not let this application in (`);
      expect(message).toContain(reason);
      expect(message).toContain('correct user, password and database in DATABASE_URL, then start again.');
    }
    await refused.close();
  });

  it('is unavailable when nobody listens, and when the connection is cut', async () => {
    const nowhere = new Postgres({ databaseUrl: 'postgresql://a:b@127.0.0.1:1/c', applicationName: 'spec' });
    await expect(nowhere.query('select 1')).rejects.toThrow(PostgresUnavailable);
    await expect(nowhere.openSession(1000)).rejects.toThrow(PostgresUnavailable);
    await nowhere.close();

    const session = await postgres.openSession(10_000);
    const waiting = session.query('select pg_sleep(10)');
    const refused = expect(waiting).rejects.toThrow(PostgresUnavailable);
    await until(async () => {
      const { rows } = await postgres.query(
        `select 1 from pg_stat_activity where query like 'select pg_sleep%'`,
      );
      return rows.length > 0;
    });
    await postgres.query(TERMINATE_OTHERS);
    await refused;
    await session.ended;
    await expect(session.query('select 1')).rejects.toThrow(PostgresUnavailable);
    await session.close();
    expect((await postgres.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('stops a statement that takes too long', async () => {
    const session = await postgres.openSession(50);
    await expect(session.query('select pg_sleep(10)')).rejects.toThrow(PostgresUnavailable);
    await session.close();
  });

  it('blames a statement for what is its own fault', async () => {
    const failure = await postgres.query('select 1/0').catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(PostgresUnavailable);
    expect(sqlstateOf(failure)).toBe('22012');
  });

  it('rolls a failed transaction back, and lets the session go on', async () => {
    const session = await postgres.openSession(1000);
    await session.query('create temporary table tried (n integer)');
    const failing = session.transaction(async (sql) => {
      await sql.query('insert into tried values (1)');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect((await session.query('select * from tried')).rows).toEqual([]);
    await session.close();
  });

  it('lets one session at a time hold a lock, and the next one once that has ended', async () => {
    const [first, second] = await Promise.all([postgres.openSession(1000), postgres.openSession(1000)]);
    expect(await first.tryLock('spec')).toBe(true);
    expect(await second.tryLock('spec')).toBe(false);
    await first.close();
    await until(() => second.tryLock('spec'));
    await second.close();
  });
});
