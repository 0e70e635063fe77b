import pg from 'pg';
import { asUnavailable, run } from './connection.js';
import type { Sql, SqlResult } from './sql.js';

/**
 * One connection to the database, with what lives and dies with a connection: transactions and session locks.
 * Used by one caller at a time. Once a statement failed with `PostgresUnavailable` it is of no more use.
 */
export class PostgresSession implements Sql {
  /** Resolves when the connection is gone, closed or lost: its locks are then free. */
  readonly ended: Promise<void>;

  private constructor(private readonly client: pg.Client) {
    this.ended = new Promise((resolve) => client.once('end', () => resolve()));
  }

  /** @throws PostgresUnavailable */
  static async open(settings: pg.ClientConfig): Promise<PostgresSession> {
    const client = new pg.Client(settings);
    // A broken connection is reported by the next statement; unheard, this event would end the process.
    client.on('error', () => undefined);
    await client.connect().catch(asUnavailable);
    return new PostgresSession(client);
  }

  query<Row extends object = never>(text: string, values: readonly unknown[] = []): Promise<SqlResult<Row>> {
    return run(this.client, text, values);
  }

  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
   *
   * @throws what `work` throws; PostgresUnavailable when the connection is lost, and then it may or may not be committed
   */
  async transaction<Value>(work: (sql: Sql) => Promise<Value>): Promise<Value> {
    await this.query('begin');
    try {
      const value = await work(this);
      await this.query('commit');
      return value;
    } catch (error) {
      // On a lost connection the server rolls back by itself; what went wrong first is what counts.
      await this.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  /**
   * Takes an advisory lock that ends with this session.
   *
   * @returns false when another session holds it
   */
  async tryLock(name: string): Promise<boolean> {
    const { rows } = await this.query<{ locked: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
      [name],
    );
    return rows[0]?.locked === true;
  }

  /** Closes the connection; its locks are free from then on. Never throws: a lost connection is closed already. */
  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}
