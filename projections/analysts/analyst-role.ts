import type { Postgres } from '../../src/edges/postgres/postgres.js';
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

/**
 * Makes the analysts' role where this user may, and lets it read the views of {@link ANALYST_SCHEMA}. Done at every start:
 * a role that an administrator made since is found then.
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
    await session.transaction(async (sql) => {
      // Two processes that grant at once would trip over each other.
      await sql.query(`select pg_advisory_xact_lock(hashtextextended('evenkeel:analysts', 0))`);
      await sql.query(`grant usage on schema ${ANALYST_SCHEMA} to ${ANALYST_ROLE}`);
      await sql.query(`grant select on all tables in schema ${ANALYST_SCHEMA} to ${ANALYST_ROLE}`);
    });
    return null;
  } finally {
    await session.close();
  }
}
