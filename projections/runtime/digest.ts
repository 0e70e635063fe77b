import type { Sql } from '../../src/edges/postgres/sql.js';
import type { Projection } from './projection.js';

/** A table's contents as two numbers: equal for equal sets of rows, in whatever order they lie. */
export interface TableDigest {
  readonly table: string;
  readonly rows: bigint;
  /** Sum of a 64-bit hash over every row's text, as digits. */
  readonly digest: string;
}

/**
 * Digests a projection's tables, to compare a rebuilt set with the live one, or two databases.
 *
 * @param schema where the set of tables lies
 */
export async function digestTables(
  sql: Sql,
  projection: Projection,
  schema: string,
): Promise<readonly TableDigest[]> {
  const digests: TableDigest[] = [];
  for (const table of projection.tables) {
    const { rows } = await sql.query<{ rows: bigint; digest: string }>(
      `select count(*) as rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as digest
         from ${schema}.${table} t`,
    );
    for (const row of rows) digests.push({ table, ...row });
  }
  return digests;
}
