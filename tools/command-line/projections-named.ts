import { projectionsOf } from '../../projections/index.js';
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
 * Makes sure that the tables are there: only the ledger itself makes them.
 *
 * @throws Error saying how
 */
export async function requireSchema(postgres: Postgres): Promise<void> {
  const { rows } = await postgres.query<{ exists: boolean }>(
    `select to_regclass('ledger.projection_controls') is not null as exists`,
  );
  if (rows[0]?.exists === true) return;
  throw new Error('The database has no tables of this version yet: start the ledger once, then try again.');
}
