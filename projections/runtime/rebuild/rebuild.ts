import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../../src/config/limits.js';
import type { EventStore, RecordedEvent } from '../../../src/edges/event-store/event-store.js';
import { weightOf } from '../../../src/edges/event-store/event-weight.js';
import type { PostgresSession } from '../../../src/edges/postgres/postgres-session.js';
import type { Postgres } from '../../../src/edges/postgres/postgres.js';
import type { Sql } from '../../../src/edges/postgres/sql.js';
import { PostgresUnavailable, SQLSTATE, sqlstateOf } from '../../../src/edges/postgres/sqlstate.js';
import { Backfiller } from '../backfiller.js';
import {
  beginCheckpoint,
  CheckpointRefused,
  readCheckpoint,
  refuseMisfit,
  refuseOtherSettings,
  type Checkpoint,
} from '../checkpoint.js';
import { clearStop, requestRetry } from '../control.js';
import { digestTables, type TableDigest } from '../digest.js';
import { logBatches, streamsOf } from '../money-streams.js';
import { ProjectionWriter } from '../projection-writer.js';
import { LEDGER_SCHEMA, type Projection } from '../projection.js';
import { createShadow, dropShadow, shadowSchemaOf, swapTables } from './shadow-tables.js';

/** The rebuild can't be done; the message says what to do. The live tables are as they were. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';
}

/** What a rebuild needs. */
export interface RebuildPorts {
  readonly store: EventStore;
  readonly postgres: Postgres;
}

/** What came of one projection's rebuild. */
export interface RebuildResult {
  readonly name: string;
  /** Where the fresh tables stood when they took the place of the old ones. */
  readonly position: bigint;
  readonly fresh: readonly TableDigest[];
  readonly old: readonly TableDigest[];
  /** Null when the old tables stood at the same position, so that the digests must be equal; else why they did not. */
  readonly incomparable: string | null;
}

/** The live tables' checkpoint, as far as it means anything in this log and with these settings. */
type Live = { readonly checkpoint: Checkpoint; readonly flaw: null } | { readonly flaw: string };

/**
 * The rebuild of one projection: fills fresh tables beside the live ones, which go on being written and read, brings them to
 * the very position of the live ones, and exchanges the two in one transaction.
 *
 * Where the live checkpoint means nothing in this log, or the live rows were made with other settings, the fresh tables are brought to the head of the log instead.
 */
export class Rebuild {
  private live: Live = { flaw: 'It was not read yet.' };

  private constructor(
    readonly projection: Projection,
    private readonly ports: RebuildPorts,
    private readonly session: PostgresSession,
    private readonly writer: ProjectionWriter,
    private readonly backfiller: Backfiller,
  ) {}

  /**
   * Makes the empty tables.
   *
   * @throws RebuildRefused when another rebuild of it runs; PostgresUnavailable, EventStoreUnavailable
   */
  static async begin(projection: Projection, ports: RebuildPorts): Promise<Rebuild> {
    const session = await ports.postgres.openSession(limits.rebuildStatementMsMax);
    try {
      if (!(await session.tryLock(`evenkeel:rebuild:${projection.name}`))) {
        throw new RebuildRefused(
          `Projection ${projection.name} is being rebuilt by another process: wait for it, or end it, then try again.`,
        );
      }
      // What a crash takes of tables that are not in use yet is filled again from the start.
      await session.query('set synchronous_commit = off');
      const schema = shadowSchemaOf(projection);
      const storeId = await ports.store.storeId();
      const checkpoint = await session.transaction(async (sql) => {
        await createShadow(sql, projection);
        return beginCheckpoint(sql, schema, projection, storeId);
      });
      await session.query(`set search_path = ${schema}`);
      const rebuild = new Rebuild(
        projection,
        ports,
        session,
        new ProjectionWriter(projection, session, schema, checkpoint),
        new Backfiller(projection, session, ports.store),
      );
      await rebuild.look();
      return rebuild;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** How far the fresh tables have come. */
  get position(): bigint {
    return this.writer.checkpoint.position;
  }

  /** How far they are to come for now: the live ones' place, or the head of the log. Both move on. */
  async target(): Promise<bigint> {
    await this.look();
    return this.live.flaw === null ? this.live.checkpoint.position : this.ports.store.headPosition();
  }

  /**
   * Writes the events of a batch that do not lead beyond the target.
   *
   * @throws PoisonEvent when one can't be applied; PostgresUnavailable
   */
  async write(events: readonly RecordedEvent[], target: bigint): Promise<void> {
    await this.writer.write(
      events.filter(({ position }) => position <= target),
      null,
    );
  }

  /**
   * Brings the fresh tables to the live ones' place and exchanges them. The live projector waits meanwhile, for as
   * long as the digests take, and then goes on with the fresh tables; one that had stopped is asked to go on.
   *
   * @throws RebuildRefused when readers keep the old tables locked, or something outside of the ledger depends on them
   */
  async swap(): Promise<RebuildResult> {
    await this.catchUp(await this.target());
    // The first queries on the fresh tables are planned by what is in them.
    for (const table of this.projection.tables) await this.session.query(`analyze ${table}`);
    for (let attempt = 1; attempt <= limits.rebuildSwapAttemptsMax; attempt += 1) {
      await this.catchUp(await this.target());
      try {
        const result = await this.session.transaction((sql) => this.swapWithin(sql));
        if (result !== null) return result;
      } catch (error) {
        if (!isLockTimeout(error)) throw asRefusal(error, this.projection);
      }
      await sleep(limits.rebuildSwapPauseMs);
    }
    throw new RebuildRefused(
      `The tables of ${this.projection.name} could not be exchanged: queries held the old ones each of ${limits.rebuildSwapAttemptsMax} times. End long queries, then run the rebuild again.`,
    );
  }

  /** Throws the fresh tables away, unless they were swapped in, and lets go. Never throws. */
  async end(): Promise<void> {
    await dropShadow(this.session, this.projection).catch(() => undefined);
    await this.session.close();
  }

  private async catchUp(target: bigint): Promise<void> {
    for await (const batch of this.batches(target)) await this.writer.write(batch, null);
    await this.writer.write([], target);
    await this.backfiller.finish();
  }

  private batches(to: bigint): AsyncIterable<readonly RecordedEvent[]> {
    return logBatches(this.ports.store, this.position, to, streamsOf(this.projection));
  }

  /** @returns null when the live tables have moved on too far to be caught up with while they wait */
  private async swapWithin(sql: Sql): Promise<RebuildResult | null> {
    const { name } = this.projection;
    const shadow = shadowSchemaOf(this.projection);
    await sql.query(`set local lock_timeout = ${limits.rebuildLockWaitMsMax}`);
    // Whoever writes the live tables moves the checkpoint first: it waits here, holding nothing that is needed below.
    const stored = await readCheckpoint(sql, name, { forUpdate: true });
    const last = new ProjectionWriter(this.projection, this.session, shadow, this.writer.checkpoint);
    if (this.live.flaw === null) {
      if (stored === undefined || stored.position < this.position) return null;
      const missing = await this.eventsUpTo(stored.position);
      if (missing === null) return null;
      await last.writeWithin(sql, missing, stored.position);
    }
    const incomparable = this.live.flaw ?? (await this.unfinished(sql));
    const fresh = await digestTables(sql, this.projection, shadow);
    const old = await digestTables(sql, this.projection, LEDGER_SCHEMA);
    await swapTables(sql, this.projection);
    await this.replaceCheckpoint(sql);
    await clearStop(sql, name);
    await requestRetry(sql, name);
    return { name, position: last.checkpoint.position, fresh, old, incomparable };
  }

  /** Why the old tables may lack rows although they stand at the same position; null when they do not. */
  private async unfinished(sql: Sql): Promise<string | null> {
    const { backfill } = this.projection;
    if (backfill === undefined) return null;
    const path = (schema: string) => sql.query(`set local search_path = ${schema}`);
    await path(LEDGER_SCHEMA);
    const owed = await backfill.owed(sql);
    await path(shadowSchemaOf(this.projection));
    return owed === null ? null : 'The old tables were still being filled in with history.';
  }

  /** What is missing up to a position; null when it is more than should be written while others wait. */
  private async eventsUpTo(position: bigint): Promise<readonly RecordedEvent[] | null> {
    const events: RecordedEvent[] = [];
    let weight = 0;
    for await (const batch of this.batches(position)) {
      events.push(...batch);
      // What is asked for of history is filled in before the exchange, not while others wait for it.
      if (this.backfiller.isBegunBy(batch)) return null;
      weight += batch.reduce((sum, event) => sum + weightOf(event), 0);
      if (weight > limits.rebuildFinalEventsMax) return null;
    }
    return events;
  }

  private async replaceCheckpoint(sql: Sql): Promise<void> {
    const shadow = shadowSchemaOf(this.projection);
    const { name } = this.projection;
    await sql.query(`delete from ${LEDGER_SCHEMA}.projection_checkpoints where name = $1`, [name]);
    await sql.query(
      `insert into ${LEDGER_SCHEMA}.projection_checkpoints select * from ${shadow}.projection_checkpoints`,
    );
    await sql.query(`drop schema ${shadow} cascade`);
  }

  private async look(): Promise<void> {
    const { store, postgres } = this.ports;
    const { name } = this.projection;
    const checkpoint = await readCheckpoint(postgres, name);
    if (checkpoint === undefined) {
      this.live = { flaw: 'The old tables had no checkpoint.' };
      return;
    }
    try {
      await refuseMisfit(checkpoint, store, name);
      refuseOtherSettings(checkpoint, this.projection);
      this.live = { checkpoint, flaw: null };
    } catch (error) {
      if (!(error instanceof CheckpointRefused)) throw error;
      this.live = { flaw: error.message };
    }
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof PostgresUnavailable && sqlstateOf(error.cause) === SQLSTATE.lockNotAvailable;
}

function asRefusal(error: unknown, { name }: Projection): unknown {
  if (sqlstateOf(error) !== SQLSTATE.dependentObjectsStillExist || !(error instanceof Error)) return error;
  const detail = ('detail' in error ? String(error.detail) : error.message).replaceAll('\n', '; ');
  return new RebuildRefused(
    `Something outside of the ledger depends on a table of ${name} (${detail}): drop it, run the rebuild again, and make it again.`,
    { cause: error },
  );
}
