import type { Sql } from '../../src/edges/postgres/sql.js';

/** A session that has an advisory lock, as an operator finds it in `pg_stat_activity`. */
export interface LockHolder {
  readonly pid: number;
  /** The user it logged in as; null when it ended just now. */
  readonly role: string | null;
}

/**
 * Finds who holds an advisory lock of this database that was taken by name.
 *
 * @returns null when nobody does
 */
export async function holderOf(sql: Sql, lock: string): Promise<LockHolder | null> {
  const { rows } = await sql.query<LockHolder>(
    `select pid, usename as role
       from pg_locks left join pg_stat_activity using (pid)
      where locktype = 'advisory' and granted and objsubid = 1
        and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)
      limit 1`,
    [lock],
  );
  return rows[0] ?? null;
}
