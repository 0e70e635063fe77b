import pg from 'pg';
import { limits } from '../../config/limits.js';
import { connectionSettings, run, type PostgresOptions } from './connection.js';
import { PostgresSession } from './postgres-session.js';
import type { Sql, SqlResult } from './sql.js';

/**
 * The read side's database: a bounded pool for queries, and sessions of their own for whoever needs to hold a lock.
 *
 * Connects when first used and again after every loss: constructing it needs no running database.
 */
export class Postgres implements Sql {
  private readonly pool: pg.Pool;

  constructor(private readonly options: PostgresOptions) {
    this.pool = new pg.Pool({
      ...connectionSettings(options, limits.postgresStatementMsMax),
      max: limits.postgresPoolConnectionsMax,
    });
    // An idle connection that breaks is dropped and replaced at the next use; unheard, it would end the process.
    this.pool.on('error', () => undefined);
  }

  query<Row extends object = never>(text: string, values: readonly unknown[] = []): Promise<SqlResult<Row>> {
    return run(this.pool, text, values);
  }

  /**
   * Opens a connection of its own, outside the pool.
   *
   * @param statementMsMax how long one of its statements may take
   * @throws PostgresUnavailable
   */
  openSession(statementMsMax: number): Promise<PostgresSession> {
    return PostgresSession.open(connectionSettings(this.options, statementMsMax));
  }

  /** Closes the pool once its queries have ended. Sessions are their holders' to close. */
  close(): Promise<void> {
    return this.pool.end();
  }
}
