import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.js';
import { migrate, SchemaRefused, type Migration } from './migrate.js';
import { Postgres } from './postgres.js';

const one: Migration = { number: 1, name: 'boats', sql: 'create table ledger.boats (name text); select 1;' };
const two: Migration = { number: 2, name: 'crews', sql: 'create table ledger.crews (name text);' };

describe('migrations', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let databaseUrl: string;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    ({ postgres, databaseUrl } = await server.createDatabase());
  });
  afterAll(() => server.stop());

  it('applies what is missing, in order, and nothing twice', async () => {
    expect(await migrate(postgres, [one])).toEqual([1]);
    expect(await migrate(postgres, [one, two])).toEqual([2]);
    expect(await migrate(postgres, [one, two])).toEqual([]);
    const { rows } = await postgres.query(
      'select number, name from ledger.schema_migrations order by number',
    );
    expect(rows).toEqual([
      { number: 1, name: 'boats' },
      { number: 2, name: 'crews' },
    ]);
  });

  it('refuses a schema that is newer than the code', async () => {
    await migrate(postgres, [one, two]);
    await expect(migrate(postgres, [one])).rejects.toThrow(
      new SchemaRefused(
        "The database's schema is newer (2) than this version of Evenkeel knows (1): start the newer version, or set DATABASE_URL to another database.",
      ),
    );
  });

  it('refuses an applied migration that was edited', async () => {
    await migrate(postgres, [one]);
    await expect(migrate(postgres, [{ ...one, sql: `${one.sql} ` }])).rejects.toThrow(
      'Migration 1 (boats) was edited after it was applied to this database: restore its text and make the change in a new migration.',
    );
  });

  it('lets several processes start at once: each migration is applied by one of them', async () => {
    const others = [1, 2, 3].map(() => new Postgres({ databaseUrl, applicationName: 'spec' }));
    const applied = await Promise.all([postgres, ...others].map((each) => migrate(each, [one, two])));
    expect(applied.flat().toSorted()).toEqual([1, 2]);
    await Promise.all(others.map((each) => each.close()));
  });

  it('leaves nothing of a migration that fails half-way', async () => {
    const broken = { ...two, sql: `${two.sql} select 1/0;` };
    await expect(migrate(postgres, [one, broken])).rejects.toThrow('division by zero');
    expect(await migrate(postgres, [one, two])).toEqual([2]);
  });
});
