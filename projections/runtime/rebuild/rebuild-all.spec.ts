import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { LedgerHistory } from '../../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.js';
import { migrate } from '../../../src/edges/postgres/migrate.js';
import { accountsProjection } from '../../accounts/accounts.project.js';
import { entriesProjection } from '../../entries/entries.project.js';
import { MIGRATIONS } from '../../index.js';
import type { Projection } from '../projection.js';
import { rebuildAll } from './rebuild-all.js';

describe('a rebuild of several read models', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.stop());

  it('of which one fails, ends when the others have ended what they were writing', async () => {
    const { postgres } = await server.createDatabase();
    await migrate(postgres, MIGRATIONS);
    const store = new InMemoryEventStore();
    const history = new LedgerHistory(store);
    await history.transfer(await history.open(), await history.open(), 5n);
    const log: string[] = [];
    let fail: () => void = () => undefined;
    const hasFailed = new Promise<void>((resolve) => (fail = resolve));
    const slow: Projection = {
      ...accountsProjection,
      async apply(sql) {
        await hasFailed;
        for (let statement = 0; statement < 10; statement += 1) await sql.query('select pg_sleep(0.02)');
        log.push('written');
      },
    };
    const broken: Projection = {
      ...entriesProjection,
      apply(_sql, events) {
        // A batch that fails is narrowed down to the one event, and with that it is given up.
        if (events.length === 1) fail();
        return Promise.reject(new Error('It can not be applied.'));
      },
    };
    const rebuild = rebuildAll(
      [slow, broken],
      { store, postgres },
      () => undefined,
      () => undefined,
    );
    await expect(rebuild).rejects.toThrow('It can not be applied.');
    expect(log).toContain('written');
    const { rows } = await postgres.query<{ schema: string }>(
      `select nspname as schema from pg_namespace where nspname like 'ledger%' order by 1`,
    );
    expect(rows.map(({ schema }) => schema)).toEqual(['ledger', 'ledger_read']);
  });
});
