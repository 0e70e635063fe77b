import { Audit } from '../../projections/integrity/audit.js';
import { compareReadModel } from '../../projections/integrity/compare.js';
import { nameRows } from '../../projections/integrity/name-rows.js';
import { owing, type Owing } from '../../projections/integrity/owing.js';
import { readReadModels, type ReadModel } from '../../projections/integrity/read-models.js';
import type { DifferingRows } from '../../projections/integrity/row-digests.js';
import { isMoneyStream } from '../../projections/runtime/money-streams.js';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Progress } from '../command-line/progress.js';

/** What a verification came to. */
export interface Verdict {
  readonly audit: Audit;
  readonly head: bigint;
  readonly readModels: readonly {
    readonly name: string;
    readonly position: bigint;
    /** Accounts that were compared; null on a read model that is compared row by row alone. */
    readonly accounts: number | null;
  }[];
  /** Committed legs without an entry: all of them, and those the settler should have finished by now. */
  readonly owedLegs: Owing;
  /** Reservations without an outcome of their own: all, and those the settler should have released by now. */
  readonly unownedReservations: Owing;
}

/**
 * Recomputes every balance from account streams, from transaction streams and from PostgreSQL, and compares them; and every
 * row of the journal, of the transactions, of the accounts and of the sums behind earlier balances with the log. Counters are not compared.
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
  const differing: DifferingRows[] = [];
  const compareNext = (): void => {
    const model = waiting.shift();
    if (model !== undefined) differing.push(...compareReadModel(audit, model, audit.findings));
  };
  for await (const recorded of store.readAll({ after: 'start' })) {
    while (waiting[0] !== undefined && recorded.position > waiting[0].position) compareNext();
    if (!isMoneyStream(recorded.streamName)) continue;
    audit.add(toLedgerEvent(recorded));
    report({ position: audit.position, target: head, events: audit.events });
  }
  while (waiting.length > 0) compareNext();
  audit.compareStreams();
  await nameRows(store, postgres, differing, audit.findings);
  return {
    audit,
    head,
    readModels: models.map(({ name, position, rows, accounts }) => ({
      ...{ name, position },
      accounts: (rows ?? accounts)?.size ?? null,
    })),
    owedLegs: owing([...audit.owed.values()], nowMs()),
    unownedReservations: owing(audit.unowned(), nowMs()),
  };
}

function refuseOtherLog(models: readonly ReadModel[], storeId: string): void {
  const other = models.find((model) => model.storeId !== storeId);
  if (other === undefined) return;
  throw new Error(
    `The database was filled from event store ${other.storeId}, but this one is ${storeId}: set EVENTSTORE_URL and DATABASE_URL to a pair that belongs together.`,
  );
}
