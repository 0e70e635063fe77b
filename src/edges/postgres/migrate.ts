import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import type { PostgresSession } from './postgres-session.js';
import type { Postgres } from './postgres.js';

/** One step of the schema. Once released it is never edited: what is wrong with it is put right by the next one. */
export interface Migration {
  /** Contiguous from 1. */
  readonly number: number;
  /** What it makes, for the record. */
  readonly name: string;
  /** Statements separated by semicolons, run in one transaction. */
  readonly sql: string;
}

/** The database can't be brought to this version's schema; the message says what to do. Not worth retrying. */
export class SchemaRefused extends Error {
  override readonly name = 'SchemaRefused';
}

const LOCK = 'evenkeel:migrations';
const LOCK_POLL_MS = 50;

/** The record of what was applied; made by the runner itself, before the first migration. */
const RECORD = `
create schema if not exists ledger;
create table if not exists ledger.schema_migrations (
  number integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
);
comment on schema ledger is 'Evenkeel: read models derived from the event streams. Everything in here can be dropped and rebuilt.';
comment on table ledger.schema_migrations is 'Which steps of the schema were applied, and the SHA-256 of each as it was applied.';
`;

/**
 * Brings the database to the newest of `migrations`: each missing one in its own transaction, in order, forward only.
 * One process at a time does it; the others wait and find nothing left to do.
 *
 * @param migrations ordered by number, contiguous from 1
 * @returns the numbers applied by this call
 * @throws SchemaRefused when the database is newer than this code, or an applied migration was edited
 * @throws PostgresUnavailable
 */
export async function migrate(
  postgres: Postgres,
  migrations: readonly Migration[],
): Promise<readonly number[]> {
  migrations.forEach(({ number }, index) =>
    assert(
      number === index + 1,
      `Migration ${number} is numbered ${index + 1}: numbers are contiguous from 1.`,
    ),
  );
  const session = await postgres.openSession(limits.migrationStatementMsMax);
  try {
    await waitForLock(session);
    await session.query(RECORD);
    const { rows: applied } = await session.query<{ number: number; name: string; checksum: string }>(
      'select number, name, checksum from ledger.schema_migrations order by number',
    );
    refuseNewer(applied, migrations);
    refuseEdited(applied, migrations);
    const missing = migrations.slice(applied.length);
    for (const { number, name, sql } of missing) {
      await session.transaction(async (transaction) => {
        await transaction.query(sql);
        await transaction.query(
          'insert into ledger.schema_migrations (number, name, checksum) values ($1, $2, $3)',
          [number, name, checksumOf(sql)],
        );
      });
    }
    return missing.map(({ number }) => number);
  } finally {
    await session.close();
  }
}

/** SHA-256 of the text as it stands, in hexadecimal. */
function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

async function waitForLock(session: PostgresSession): Promise<void> {
  const deadline = Date.now() + limits.migrationLockWaitMsMax;
  while (!(await session.tryLock(LOCK))) {
    if (Date.now() > deadline) {
      throw new SchemaRefused(
        `Another process has been migrating the database for ${limits.migrationLockWaitMsMax / 1000} s: wait until it is done, or end it, then start again.`,
      );
    }
    await sleep(LOCK_POLL_MS);
  }
}

function refuseNewer(applied: readonly { number: number }[], migrations: readonly Migration[]): void {
  const newest = applied.at(-1)?.number ?? 0;
  if (newest > migrations.length) {
    throw new SchemaRefused(
      `The database's schema is newer (${newest}) than this version of Evenkeel knows (${migrations.length}): start the newer version, or set DATABASE_URL to another database.`,
    );
  }
}

function refuseEdited(
  applied: readonly { number: number; name: string; checksum: string }[],
  migrations: readonly Migration[],
): void {
  for (const [index, migration] of migrations.slice(0, applied.length).entries()) {
    const record = applied[index];
    if (record?.number === migration.number && record.checksum === checksumOf(migration.sql)) continue;
    throw new SchemaRefused(
      `Migration ${migration.number} (${migration.name}) was edited after it was applied to this database: restore its text and make the change in a new migration.`,
    );
  }
}
