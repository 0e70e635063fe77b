import type { Sql } from '../../src/edges/postgres/sql.js';
import type { StoppedAt } from './projection.js';

/** Why a projection stands still, as it wrote down itself. */
export interface StopRecord {
  readonly stoppedAt: Date;
  readonly reason: string;
  /** The event it could not apply; null when it stopped for another reason. */
  readonly event: StoppedAt | null;
}

/** How often an operator has asked a projection to go on. */
export async function readRetries(sql: Sql, name: string): Promise<bigint> {
  const { rows } = await sql.query<{ retries: bigint }>(
    'select retries from ledger.projection_controls where name = $1',
    [name],
  );
  return rows[0]?.retries ?? 0n;
}

/**
 * Asks a projection to go on: whichever processes keep it stopped try again from its checkpoint, within
 * `projectionControlPollMs`. Nothing is skipped; what it could not apply it meets again. One that runs takes no notice.
 */
export async function requestRetry(sql: Sql, name: string): Promise<void> {
  await sql.query(
    `insert into ledger.projection_controls (name, retries) values ($1, 1)
     on conflict (name) do update set retries = projection_controls.retries + 1`,
    [name],
  );
}

/** Writes down why a projection stopped, for operators who are elsewhere. */
export async function recordStop(
  sql: Sql,
  name: string,
  reason: string,
  event: StoppedAt | null,
): Promise<void> {
  await sql.query(
    `insert into ledger.projection_controls (name, stopped_at, stopped_reason, stopped_position, stopped_type,
                                             stopped_stream, stopped_revision)
     values ($1, now(), $2, $3, $4, $5, $6)
     on conflict (name) do update
        set stopped_at = now(), stopped_reason = excluded.stopped_reason,
            stopped_position = excluded.stopped_position, stopped_type = excluded.stopped_type,
            stopped_stream = excluded.stopped_stream, stopped_revision = excluded.stopped_revision`,
    [
      name,
      reason,
      event?.position ?? null,
      event?.type ?? null,
      event?.streamName ?? null,
      event?.revision ?? null,
    ],
  );
}

/** Forgets why a projection stopped: it goes on. */
export async function clearStop(sql: Sql, name: string): Promise<void> {
  await sql.query(
    `update ledger.projection_controls
        set stopped_at = null, stopped_reason = null, stopped_position = null, stopped_type = null,
            stopped_stream = null, stopped_revision = null
      where name = $1 and stopped_at is not null`,
    [name],
  );
}

/** Why a projection stands still; null when it does not. */
export async function readStop(sql: Sql, name: string): Promise<StopRecord | null> {
  const { rows } = await sql.query<{
    stopped_at: Date | null;
    stopped_reason: string | null;
    stopped_position: bigint | null;
    stopped_type: string | null;
    stopped_stream: string | null;
    stopped_revision: bigint | null;
  }>(
    `select stopped_at, stopped_reason, stopped_position, stopped_type, stopped_stream, stopped_revision
       from ledger.projection_controls where name = $1`,
    [name],
  );
  const [row] = rows;
  if (row === undefined || row.stopped_at === null) return null;
  const { stopped_position: position, stopped_revision: revision } = row;
  return {
    stoppedAt: row.stopped_at,
    reason: row.stopped_reason ?? '',
    event:
      position === null || revision === null
        ? null
        : { position, revision, type: row.stopped_type ?? '', streamName: row.stopped_stream ?? '' },
  };
}
