import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MIGRATIONS, PROJECTIONS } from '../../projections/index.js';
import { digestTables } from '../../projections/runtime/digest.js';
import { ProjectionRunner } from '../../projections/runtime/projection-runner.js';
import { LEDGER_SCHEMA } from '../../projections/runtime/projection.js';
import { EventStoreDbEventStore } from '../../src/edges/event-store/eventstoredb-client.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { verify } from '../../tools/verify/verify.js';
import { areCountersFilledIn, defineCounter, recordClick } from '../support/counted-activities.js';
import { startTestEventStore, type TestEventStore } from '../support/event-store.js';
import { LedgerHistory, type HistoryAccount } from '../support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { until } from '../support/until.js';
import { ROOT } from '../tidy/run-tool.js';

const MAIN = path.join(ROOT, 'dist/src/main.js');
/** A process that its parent left behind ends by itself. */
const END_WITH_PARENT = 'data:text/javascript,process.once("disconnect",()=>process.exit(1))';
const KILLS = 50;
/** Starting takes longer than taking over: while one works the next ones start. */
const PROCESSES = 3;
const TAKEOVER_MS_MAX = 60_000;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let eventStore: TestEventStore;
let server: TestPostgres;
let store: EventStoreDbEventStore;
let postgres: Postgres;
let databaseUrl: string;
const pool: ChildProcess[] = [];

beforeAll(async () => {
  eventStore = await startTestEventStore();
  server = await startTestPostgres();
  store = new EventStoreDbEventStore(eventStore.handle.connectionString);
  ({ postgres, databaseUrl } = await server.createDatabase());
});
afterAll(async () => {
  await Promise.all(pool.map(kill));
  await store.close();
  await eventStore.dispose();
  await server.stop();
});

/** A process of the ledger that does nothing but fill read models. */
function startProjector(): ChildProcess {
  return spawn(process.execPath, ['--import', END_WITH_PARENT, MAIN], {
    env: {
      PATH: process.env['PATH'] ?? '',
      EVENTSTORE_URL: eventStore.handle.connectionString,
      DATABASE_URL: databaseUrl,
      ROLES: 'projector',
      PORT: '0',
      LOG_LEVEL: 'fatal',
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await closed;
}

/** The sum of all checkpoints: grows whenever any read model is written. */
async function written(): Promise<bigint> {
  const { rows } = await postgres.query<{ sum: string }>(
    'select coalesce(sum(position), 0)::text as sum from ledger.projection_checkpoints',
  );
  return BigInt(rows[0]?.sum ?? 0);
}

async function fillFresh(): Promise<Postgres> {
  const fresh = (await server.createDatabase()).postgres;
  await migrate(fresh, MIGRATIONS);
  await project(fresh);
  return fresh;
}

/** The database sessions that hold a projection's lock, each of the process that works on it. */
async function leaders(): Promise<readonly number[]> {
  const { rows } = await postgres.query<{ pid: number }>(
    `select distinct pid from pg_locks where locktype = 'advisory' and granted`,
  );
  return rows.map(({ pid }) => pid);
}

/** Brings the read models to the head, in this process. */
async function project(on: Postgres): Promise<void> {
  const runner = new ProjectionRunner(PROJECTIONS, { store, postgres: on, log });
  runner.start();
  const newest = await newestPosition();
  await until(
    async () =>
      runner.status().every(({ position }) => position !== null && position >= newest) &&
      (await areCountersFilledIn(on)),
    () =>
      runner
        .status()
        .map(({ name, state, reason }) => `${name} ${state} ${reason}`)
        .join('; '),
    60_000,
  );
  await runner.stop();
}

async function newestPosition(): Promise<bigint> {
  let newest = 0n;
  for await (const { streamName, position } of store.readAll({ after: 'start' })) {
    if (/^(account|transaction|activities|counter)-/.test(streamName)) newest = position;
  }
  return newest;
}

async function digests(on: Postgres): Promise<unknown> {
  return (await Promise.all(PROJECTIONS.map((each) => digestTables(on, each, LEDGER_SCHEMA)))).flat();
}

it(`fills the same tables when it is killed ${KILLS} times under load`, async () => {
  const history = new LedgerHistory(store);
  const bank = await history.open({ type: 'liability' });
  const customers: HistoryAccount[] = [];
  for (let i = 0; i < 4; i += 1) customers.push(await history.open({ overdraftLimit: '0' }));
  const load = { on: true, transfers: 0 };
  const sessionsLost = new Set<number>();
  let ledBefore: readonly number[] = [];
  const writer = (async () => {
    while (load.on) {
      for (const customer of customers) {
        await history.transfer(bank, customer, 3n);
        await history.transfer(customer, bank, 2n, { checked: true });
        load.transfers += 2;
        // Every activity comes twice, some a while later; every so often a counter asks for all of the history.
        await recordClick(store, `click-${load.transfers}`);
        await recordClick(store, `click-${Math.floor(load.transfers / 3)}`);
        if (load.transfers % 200 === 0) await defineCounter(store, `legs-${load.transfers}`, ['account']);
        await sleep(2);
      }
    }
  })();
  try {
    while (pool.length < PROCESSES) pool.push(startProjector());
    for (let killed = 0; killed < KILLS; killed += 1) {
      const before = await written().catch(() => 0n);
      // Whoever has taken over has written something since.
      await until(
        async () => (await written()) > before,
        () => `Nothing was written after ${killed} kills.`,
        TAKEOVER_MS_MAX,
      );
      await sleep(Math.random() * 60);
      const leading = await leaders();
      for (const pid of ledBefore) if (!leading.includes(pid)) sessionsLost.add(pid);
      ledBefore = leading;
      // The oldest works; the others stand by or still start.
      const oldest = pool.shift();
      pool.push(startProjector());
      if (oldest !== undefined) await kill(oldest);
    }
  } finally {
    load.on = false;
    await writer;
  }
  await Promise.all(pool.splice(0).map(kill));
  expect(load.transfers).toBeGreaterThan(KILLS);
  // Those killed were at work: each held the lock of one read model or more.
  expect(sessionsLost.size).toBeGreaterThan(KILLS);

  await project(postgres);
  expect(await digests(postgres)).toEqual(await digests(await fillFresh()));
  const { audit, readModels } = await verify(store, postgres, Date.now, () => undefined);
  expect(audit.findings.shown).toEqual([]);
  expect(Object.fromEntries(readModels.map(({ name, accounts }) => [name, accounts]))).toEqual({
    accounts: 5,
    account_balances: 5,
    entries: 5,
    transactions: null,
    balance_snapshots: null,
  });
  const { rows: counted } = await postgres.query<{ counter: string; counted: bigint }>(
    'select counter, counted from ledger.counter_totals order by number',
  );
  const legs = counted.filter(({ counter }) => /^l/.test(counter));
  expect(legs.length).toBeGreaterThan(2);
  // Whenever it was defined, and whoever was killed while it was filled in: every leg is counted once.
  expect(new Set(legs.map((each) => each.counted)).size).toBe(1);
}, 300_000);
