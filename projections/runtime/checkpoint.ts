import type { EventStore, RecordedEvent } from '../../src/edges/event-store/event-store.js';
import type { Migration } from '../../src/edges/postgres/migrate.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { LEDGER_SCHEMA, type Projection } from './projection.js';

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

export const checkpointMarkMigration = {
  number: 7,
  name: 'checkpoint marks and projection controls',
  sql: `
alter table ledger.projection_checkpoints
  add column event_id uuid,
  add column event_stream text,
  add column event_revision bigint,
  add column event_position bigint;
comment on column ledger.projection_checkpoints.name is 'The read model.';
comment on column ledger.projection_checkpoints.event_id is 'Id of the newest event the rows contain. A log that does not have it at this place is not the one they were filled from.';
comment on column ledger.projection_checkpoints.event_stream is 'The stream that event stands on.';
comment on column ledger.projection_checkpoints.event_revision is 'Its revision in that stream.';
comment on column ledger.projection_checkpoints.event_position is 'Its position in the log.';
create table ledger.projection_controls (
  name text primary key,
  retries bigint not null default 0 check (retries >= 0),
  stopped_at timestamptz,
  stopped_reason text,
  stopped_position bigint,
  stopped_type text,
  stopped_stream text,
  stopped_revision bigint
);
comment on table ledger.projection_controls is 'Why a read model stands still, and how often its operator has asked it to go on.';
comment on column ledger.projection_controls.name is 'The read model.';
comment on column ledger.projection_controls.retries is 'How often it was asked to go on; one that stands still looks at this.';
comment on column ledger.projection_controls.stopped_at is 'When it stopped; null while it has not.';
comment on column ledger.projection_controls.stopped_reason is 'Why it stopped.';
comment on column ledger.projection_controls.stopped_position is 'Position in the log of the event it could not apply; null when it stopped for another reason.';
comment on column ledger.projection_controls.stopped_type is 'Type of that event.';
comment on column ledger.projection_controls.stopped_stream is 'Stream of that event.';
comment on column ledger.projection_controls.stopped_revision is 'Revision of that event in its stream.';
`,
} as const satisfies Migration;

export const checkpointSettingsMigration = {
  number: 16,
  name: 'settings of read models',
  sql: `
alter table ledger.projection_checkpoints add column settings text;
comment on column ledger.projection_checkpoints.settings is 'The settings of the environment that the rows were made with; null where they depend on none.';
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

/** What is remembered of the newest event in the rows, to recognise the log by. */
export type EventMark = Pick<RecordedEvent, 'id' | 'streamName' | 'revision' | 'position' | 'recordedAtMs'>;

/** Rows and checkpoint are one: this is where the rows have come to. */
export interface Checkpoint {
  readonly storeId: string;
  readonly position: bigint;
  /** Null before the first event, and where a version wrote it that did not remember events. */
  readonly mark: EventMark | null;
  /** What the rows were made with: {@link Projection.settings}; null for nothing. */
  readonly settings: string | null;
}

/**
 * Reads a projection's checkpoint, or begins one at 0 while its tables are empty.
 *
 * @throws CheckpointRefused when it is corrupt, is missing beside rows, or does not fit this log: another one, a shorter
 *   one, or one that was restored and written to since; or when its rows were made with other settings
 * @throws EventStoreUnavailable, PostgresUnavailable
 */
export async function loadCheckpoint(
  sql: Sql,
  store: EventStore,
  projection: Projection,
): Promise<Checkpoint> {
  const found = await readCheckpoint(sql, projection.name);
  if (found === undefined) {
    await refuseRows(sql, projection);
    return beginCheckpoint(sql, LEDGER_SCHEMA, projection, await store.storeId());
  }
  await refuseMisfit(found, store, projection.name);
  refuseOtherSettings(found, projection);
  return found;
}

/**
 * Makes sure that rows were made with the settings a projection has in this process: two rules in one table add up to nothing.
 *
 * @throws CheckpointRefused
 */
export function refuseOtherSettings(
  { settings: stored }: Checkpoint,
  { name, settings }: Pick<Projection, 'name' | 'settings'>,
): void {
  const own = settings ?? null;
  if (stored === own) return;
  throw new CheckpointRefused(
    `The rows of projection ${name} were made with ${stored ?? 'settings nobody noted'}, but this process has ${own ?? 'none'}: run \`npm run rebuild -- ${name}\` to make them anew with the settings of its environment, or start with the former ones.`,
  );
}

/**
 * Makes sure that a checkpoint belongs to a log.
 *
 * @throws CheckpointRefused, EventStoreUnavailable
 */
export async function refuseMisfit(
  { storeId, position, mark }: Checkpoint,
  store: EventStore,
  name: string,
): Promise<void> {
  const way = `run \`npm run rebuild -- ${name}\``;
  if (position < 0n || (mark !== null && (mark.position > position || mark.revision < 0n))) {
    throw new CheckpointRefused(
      `The checkpoint of projection ${name} is corrupt (position ${position}, newest event at ${mark?.position ?? 'none'}): ${way}.`,
    );
  }
  const actualId = await store.storeId();
  if (storeId !== actualId) {
    throw new CheckpointRefused(
      `Projection ${name} was filled from event store ${storeId}, but this one is ${actualId}: connect the right event store, or ${way} to fill it from this one.`,
    );
  }
  const head = await store.headPosition();
  if (position > head) {
    throw new CheckpointRefused(
      `Projection ${name} stands at position ${position}, ahead of the event store's head ${head}: restore the event store, or ${way} to fill it from this one.`,
    );
  }
  if (mark === null) return;
  const { events } = await store.readStream(mark.streamName, { from: mark.revision, countMax: 1 });
  // Ids are made of what happened, so a request that was sent again after a restore has the same id; place and time tell.
  const [event] = events;
  const isSame =
    event?.id === mark.id && event.position === mark.position && event.recordedAtMs === mark.recordedAtMs;
  if (!isSame) {
    throw new CheckpointRefused(
      `Projection ${name} contains event ${mark.id} at position ${mark.position} (${mark.streamName} revision ${mark.revision}), which this event store does not have there: it was restored from an older backup and written to since. Restore the newer one, or ${way} to fill it from this one.`,
    );
  }
}

interface CheckpointRow {
  readonly store_id: string;
  readonly position: bigint;
  readonly recorded_at: Date | null;
  readonly event_id: string | null;
  readonly event_stream: string | null;
  readonly event_revision: bigint | null;
  readonly event_position: bigint | null;
  readonly settings: string | null;
}

/** Reads a projection's checkpoint as it is, or gives undefined when it never began. */
export async function readCheckpoint(
  sql: Sql,
  name: string,
  options: { readonly forUpdate: boolean } = { forUpdate: false },
): Promise<Checkpoint | undefined> {
  const { rows } = await sql.query<CheckpointRow>(
    `select store_id, position, recorded_at, event_id, event_stream, event_revision, event_position, settings
       from ${LEDGER_SCHEMA}.projection_checkpoints where name = $1${options.forUpdate ? ' for update' : ''}`,
    [name],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return { storeId: row.store_id, position: row.position, mark: markOf(row), settings: row.settings };
}

function markOf(row: CheckpointRow): EventMark | null {
  const { event_id: id, event_stream: streamName, event_revision: revision, event_position: position } = row;
  if (id === null) return null;
  // One that is torn fits no log.
  return {
    id,
    streamName: streamName ?? '',
    revision: revision ?? -1n,
    position: position ?? -1n,
    recordedAtMs: row.recorded_at?.getTime() ?? -1,
  };
}

async function refuseRows(sql: Sql, { name, tables }: Projection): Promise<void> {
  for (const table of tables) {
    const { rows } = await sql.query<{ used: boolean }>(
      `select exists (select from ${LEDGER_SCHEMA}.${table}) as used`,
    );
    if (rows[0]?.used !== false) {
      throw new CheckpointRefused(
        `Projection ${name} has rows in ${LEDGER_SCHEMA}.${table} but no checkpoint: run \`npm run rebuild -- ${name}\`.`,
      );
    }
  }
}

/** Begins at 0. @param schema where the checkpoints of this set of tables are */
export async function beginCheckpoint(
  sql: Sql,
  schema: string,
  projection: Pick<Projection, 'name' | 'settings'>,
  storeId: string,
): Promise<Checkpoint> {
  const { name } = projection;
  const settings = projection.settings ?? null;
  await sql.query(
    `insert into ${schema}.projection_checkpoints (name, store_id, position, settings) values ($1, $2, 0, $3)`,
    [name, storeId, settings],
  );
  return { storeId, position: 0n, mark: null, settings };
}

/**
 * Moves a checkpoint from where the caller believes it to be.
 *
 * @param sql inside the transaction that writes the rows
 * @param schema where the checkpoints of this set of tables are
 * @param to the new place; a mark of null leaves the one that is there
 * @throws CheckpointMoved when it is not there, or when the rows were made anew with other settings
 */
export async function moveCheckpoint(
  sql: Sql,
  schema: string,
  name: string,
  from: Checkpoint,
  to: Pick<Checkpoint, 'position' | 'mark'>,
): Promise<void> {
  const { position, mark } = to;
  const { rowCount } = await sql.query(
    `update ${schema}.projection_checkpoints
        set position = $4, recorded_at = coalesce(to_timestamp($5::float8 / 1000), recorded_at),
            event_id = coalesce($6, event_id), event_stream = coalesce($7, event_stream),
            event_revision = coalesce($8, event_revision), event_position = coalesce($9, event_position)
      where name = $1 and store_id = $2 and position = $3 and settings is not distinct from $10`,
    [
      name,
      from.storeId,
      from.position,
      position,
      mark?.recordedAtMs ?? null,
      mark?.id ?? null,
      mark?.streamName ?? null,
      mark?.revision ?? null,
      mark?.position ?? null,
      from.settings,
    ],
  );
  if (rowCount !== 1) throw new CheckpointMoved(`The checkpoint of ${name} is not at ${from.position}.`);
}
