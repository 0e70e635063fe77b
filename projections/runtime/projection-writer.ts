import type { RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent, type RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { moveCheckpoint, type Checkpoint, type EventMark } from './checkpoint.js';
import { isWorthRetrying, PoisonEvent } from './failure.js';
import type { AfterCommit, Projection } from './projection.js';

/**
 * Writes one set of a projection's tables, the live one or one that is being rebuilt: rows and checkpoint in one
 * transaction, only from where the checkpoint is.
 */
export class ProjectionWriter {
  /**
   * @param session its `search_path` names the schema of the tables
   * @param schema the same, where the set's checkpoint is kept too
   * @param current where the rows have come to
   */
  constructor(
    private readonly projection: Projection,
    private readonly session: PostgresSession,
    private readonly schema: string,
    private current: Checkpoint,
  ) {}

  /** Where the rows have come to. */
  get checkpoint(): Checkpoint {
    return this.current;
  }

  /**
   * Writes a batch; what was delivered before is dropped. When one of its events can't be applied, everything before that
   * one is written all the same.
   *
   * @param events in commit order
   * @param position how far the log was looked at; null for the last of the events
   * @throws PoisonEvent; PostgresUnavailable, CheckpointMoved: read the checkpoint again
   */
  async write(events: readonly RecordedEvent[], position: bigint | null): Promise<void> {
    const { decoded, undecodable } = decode(onlyNew(events, this.current.position));
    await this.applyOrNarrow(decoded);
    if (undecodable !== null) {
      throw new PoisonEvent(undecodable.event, this.projection.name, undecodable.cause);
    }
    if (position !== null && position > this.current.position) await this.commit([], position);
  }

  /**
   * The same inside a transaction of the caller's, all or nothing. This writer is of no more use when that is rolled back.
   *
   * @throws PoisonEvent when this version can't read an event; whatever `apply` throws
   */
  async writeWithin(sql: Sql, events: readonly RecordedEvent[], position: bigint): Promise<void> {
    const { decoded, undecodable } = decode(onlyNew(events, this.current.position));
    if (undecodable !== null) {
      throw new PoisonEvent(undecodable.event, this.projection.name, undecodable.cause);
    }
    if (decoded.length > 0 || position > this.current.position) {
      this.current = (await this.applyWithin(sql, decoded, position)).checkpoint;
    }
  }

  private async applyOrNarrow(events: readonly RecordedLedgerEvent[]): Promise<void> {
    const last = events.at(-1);
    if (last === undefined) return;
    try {
      await this.commit(events, last.position);
    } catch (error) {
      if (isWorthRetrying(error)) throw error;
      if (events.length === 1) throw new PoisonEvent(last, this.projection.name, error);
      const half = Math.ceil(events.length / 2);
      await this.applyOrNarrow(events.slice(0, half));
      await this.applyOrNarrow(events.slice(half));
    }
  }

  private async commit(events: readonly RecordedLedgerEvent[], to: bigint): Promise<void> {
    const { checkpoint, afterCommit } = await this.session.transaction((sql) =>
      this.applyWithin(sql, events, to),
    );
    this.current = checkpoint;
    afterCommit?.();
  }

  private async applyWithin(
    sql: Sql,
    events: readonly RecordedLedgerEvent[],
    position: bigint,
  ): Promise<{ readonly checkpoint: Checkpoint; readonly afterCommit: AfterCommit | undefined }> {
    const { name, handles } = this.projection;
    const mark: EventMark | null = events.at(-1) ?? null;
    const handled = events.filter((event) => handles.includes(event.type));
    await moveCheckpoint(sql, this.schema, name, this.current, { position, mark });
    const afterCommit = handled.length > 0 ? await this.projection.apply(sql, handled) : undefined;
    const checkpoint = { ...this.current, position, mark: mark ?? this.current.mark };
    return { checkpoint, afterCommit: afterCommit ?? undefined };
  }
}

/** Drops what was delivered before: a log's order is strict, so whatever does not lead further is a repetition. */
function onlyNew(events: readonly RecordedEvent[], after: bigint): RecordedEvent[] {
  let newest = after;
  return events.filter(({ position }) => {
    if (position <= newest) return false;
    newest = position;
    return true;
  });
}

/** Brings events to their newest version, up to the first that this version can't read. */
function decode(events: readonly RecordedEvent[]): {
  readonly decoded: readonly RecordedLedgerEvent[];
  readonly undecodable: { readonly event: RecordedEvent; readonly cause: unknown } | null;
} {
  const decoded: RecordedLedgerEvent[] = [];
  for (const event of events) {
    try {
      decoded.push(toLedgerEvent(event));
    } catch (cause) {
      return { decoded, undecodable: { event, cause } };
    }
  }
  return { decoded, undecodable: null };
}
