import type { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { limits } from '../../src/config/limits.js';
import { ANALYST_SCHEMA } from './analysts.table.js';

/** The role analysts are made members of: it reads the views of their schema and sees nothing else. It can't log in itself. */
export const ANALYST_ROLE = 'ledger_analyst';

/** A second process that makes the role at the same moment is no fault, and neither is a user who may not make roles. */
const MAKE_ROLE = `
do $$
begin
  if not exists (select from pg_roles where rolname = '${ANALYST_ROLE}') then
    create role ${ANALYST_ROLE} nologin;
  end if;
exception when insufficient_privilege or duplicate_object or unique_violation then null;
end
$$`;

/** What takes advisory locks or lets them go; PostgreSQL lets everybody call it. */
const LOCK_FUNCTIONS = `from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^pg_(try_)?advisory_'`;

/**
 * Makes the analysts' role where this user may, lets it read the views of {@link ANALYST_SCHEMA}, and keeps the advisory locks of
 * this database to this user: whoever takes the lock of a projection keeps it from being filled. Done at every start: a role that
 * an administrator made since is found then.
 *
 * @returns null when all is in place; else one sentence saying who has to do what
 * @throws PostgresUnavailable
 */
export async function admitAnalysts(postgres: Postgres): Promise<string | null> {
  const session = await postgres.openSession(limits.postgresStatementMsMax);
  try {
    await session.query(MAKE_ROLE);
    const { rows } = await session.query<{ exists: boolean }>(
      'select exists (select from pg_roles where rolname = $1) as exists',
      [ANALYST_ROLE],
    );
    if (rows[0]?.exists !== true) {
      return `The user of DATABASE_URL may not make roles, so there is no ${ANALYST_ROLE}: have an administrator run "create role ${ANALYST_ROLE} nologin", then restart. Everything else works without it.`;
    }
    return await session.transaction(async (sql) => {
      // Two processes that grant at once would trip over each other.
      await sql.query(`select pg_advisory_xact_lock(hashtextextended('evenkeel:analysts', 0))`);
      await sql.query(`grant usage on schema ${ANALYST_SCHEMA} to ${ANALYST_ROLE}`);
      await sql.query(`grant select on all tables in schema ${ANALYST_SCHEMA} to ${ANALYST_ROLE}`);
      return keepLocks(sql);
    });
  } finally {
    await session.close();
  }
}

/** @returns null when only this user and superusers can take advisory locks; else what an administrator has to run */
async function keepLocks(sql: Sql): Promise<string | null> {
  if (!(await areLocksPublic(sql))) return null;
  const { rows } = await sql.query<{ owner: string }>('select quote_literal(current_user) as owner');
  const statement = `do $$ declare f regprocedure; begin for f in select oid ${LOCK_FUNCTIONS} loop execute format('grant execute on function %s to %I', f, ${rows[0]?.owner}); execute format('revoke execute on function %s from public', f); end loop; end $$`;
  // Who may not do it is told so by a warning of the server alone, and nothing has changed.
  await sql.query(statement);
  return (await areLocksPublic(sql))
    ? `The user of DATABASE_URL may not keep advisory locks to itself, so whoever can log in to its database could hold up the read models: have an administrator run in it: ${statement}`
    : null;
}

async function areLocksPublic(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ open: boolean }>(
    `select exists (select ${LOCK_FUNCTIONS} and has_function_privilege('public', oid, 'execute')) as open`,
  );
  return rows[0]?.open === true;
}
