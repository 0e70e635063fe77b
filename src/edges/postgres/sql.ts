import pg from 'pg';

/**
 * What runs a statement.
 *
 * Values arrive exact: `bigint` columns as bigint, `numeric` as digit strings, `timestamptz` as Date, `json` parsed.
 */
export interface Sql {
  /**
   * Runs one statement with `$1`-style parameters; an array parameter is a Postgres array.
   *
   * @throws PostgresUnavailable when the database is; the driver's error, with its SQLSTATE, when the statement is refused
   */
  query<Row extends object = never>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>>;
}

export interface SqlResult<Row> {
  readonly rows: readonly Row[];
  /** Rows returned or changed. */
  readonly rowCount: number;
}

/** The type number of eight-byte integers (`pg_type.oid` of `int8`). */
const INT8_OID: number = pg.types.builtins.INT8;

/** The driver's parsers, but for eight-byte integers: as JavaScript numbers they would lose digits. */
export const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8_OID
      ? (text: string): unknown => BigInt(text)
      : (pg.types.getTypeParser(oid, format) as (
          text: string,
        ) => unknown)) as pg.CustomTypesConfig['getTypeParser'],
};
