import { isMoneyStream } from '../../projections/runtime/money-streams.js';
import { limits } from '../../src/config/limits.js';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Progress } from '../command-line/progress.js';
import { Audit } from './audit.js';
import { compareReadModel } from './compare.js';
import { readReadModels, type ReadModel } from './read-models.js';

/** What a verification came to. */
export interface Verdict {
  readonly audit: Audit;
  readonly head: bigint;
  readonly readModels: readonly {
    readonly name: string;
    readonly position: bigint;
    readonly accounts: number;
  }[];
  /** Committed legs without an entry: all of them, and those the settler should have finished by now. */
  readonly owedLegs: { readonly all: number; readonly overdue: number };
  /** Reservations without an outcome of their own: all, and those the settler should have released by now. */
  readonly unownedReservations: { readonly all: number; readonly overdue: number };
}

/** The settler begins after `recoveryAfterMs`; as long again is time enough to finish. */
const OVERDUE_AFTER_MS = 2 * limits.recoveryAfterMs;

/**
 * Recomputes every balance from account streams, from transaction streams and from PostgreSQL, and compares them.
 *
 * Right while writes go on: the read models are read first, on one snapshot, and each is compared at its own position.
 *
 * @param report called now and then
 * @throws EventStoreUnavailable, PostgresUnavailable, UnknownEventType; Error when the database belongs to another log
 */
export async function verify(
  store: EventStore,
  postgres: Postgres,
  nowMs: () => number,
  report: (progress: Progress) => void,
): Promise<Verdict> {
  const models = await readReadModels(postgres);
  refuseOtherLog(models, await store.storeId());
  const head = await store.headPosition();
  const audit = new Audit();
  const waiting = models.toSorted((a, b) => (a.position < b.position ? -1 : 1));
  for await (const recorded of store.readAll({ after: 'start' })) {
    while (waiting[0] !== undefined && recorded.position > waiting[0].position) compareNext(audit, waiting);
    if (!isMoneyStream(recorded.streamName)) continue;
    audit.add(toLedgerEvent(recorded));
    report({ position: audit.position, target: head, events: audit.events });
  }
  while (waiting.length > 0) compareNext(audit, waiting);
  audit.compareStreams();
  const overdue = ({ recordedAtMs }: { readonly recordedAtMs: number }): boolean =>
    nowMs() - recordedAtMs > OVERDUE_AFTER_MS;
  const owed = [...audit.owed.values()];
  const unowned = audit.unowned();
  return {
    audit,
    head,
    readModels: models.map(({ name, position, rows }) => ({ name, position, accounts: rows.size })),
    owedLegs: { all: owed.length, overdue: owed.filter(overdue).length },
    unownedReservations: { all: unowned.length, overdue: unowned.filter(overdue).length },
  };
}

function compareNext(audit: Audit, waiting: ReadModel[]): void {
  const model = waiting.shift();
  if (model !== undefined) compareReadModel(audit, model);
}

function refuseOtherLog(models: readonly ReadModel[], storeId: string): void {
  const other = models.find((model) => model.storeId !== storeId);
  if (other === undefined) return;
  throw new Error(
    `The database was filled from event store ${other.storeId}, but this one is ${storeId}: set EVENTSTORE_URL and DATABASE_URL to a pair that belongs together.`,
  );
}
