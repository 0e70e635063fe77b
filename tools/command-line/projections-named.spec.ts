import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MIGRATIONS } from '../../projections/index.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { requireSchema } from './projections-named.js';

describe('a tool that needs the tables of this version', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.stop());

  it('says to start the ledger while they are not there, or older', async () => {
    const { postgres } = await server.createDatabase();
    const sentence = /not yet those of this version .* start the ledger once, then try again\.$/;
    await expect(requireSchema(postgres)).rejects.toThrow(sentence);
    await migrate(postgres, MIGRATIONS.slice(0, -1));
    await expect(requireSchema(postgres)).rejects.toThrow(sentence);
    await migrate(postgres, MIGRATIONS);
    await requireSchema(postgres);
  });

  it('says to use the newer version where they are newer', async () => {
    const { postgres } = await server.createDatabase();
    const number = MIGRATIONS.length + 1;
    await migrate(postgres, [...MIGRATIONS, { number, name: 'later', sql: 'select 1' }]);
    await expect(requireSchema(postgres)).rejects.toThrow(`of a newer version (${number})`);
  });
});
