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
   * @throws PostgresUnavailable when the connection is lost; the driver's error, with its SQLSTATE, when the statement is refused
   */
  query<Row extends object = never>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>>;
}

export interface SqlResult<Row> {
  readonly rows: readonly Row[];
  /** Rows returned or changed. */
  readonly rowCount: number;
}

/** The driver's parsers, but for eight-byte integers: as JavaScript numbers they would lose digits. */
export const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};
