import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory } from '../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/until.js';
import type { SubscribeAllOptions, SubscriptionMessage } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { MIGRATIONS, PROJECTIONS } from '../index.js';
import { digestTables } from './digest.js';
import { LEDGER_SCHEMA, type Projection } from './projection.js';
import { ProjectionRunner } from './projection-runner.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Delivers every event several times and everything again after each break. */
class StutteringStore extends InMemoryEventStore {
  override async *subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionMessage> {
    // As a broken subscription would: it begins again before where it was asked to.
    for await (const message of super.subscribeAll({ ...options, after: 'start' })) {
      yield message;
      if (message.kind === 'event') yield message;
    }
  }
}

describe('projections', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let databaseUrl: string;
  const runners: ProjectionRunner[] = [];

  const run = (store: InMemoryEventStore, which = PROJECTIONS, on = postgres): ProjectionRunner => {
    const runner = new ProjectionRunner(which, { store, postgres: on, log });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const reach = async (runner: ProjectionRunner, position: bigint): Promise<void> => {
    await until(
      () => runner.status().every((each) => each.position !== null && each.position >= position),
      () =>
        `Not reached ${position}: ${runner
          .status()
          .map((s) => `${s.name} ${s.state} ${s.position} ${s.reason}`)
          .join('; ')}`,
    );
  };
  const digests = async (on = postgres) => {
    // One by one: together they would take a connection each, on every database of a spec.
    const all = [];
    for (const each of PROJECTIONS) all.push(...(await digestTables(on, each, LEDGER_SCHEMA)));
    return all;
  };
  const freshDatabase = async (): Promise<Postgres> => {
    const fresh = await server.createDatabase();
    await migrate(fresh.postgres, MIGRATIONS);
    return fresh.postgres;
  };

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    ({ postgres, databaseUrl } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
  });
  afterAll(() => server.stop());

  /** Two companies, checked and unchecked transfers, a release, a refusal, an unsettled leg, and administration. */
  async function writeHistory(store: InMemoryEventStore, transfers: number): Promise<LedgerHistory> {
    const history = new LedgerHistory(store);
    const bank = await history.open({ type: 'liability' });
    const one = await history.open({ overdraftLimit: '0', parent: bank });
    const two = await history.open({ overdraftLimit: '0' });
    await history.open({ companyId: 'other' });
    await history.transfer(bank, one, 10_000n);
    for (let i = 1; i <= transfers; i += 1)
      await history.transfer(one, two, BigInt(i), { checked: true, reference: `r${i % 3}` });
    const released = await history.reserve(one, 'a0000000-0000-4000-8000-000000000000', 7n);
    await history.release(one, 'a0000000-0000-4000-8000-000000000000', released, 7n);
    await history.reserve(two, 'b0000000-0000-4000-8000-000000000000', 5n);
    await history.reject('default', 'r1');
    await history.freeze(two);
    const owed = await history.post([
      { account: bank, direction: 'credit', amount: 3n },
      { account: one, direction: 'debit', amount: 3n },
    ]);
    await history.settle(owed, 0);
    return history;
  }

  it('fills every read model, and the trial balance is zero at every commit', async () => {
    const store = new InMemoryEventStore();
    const runner = run(store);
    const watching = { on: true, looks: 0 };
    const watch = (async () => {
      while (watching.on) {
        const { rows } = await postgres.query<{ difference: string }>(
          'select coalesce(sum(debits - credits), 0)::text as difference from ledger.account_balances',
        );
        expect(rows[0]?.difference).toBe('0');
        watching.looks += 1;
      }
    })();
    const history = await writeHistory(store, 60);
    await reach(runner, await store.headPosition());
    watching.on = false;
    await watch;
    expect(watching.looks).toBeGreaterThan(3);

    const [bank, one, two] = history.accounts;
    const { rows } = await postgres.query<{
      account_id: string;
      debits: string;
      credits: string;
      reserved: string;
      sequence: bigint;
    }>('select account_id, debits, credits, reserved, sequence from ledger.account_balances');
    const of = (id: string | undefined) => rows.find((row) => row.account_id === id);
    // The unsettled leg is booked with its transaction; only its sequence is still owed.
    expect(of(bank?.accountId)).toMatchObject({ debits: '0', credits: '10003', sequence: 2n });
    expect(of(one?.accountId)).toMatchObject({
      debits: '10003',
      credits: '1830',
      reserved: '0',
      sequence: 61n,
    });
    expect(of(two?.accountId)).toMatchObject({ debits: '1830', credits: '0', reserved: '5', sequence: 60n });
    const frozen = await postgres.query('select status from ledger.accounts where account_id = $1', [
      two?.accountId,
    ]);
    expect(frozen.rows).toEqual([{ status: 'frozen' }]);
    const journal = await postgres.query(
      'select count(*) as legs, count(sequence) as settled from ledger.entries',
    );
    expect(journal.rows).toEqual([{ legs: 124n, settled: 123n }]);
    const outcomes = await postgres.query(
      'select status, count(*) from ledger.transactions group by 1 order by 1',
    );
    expect(outcomes.rows).toEqual([
      { status: 'posted', count: 62n },
      { status: 'rejected', count: 1n },
    ]);
  });

  it('is not moved by events and batches delivered twice', async () => {
    const store = new StutteringStore();
    await writeHistory(store, 30);
    await reach(run(store), store.log.at(-1)?.position ?? 0n);
    const plain = await freshDatabase();
    const twin = new InMemoryEventStore();
    twin.log.push(...store.log);
    await reach(run(twin, PROJECTIONS, plain), store.log.at(-1)?.position ?? 0n);
    expect(await digests()).toEqual(await digests(plain));
  });

  it('gives the same tables wherever batches are cut', async () => {
    const store = new InMemoryEventStore();
    await writeHistory(store, 25);
    await reach(run(store), await store.headPosition());
    const whole = await digests();
    const events = store.log.map(toLedgerEvent);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(events.length), { maxLength: 12 }), async (cuts) => {
        const other = await freshDatabase();
        const session = await other.openSession(10_000);
        await session.query('set search_path = ledger');
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), events.length];
        for (const [index, from] of bounds.entries()) {
          const batch = events.slice(from, bounds[index + 1]);
          for (const projection of PROJECTIONS) {
            const handled = batch.filter((event) => projection.handles.includes(event.type));
            if (handled.length > 0) await session.transaction((sql) => projection.apply(sql, handled));
          }
          if (bounds[index + 1] === undefined) break;
        }
        await session.close();
        expect(await digests(other)).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  }, 60_000);

  it('loses and doubles nothing when the connection dies between rows and checkpoint, again and again', async () => {
    const store = new InMemoryEventStore();
    let deaths = 0;
    const mortal = PROJECTIONS.map((projection): Projection => ({
      ...projection,
      async apply(sql, events) {
        await projection.apply(sql, events);
        if (deaths < 12) {
          deaths += 1;
          await sql.query('select pg_terminate_backend(pg_backend_pid())');
        }
      },
    }));
    const runner = run(store, mortal);
    await writeHistory(store, 40);
    await reach(runner, await store.headPosition());
    expect(deaths).toBe(12);
    const rebuilt = await freshDatabase();
    await reach(run(store, PROJECTIONS, rebuilt), await store.headPosition());
    expect(await digests()).toEqual(await digests(rebuilt));
  });

  it('lets one process lead and another take over where it ended', async () => {
    const store = new InMemoryEventStore();
    const first = run(store);
    const history = await writeHistory(store, 5);
    await reach(first, await store.headPosition());
    const other = new Postgres({ databaseUrl, applicationName: 'spec' });
    const second = run(store, PROJECTIONS, other);
    await until(() => second.status().every((each) => each.reason !== null));
    for (const { state, reason } of second.status()) {
      expect(state).toBe('standby');
      expect(reason).toMatch(/^Another session has its lock: process \d+ of PostgreSQL, user evenkeel\.$/);
    }
    expect(await second.waitFor('entries', await store.headPosition(), 1000)).toBe('reached');
    await first.stop();
    const [bank, one] = history.accounts;
    if (bank && one) await history.transfer(bank, one, 1n);
    await reach(second, await store.headPosition());
    expect(second.status().map((each) => each.state)).toEqual(PROJECTIONS.map(() => 'live'));
    await second.stop();
    const rebuilt = await freshDatabase();
    await reach(run(store, PROJECTIONS, rebuilt), await store.headPosition());
    expect(await digests()).toEqual(await digests(rebuilt));
    await other.close();
  });

  it('stops at an event it can not apply, after everything before it, and alone', async () => {
    const store = new InMemoryEventStore();
    const history = await writeHistory(store, 3);
    const before = await store.headPosition();
    const [bank] = history.accounts;
    if (bank === undefined) return;
    // An entry nobody posted: only the journal can tell.
    const position = await history.onAccount(bank, {
      type: 'EntryPosted',
      data: {
        transactionId: 'd0000000-0000-4000-8000-000000000000',
        leg: 0,
        direction: 'debit',
        amount: '1',
        currency: 'EUR',
        effectiveAt: '2026-01-01T00:00:00.000Z',
        reservationId: null,
        sequence: 9,
        balance: '1',
        at: '2026-01-01T00:00:00.000Z',
      },
    });
    const runner = run(store);
    const of = (name: string) => runner.status().find((each) => each.name === name);
    await until(() => of('entries')?.state === 'stopped' && of('accounts')?.position === position);
    expect(of('entries')).toMatchObject({
      position: before,
      eventsWaiting: null,
      stopKind: 'event',
      stoppedAt: { position, type: 'EntryPosted', streamName: `account-${bank.accountId}` },
      reason: expect.stringContaining('Every entry belongs to one leg of a posted transaction') as unknown,
    });
    expect(of('transactions')?.state).toBe('live');
    expect(await runner.waitFor('entries', position, 5000)).toBe('stopped');
    expect(await runner.waitFor('entries', before, 5000)).toBe('reached');
  });

  it('stops every projection at a type this version does not know', async () => {
    const store = new InMemoryEventStore();
    const history = new LedgerHistory(store);
    const account = await history.open();
    await history.append(`account-${account.accountId}`, [{ type: 'AccountAudited', data: {} }]);
    const runner = run(store);
    await until(() => runner.status().every((each) => each.state === 'stopped'));
    for (const status of runner.status()) {
      expect(status.reason).toContain('AccountAudited');
      expect(status.stopKind).toBe('unknown-event');
      expect(status.position).toBe(store.log[0]?.position);
    }
  });

  it('refuses a checkpoint of another event store, one ahead of the store, and rows without one', async () => {
    const store = new InMemoryEventStore();
    const runner = run(store);
    await writeHistory(store, 1);
    await reach(runner, await store.headPosition());
    await runner.stop();

    const stopped = async (from: InMemoryEventStore): Promise<readonly (string | null)[]> => {
      const again = run(from);
      await until(() => again.status().every((each) => each.state === 'stopped'));
      expect(new Set(again.status().map((each) => each.stopKind))).toEqual(new Set(['checkpoint']));
      return again.status().map((each) => each.reason);
    };
    for (const reason of await stopped(new InMemoryEventStore()))
      expect(reason).toContain('was filled from event store');
    await postgres.query('update ledger.projection_checkpoints set position = position + 1');
    for (const reason of await stopped(store)) expect(reason).toContain('ahead of the event store');
    await postgres.query('delete from ledger.projection_checkpoints');
    for (const reason of await stopped(store)) expect(reason).toContain('but no checkpoint');
  });

  it('waits for the position that was asked for, and no longer than it was told to', async () => {
    const store = new InMemoryEventStore();
    const runner = run(store);
    const history = await writeHistory(store, 1);
    const [bank, one] = history.accounts;
    if (bank === undefined || one === undefined) return;
    const { position } = await history.transfer(bank, one, 1n);
    expect(await runner.waitFor('account_balances', position, 5000)).toBe('reached');
    expect(await runner.waitFor('account_balances', position + 1000n, 50)).toBe('behind');
  });

  it('goes on by itself when the database or the store was away', async () => {
    const store = new InMemoryEventStore();
    const runner = run(store);
    const history = await writeHistory(store, 1);
    await reach(runner, await store.headPosition());
    await postgres.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    const [bank, one] = history.accounts;
    if (bank && one) await history.transfer(bank, one, 1n);
    await reach(runner, await store.headPosition());
    expect(runner.status().map((each) => each.reason)).toEqual(PROJECTIONS.map(() => null));
  });
});
