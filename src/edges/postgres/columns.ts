/**
 * Turns rows into one array per column, the form `unnest($1::uuid[], $2::text[], ...)` takes: one statement, whatever
 * the number of rows.
 *
 * @param pick one function per column, in the order of the parameters
 */
export function toColumns<Row>(
  rows: readonly Row[],
  pick: readonly ((row: Row) => string | number | bigint | boolean | null)[],
): unknown[][] {
  return pick.map((column) => rows.map(column));
}
