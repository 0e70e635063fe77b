import type { EventStore } from '../../src/edges/event-store/event-store.js';
import type { Migration } from '../../src/edges/postgres/migrate.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import type { Projection } from './projection.js';

export const checkpointMigration = {
  number: 1,
  name: 'projection checkpoints',
  sql: `
create table ledger.projection_checkpoints (
  name text primary key,
  store_id text not null,
  position bigint not null check (position >= 0),
  recorded_at timestamptz
);
comment on table ledger.projection_checkpoints is 'How far each read model has come. Written in the same transaction as its rows.';
comment on column ledger.projection_checkpoints.store_id is 'The event log the position belongs to.';
comment on column ledger.projection_checkpoints.position is 'Commit position of the newest event the rows contain; 0 before the first.';
comment on column ledger.projection_checkpoints.recorded_at is 'When the event store recorded that event.';
`,
} as const satisfies Migration;

/** A checkpoint that must not be used: going on from it would skip or repeat money. */
export class CheckpointRefused extends Error {
  override readonly name = 'CheckpointRefused';
}

/** Somebody else moved the checkpoint although this process held the lock: nothing was written, read it again. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

/** Rows and checkpoint are one: this is where the rows have come to. */
export interface Checkpoint {
  readonly storeId: string;
  readonly position: bigint;
}

/**
 * Reads a projection's checkpoint, or begins one at 0 while its tables are empty.
 *
 * @throws CheckpointRefused when it belongs to another log, lies ahead of this one, or is missing beside rows
 * @throws EventStoreUnavailable, PostgresUnavailable
 */
export async function loadCheckpoint(
  sql: Sql,
  store: EventStore,
  projection: Projection,
): Promise<Checkpoint> {
  const storeId = await store.storeId();
  const found = await readCheckpoint(sql, projection.name);
  if (found === undefined) return beginCheckpoint(sql, projection, storeId);
  if (found.storeId !== storeId) {
    throw new CheckpointRefused(
      `Projection ${projection.name} was filled from event store ${found.storeId}, but this one is ${storeId}: connect the right event store, or rebuild the projection from this one.`,
    );
  }
  const head = await store.headPosition();
  if (found.position > head) {
    throw new CheckpointRefused(
      `Projection ${projection.name} stands at position ${found.position}, ahead of the event store's head ${head}: restore the event store, or rebuild the projection from this one.`,
    );
  }
  return found;
}

/** Reads a projection's checkpoint as it is, or gives undefined when it never began. */
export async function readCheckpoint(sql: Sql, name: string): Promise<Checkpoint | undefined> {
  const { rows } = await sql.query<Checkpoint>(
    'select store_id as "storeId", position from ledger.projection_checkpoints where name = $1',
    [name],
  );
  return rows[0];
}

async function beginCheckpoint(sql: Sql, projection: Projection, storeId: string): Promise<Checkpoint> {
  for (const table of projection.tables) {
    const { rows } = await sql.query<{ used: boolean }>(
      `select exists (select from ledger.${table}) as used`,
    );
    if (rows[0]?.used !== false) {
      throw new CheckpointRefused(
        `Projection ${projection.name} has rows in ledger.${table} but no checkpoint: rebuild the projection.`,
      );
    }
  }
  await sql.query('insert into ledger.projection_checkpoints (name, store_id, position) values ($1, $2, 0)', [
    projection.name,
    storeId,
  ]);
  return { storeId, position: 0n };
}

/**
 * Moves a checkpoint from where the caller believes it to be.
 *
 * @param sql inside the transaction that writes the rows
 * @param recordedAtMs when the event at `to` was recorded; null to leave that as it is
 * @throws CheckpointMoved when it is not there
 */
export async function moveCheckpoint(
  sql: Sql,
  name: string,
  from: Checkpoint,
  to: bigint,
  recordedAtMs: number | null,
): Promise<void> {
  const { rowCount } = await sql.query(
    `update ledger.projection_checkpoints
        set position = $4, recorded_at = coalesce(to_timestamp($5::float8 / 1000), recorded_at)
      where name = $1 and store_id = $2 and position = $3`,
    [name, from.storeId, from.position, to, recordedAtMs],
  );
  if (rowCount !== 1) throw new CheckpointMoved(`The checkpoint of ${name} is not at ${from.position}.`);
}
