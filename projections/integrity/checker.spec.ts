import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/until.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { MIGRATIONS, PROJECTIONS } from '../index.js';
import { ProjectionRunner } from '../runtime/projection-runner.js';
import { Checker, type CheckerPace } from './checker.js';
import { readReport } from './integrity-report.js';
import { ReadIntegrityHandler } from './integrity.query.js';

const PACE: CheckerPace = {
  eventsPerSecondMax: 1_000_000,
  accountsMax: 1_000,
  cycleMs: 5,
  compareEveryMs: 5,
  partRestFactor: 0,
  restartAfterMs: 3_600_000,
};

describe('the checker', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let store: InMemoryEventStore;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;
  let said: string[];
  const running: { stop(): Promise<void> }[] = [];

  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (sentence: string) => void said.push(sentence),
  };
  const check = (pace: Partial<CheckerPace> = {}): Checker => {
    const checker = new Checker({ store, postgres, log }, { ...PACE, ...pace });
    running.push(checker);
    checker.start();
    return checker;
  };
  const project = async (): Promise<ProjectionRunner> => {
    const runner = new ProjectionRunner(PROJECTIONS, { store, postgres, log });
    running.push(runner);
    runner.start();
    const head = await store.headPosition();
    await until(() => runner.status().every(({ position }) => position !== null && position >= head));
    return runner;
  };
  const comparedUpTo = async (checker: Checker, position: bigint): Promise<void> => {
    await until(
      () => BigInt(checker.report?.compared?.position ?? -1) >= position,
      () => JSON.stringify(checker.report),
    );
  };
  const view = () =>
    new ReadIntegrityHandler(postgres, store, [{ name: 'accounts' }, { name: 'entries' }]).execute();

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    said = [];
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    store = new InMemoryEventStore();
    history = new LedgerHistory(store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open({ overdraftLimit: '0', companyId: 'default' });
    await history.transfer(bank, customer, 100n);
    await history.transfer(customer, bank, 40n, { checked: true });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()));
  });
  afterAll(() => server.stop());

  it('finds a ledger right while writes go on, and says how far it has checked', async () => {
    await project();
    const checker = check();
    for (let i = 0; i < 60; i += 1) {
      await history.transfer(bank, customer, 3n);
      await history.transfer(customer, bank, 2n, { checked: true });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const head = await store.headPosition();
    await comparedUpTo(checker, head);
    expect(checker.report).toMatchObject({
      ...{ state: 'following', reason: null, verifiedPosition: `${head}`, mismatches: {} },
      ...{ accounts: 2, transactions: 122, entries: 244, imbalance: { EUR: '0' } },
      unsettledLegs: { all: 0, overdue: 0 },
      orphanReservations: { all: 0, overdue: 0 },
    });
    expect(said).toEqual([]);
    expect(checker.ageMs(Date.now())).not.toBeNull();
  });

  it('counts what is wrong by kind, names it in the log alone, and forgets what was put right', async () => {
    await project();
    await postgres.query('update ledger.account_balances set debits = debits + 1 where account_id = $1', [
      bank.accountId,
    ]);
    const checker = check();
    await until(() => checker.report?.mismatches['PostgreSQL differs'] === 1);
    expect(said.join('\n')).toContain(`account_balances of account ${bank.accountId}`);
    // The report is stored after it is known in the process.
    await until(async () => (await view()).mismatches.total > 0);
    const shown = await view();
    expect(shown).toMatchObject({ mismatches: { total: 1, kinds: { 'PostgreSQL differs': 1 } } });
    expect(JSON.stringify(shown)).not.toContain(bank.accountId);
    await postgres.query('update ledger.account_balances set debits = debits - 1 where account_id = $1', [
      bank.accountId,
    ]);
    await until(() => Object.keys(checker.report?.mismatches ?? { none: 1 }).length === 0);

    await history.post([
      { account: bank, direction: 'debit', amount: 3n },
      { account: customer, direction: 'credit', amount: 1n },
    ]);
    await until(() => checker.report?.mismatches['transaction does not balance'] === 1, undefined, 20_000);
    expect(checker.report?.imbalance).toEqual({ EUR: '2' });
    expect(said.join('\n')).toContain('debits - credits = 2 EUR');
  });

  it('sees a single row that was changed, and names it in the log', async () => {
    const { transactionId } = await history.transfer(bank, customer, 7n);
    await project();
    await postgres.query(
      'update ledger.entries set balance = balance + 1 where transaction_id = $1 and leg = 0',
      [transactionId],
    );
    await postgres.query(`update ledger.transactions set description = 'other' where transaction_id = $1`, [
      transactionId,
    ]);
    const checker = check();
    await until(
      () => checker.report?.mismatches['PostgreSQL differs'] === 2,
      () => JSON.stringify(checker.report),
    );
    const told = said.join('\n');
    expect(told).toContain(
      `entries of transaction ${transactionId} leg 0 on account ${bank.accountId}: balance`,
    );
    expect(told).toContain(
      `transactions of transaction ${transactionId}: description is not what the log says`,
    );
    await postgres.query(
      'update ledger.entries set balance = balance - 1 where transaction_id = $1 and leg = 0',
      [transactionId],
    );
    await postgres.query('update ledger.transactions set description = null where transaction_id = $1', [
      transactionId,
    ]);
    await until(() => Object.keys(checker.report?.mismatches ?? { none: 1 }).length === 0);
  });

  it('counts what is owed, and what of it is overdue', async () => {
    await project();
    await history.reserve(customer, randomUUID(), 10n);
    const owed = await history.post([
      { account: bank, direction: 'debit', amount: 3n },
      { account: customer, direction: 'credit', amount: 3n },
    ]);
    await history.settle(owed, 0);
    for (const event of store.log.slice(-3)) Object.assign(event, { recordedAtMs: 0 });
    const checker = check();
    await comparedUpTo(checker, await store.headPosition());
    expect(checker.report).toMatchObject({
      mismatches: {},
      unsettledLegs: { all: 1, overdue: 1 },
      orphanReservations: { all: 1 },
    });
  });

  it('leaves its figures for processes that only answer queries, with the lag of each read model', async () => {
    expect(await view()).toMatchObject({ state: 'not-running', ageMs: null, mismatches: { total: 0 } });
    await project();
    const checker = check();
    await comparedUpTo(checker, await store.headPosition());
    await until(async () => (await readReport(postgres))?.report.compared !== null);
    const shown = await view();
    expect(shown).toMatchObject({
      state: 'following',
      headPosition: `${await store.headPosition()}`,
      projections: [
        { name: 'accounts', state: 'live', lagMs: 0 },
        { name: 'entries', state: 'live', lagMs: 0 },
      ],
    });
    expect(shown.ageMs).toBeLessThan(10_000);
    await postgres.query(`update ledger.integrity_report set written_at = now() - interval '1 hour'`);
    await checker.stop();
    await postgres.query(`update ledger.integrity_report set written_at = now() - interval '1 hour'`);
    expect(await view()).toMatchObject({ state: 'not-running' });
  });

  it('checks in one process at a time', async () => {
    await project();
    const first = check();
    await comparedUpTo(first, 1n);
    const second = check();
    // It has asked for the lock, and was told that another one has it.
    await until(async () => {
      const { rowCount } = await postgres.query(
        `select from pg_stat_activity asker
          where datname = current_database() and state = 'idle' and query like 'select pg_try_advisory_lock(%'
            and not exists (select from pg_locks where locktype = 'advisory' and pid = asker.pid)`,
      );
      return rowCount === 1;
    });
    expect(second.report).toBeNull();
    expect(first.report).toMatchObject({ state: 'following' });
  });

  it('checks more accounts than it may keep part by part, and misses none of them', async () => {
    const accounts = [bank, customer];
    for (let number = 0; number < 14; number += 1) {
      const account = await history.open({ overdraftLimit: '0', companyId: 'default' });
      await history.transfer(bank, account, 7n);
      await history.transfer(account, customer, 3n, { checked: true });
      accounts.push(account);
    }
    await project();
    const checker = check({ accountsMax: 5 });
    const seen = new Map<string, number>();
    await until(
      () => {
        const { part, compared, accounts: checked, mismatches } = checker.report ?? {};
        if (part && compared && part.of >= 4) seen.set(`${part.number}/${part.of}`, checked ?? 0);
        expect(mismatches ?? {}).toEqual({});
        return [...seen.values()].reduce((sum, count) => sum + count, 0) >= accounts.length;
      },
      () => JSON.stringify([...seen]),
    );
    for (const { accountId } of accounts.slice(2, 5)) {
      await postgres.query('update ledger.account_balances set debits = debits + 1 where account_id = $1', [
        accountId,
      ]);
      await until(() => said.some((sentence) => sentence.includes(accountId)));
    }
  });

  it('stops with a sentence at what it does not know', async () => {
    await project();
    await history.append(`account-${bank.accountId}`, [{ type: 'AccountAudited', data: {} }]);
    const other = check();
    const written = async () => (await readReport(postgres))?.report.reason ?? '';
    await until(async () => (await written()).includes('AccountAudited'), undefined, 20_000);
    expect(other.report).toMatchObject({ state: 'stopped' });
    expect(await view()).toMatchObject({ state: 'stopped' });
  });

  it('keeps to its pace', async () => {
    await project();
    const startedAtMs = performance.now();
    const checker = check({ eventsPerSecondMax: 40 });
    await comparedUpTo(checker, await store.headPosition());
    const events = checker.report?.events ?? 0;
    expect(events).toBeGreaterThan(5);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual((events / 40) * 900);
  });
});
