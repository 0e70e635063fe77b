import type pg from 'pg';
import { types } from 'node:util';
import { limits } from '../../config/limits.js';
import { exactTypes, type SqlResult } from './sql.js';
import { isPassing, isRefusal, PostgresRefused, PostgresUnavailable, sqlstateOf } from './sqlstate.js';

export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly databaseUrl: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
}

/** What every connection is opened with: nothing on it waits for ever, values are exact, and time is UTC. */
export function connectionSettings(options: PostgresOptions, statementMsMax: number): pg.ClientConfig {
  return {
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    connectionTimeoutMillis: limits.postgresConnectMsMax,
    statement_timeout: statementMsMax,
    // For a statement the server does not answer at all: the network is gone, or the server was stopped in its tracks.
    query_timeout: statementMsMax + limits.postgresConnectMsMax,
    idle_in_transaction_session_timeout: limits.postgresIdleInTransactionMsMax,
    keepAlive: true,
    // Compiling a statement takes longer than any of the read side's runs.
    options: '-c timezone=UTC -c jit=off',
    types: exactTypes,
  };
}

/** Runs a statement, telling an unavailable database from a refused statement. */
export async function run<Row extends object>(
  client: pg.Pool | pg.ClientBase,
  text: string,
  values: readonly unknown[] = [],
): Promise<SqlResult<Row>> {
  const result = await client.query<Row>(text, [...values]).catch(asUnavailable);
  return { rows: result.rows, rowCount: result.rowCount ?? 0 };
}

/** What the driver says, without a code, when there is no connection (any more). */
const LOST =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired|timeout exceeded when trying to connect)/;

/** What the driver says, without a code, when the server asks for a password and there is none. */
const NO_PASSWORD = /client password must be a (?:non-empty )?string/;

/**
 * Rethrows as {@link PostgresUnavailable} what is no fault of the statement, as {@link PostgresRefused} what is one of the
 * settings, everything else as it is.
 */
export function asUnavailable(error: unknown): never {
  // Not instanceof: under jest Node's own errors belong to another realm.
  if (!types.isNativeError(error)) throw error;
  const state = sqlstateOf(error);
  if (state === undefined ? NO_PASSWORD.test(error.message) : isRefusal(state)) {
    throw new PostgresRefused(
      `PostgreSQL does not let this application in (${error.message}): correct user, password and database in DATABASE_URL, then start again.`,
      { cause: error },
    );
  }
  // A host of several addresses, none of which answers, fails with all their errors and a code, but no call of its own.
  const isOfSystem = 'syscall' in error || ('errors' in error && 'code' in error);
  const passes = state === undefined ? isOfSystem || LOST.test(error.message) : isPassing(state);
  if (!passes) throw error;
  const reason = error.message || ('code' in error ? String(error.code) : error.name);
  throw new PostgresUnavailable(`PostgreSQL is unavailable: ${reason}.`, { cause: error });
}
