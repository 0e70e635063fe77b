import type { EventStore, RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent, type RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import { isWorthRetrying, PoisonEvent } from './failure.js';
import { moneyBatches } from './money-streams.js';
import type { Backfill, Projection } from './projection.js';

/**
 * Pays what a projection owes of the history of money, a chunk at a time, through the session that also writes its newest
 * events: so the two never meet. How far it has come stands in the projection's own rows; a crash loses the chunk in flight and
 * nothing else.
 */
export class Backfiller {
  /**
   * @param session its `search_path` names the schema of the tables
   */
  constructor(
    private readonly projection: Projection,
    private readonly session: PostgresSession,
    private readonly store: EventStore,
  ) {}

  /** Whether a batch may have asked for history. */
  isBegunBy(events: readonly Pick<RecordedEvent, 'type'>[]): boolean {
    const types: readonly string[] = this.projection.backfill?.begunBy ?? [];
    return events.some(({ type }) => types.includes(type));
  }

  /**
   * Fills in the next chunk.
   *
   * @returns whether more may be owed
   * @throws PoisonEvent when an event can't be filled in; PostgresUnavailable, EventStoreUnavailable
   */
  async step(): Promise<boolean> {
    const { backfill } = this.projection;
    const owed = (await backfill?.owed(this.session)) ?? null;
    if (backfill === undefined || owed === null) return false;
    const { after, until } = owed;
    for await (const batch of moneyBatches(this.store, after, until)) {
      const to = batch.at(-1)?.position ?? until;
      await this.fill(backfill, this.decode(backfill, batch), after, to);
      return true;
    }
    await this.fill(backfill, [], after, until);
    return true;
  }

  /** Fills in all that is owed. @param afterChunk called after each chunk */
  async finish(afterChunk: () => void = () => undefined): Promise<void> {
    while (await this.step()) afterChunk();
  }

  private decode(backfill: Backfill, batch: readonly RecordedEvent[]): readonly RecordedLedgerEvent[] {
    const types: readonly string[] = backfill.handles;
    return batch.filter(({ type }) => types.includes(type)).map(toLedgerEvent);
  }

  private async fill(
    backfill: Backfill,
    events: readonly RecordedLedgerEvent[],
    from: bigint,
    to: bigint,
  ): Promise<void> {
    try {
      await this.session.transaction(async (sql) => {
        // As whoever moves the checkpoint does: a rebuild that exchanges the tables is waited for here, with nothing held.
        await sql.query('select from projection_checkpoints where name = $1 for update', [
          this.projection.name,
        ]);
        await backfill.fill(sql, events, from, to);
      });
    } catch (error) {
      const half = Math.ceil(events.length / 2);
      const [event, middle] = [events.at(0), events[half - 1]];
      if (isWorthRetrying(error) || event === undefined || middle === undefined) throw error;
      if (events.length === 1) throw new PoisonEvent(event, this.projection.name, error);
      await this.fill(backfill, events.slice(0, half), from, middle.position);
      await this.fill(backfill, events.slice(half), middle.position, to);
    }
  }
}
