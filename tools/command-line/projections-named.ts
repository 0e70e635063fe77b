import { MIGRATIONS, projectionsOf } from '../../projections/index.js';
import type { Projection } from '../../projections/runtime/projection.js';
import type { AppConfig } from '../../src/config/config.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';

/**
 * The projections of these names, or all when none is named, as a configuration wants them.
 *
 * @throws Error naming the one that does not exist
 */
export function projectionsNamed(names: readonly string[], config: AppConfig): readonly Projection[] {
  const all = projectionsOf(config);
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`There is no projection ${unknown}: name one of ${known.join(', ')}.`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/**
 * Makes sure that the tables are those of this version: only the ledger itself makes them.
 *
 * @throws Error saying how
 */
export async function requireSchema(postgres: Postgres): Promise<void> {
  const newest = await newestMigration(postgres);
  if (newest === MIGRATIONS.length) return;
  throw new Error(
    newest > MIGRATIONS.length
      ? `The tables of the database are of a newer version (${newest}) than this one (${MIGRATIONS.length}): use the newer one.`
      : `The tables of the database are not yet those of this version (${newest} of ${MIGRATIONS.length} steps): start the ledger once, then try again.`,
  );
}

/** The number of the newest step of the schema that was applied; 0 before the first. */
async function newestMigration(postgres: Postgres): Promise<number> {
  const { rows: records } = await postgres.query<{ exists: boolean }>(
    `select to_regclass('ledger.schema_migrations') is not null as exists`,
  );
  if (records[0]?.exists !== true) return 0;
  const { rows } = await postgres.query<{ newest: number }>(
    'select coalesce(max(number), 0) as newest from ledger.schema_migrations',
  );
  return rows[0]?.newest ?? 0;
}
