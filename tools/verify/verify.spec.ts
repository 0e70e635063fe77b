import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { MIGRATIONS, PROJECTIONS } from '../../projections/index.js';
import { ProjectionRunner } from '../../projections/runtime/projection-runner.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { HoldSide, leg } from '../../test/support/hold-side.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/until.js';
import { describeVerdict, isRight } from './report.js';
import { verify, type Verdict } from './verify.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const AN_HOUR_MS = 3_600_000;

describe('npm run verify', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let store: InMemoryEventStore;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;

  const check = (atMs = Date.now()): Promise<Verdict> =>
    verify(
      store,
      postgres,
      () => atMs,
      () => undefined,
    );
  const project = async (): Promise<void> => {
    const runner = new ProjectionRunner(PROJECTIONS, { store, postgres, log });
    runner.start();
    const head = await store.headPosition();
    await until(() => runner.status().every(({ position }) => position === head));
    await runner.stop();
  };

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    store = new InMemoryEventStore();
    history = new LedgerHistory(store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open({ overdraftLimit: '0' });
    await history.transfer(bank, customer, 100n);
    await history.transfer(customer, bank, 40n, { checked: true });
  });
  afterAll(() => server.stop());

  it('agrees with a ledger that is right, work in flight included', async () => {
    await history.reserve(customer, randomUUID(), 10n);
    const transactionId = randomUUID();
    const reservationId = await history.reserve(customer, transactionId, 5n);
    const owed = await history.post(
      [
        { account: customer, direction: 'credit', amount: 5n, reservationId },
        { account: bank, direction: 'debit', amount: 5n },
      ],
      { transactionId },
    );
    await history.settle(owed, 1);
    await project();
    const verdict = await check();
    expect(verdict.audit.findings.shown).toEqual([]);
    expect(verdict.owedLegs).toEqual({ all: 1, overdue: 0 });
    expect(verdict.unownedReservations).toEqual({ all: 1, overdue: 0 });
    expect(verdict.readModels.map(({ name, accounts }) => ({ name, accounts }))).toEqual([
      { name: 'accounts', accounts: 2 },
      { name: 'account_balances', accounts: 2 },
      { name: 'entries', accounts: 2 },
      { name: 'transactions', accounts: null },
      { name: 'balance_snapshots', accounts: null },
    ]);
    expect(isRight(verdict)).toBe(true);
    const text = describeVerdict(verdict);
    expect(text).toContain('EUR          145      145           0');
    expect(text).toContain(
      'The ledger is right: account streams, transaction streams and PostgreSQL agree.\n' +
        'Compared in PostgreSQL: accounts, account_balances, entries, transactions, balance_snapshots. Counters are not: ' +
        'their digests are, by `npm run rebuild -- counters`.',
    );
    expect((await check(Date.now() + AN_HOUR_MS)).owedLegs).toEqual({ all: 1, overdue: 1 });
  });

  it('claims nothing of read models that were never begun', async () => {
    expect(describeVerdict(await check())).toContain(
      'account streams and transaction streams agree.\nPostgreSQL has no read models yet',
    );
    await project();
    await postgres.query(`delete from ledger.projection_checkpoints where name = 'balance_snapshots'`);
    expect(describeVerdict(await check())).toContain('entries, transactions. Counters are not');
  });

  it('compares each read model at its own position, whatever was written since', async () => {
    await project();
    await history.transfer(bank, customer, 7n);
    expect((await check()).audit.findings.total).toBe(0);
  });

  it('is right at every moment while writes and projections go on', async () => {
    const runner = new ProjectionRunner(PROJECTIONS, { store, postgres, log });
    runner.start();
    const writing = { on: true };
    const writer = (async () => {
      while (writing.on) {
        await history.transfer(bank, customer, 3n);
        await history.transfer(customer, bank, 2n, { checked: true });
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    try {
      for (let round = 0; round < 10; round += 1) {
        expect((await check()).audit.findings.shown).toEqual([]);
      }
    } finally {
      writing.on = false;
      await writer;
      await runner.stop();
    }
  });

  it('finds a row that was changed, one that is missing, and one nobody opened', async () => {
    await project();
    await postgres.query('update ledger.account_balances set credits = credits + 1 where account_id = $1', [
      bank.accountId,
    ]);
    await postgres.query(
      'update ledger.entries set amount = amount + 1 where account_id = $1 and sequence = 1',
      [customer.accountId],
    );
    await postgres.query('update ledger.account_balances set account_id = $2 where account_id = $1', [
      customer.accountId,
      randomUUID(),
    ]);
    const { audit } = await check();
    const sentences = audit.findings.shown.map(({ sentence }) => sentence).join('\n');
    expect(audit.findings.countOf('PostgreSQL differs')).toBe(5);
    expect(sentences).toContain('credits 101, the log says 100');
    expect(sentences).toContain(`account_balances of account ${customer.accountId}`);
    expect(sentences).toContain('no row');
    expect(sentences).toContain('which the log does not have');
    expect(sentences).toContain('debits 101, the log says 100');
  });

  it('agrees with rows of any text a client may send', async () => {
    const words = [
      '',
      '-',
      '3:a|b|',
      '"quoted" \\ back',
      'line\n\ttab \u0001 \u007f',
      'ä 漢 😀 \u2028',
      'null',
    ];
    for (const word of words) {
      await history.post(
        [
          { account: bank, direction: 'credit', amount: 10n ** 37n },
          { account: customer, direction: 'debit', amount: 10n ** 37n },
        ],
        {
          ...{ kind: word, description: word, reference: word },
          metadata: { [word]: word, b: '', aa: word, ä: 'x', Z: 'y' },
          effectiveAt: '1969-12-31T23:59:59.999Z',
          recordedAt: '9999-12-31T23:59:59.001Z',
          parent: { relation: 'capture', transactionId: randomUUID() },
        },
      );
      await history.reject('default', word);
    }
    await project();
    expect((await check()).audit.findings.shown).toEqual([]);
  });

  it('finds a row of which anything was changed, and names its transaction', async () => {
    const changes: readonly (readonly ['entries' | 'transactions' | 'snapshot_entries', string, string])[] = [
      ['entries', 'amount = amount + 1', 'amount 101, the log says 100'],
      ['entries', "direction = 'credit'", 'direction credit, the log says debit'],
      ['entries', 'balance = balance - 1', 'balance 99, the log says 100'],
      [
        'entries',
        "effective_at = effective_at + interval '1 microsecond'",
        'effective_at 1769860800000001, the',
      ],
      ['entries', "recorded_at = 'infinity'", 'recorded_at Infinity, the'],
      ['entries', "currency = 'USD'", 'currency is not what the log says'],
      ['entries', 'sequence = null, balance = null, entry_position = null', 'sequence null, the log says 1'],
      ['entries', 'entry_position = 9000000000000000000', 'entry_position 9000000000000000000, the log says'],
      ['entries', 'position = -1', 'position -1, the log says'],
      ['entries', "transaction_id = '00000000-0000-4000-8000-000000000000'", 'no row'],
      ['snapshot_entries', 'amount = amount + 1', 'amount 101, the log says 100'],
      ['snapshot_entries', `reverses = '${randomUUID()}'`, ', the log says null'],
      ['transactions', "description = 'other words'", 'description is not what the log says'],
      ['transactions', "description = ''", 'description is not what the log says'],
      ['transactions', "reference = '-'", 'reference is not what the log says'],
      ['transactions', `metadata = '{"a": "b"}'`, 'metadata is not what the log says'],
      [
        'transactions',
        "status = 'rejected', code = '', details = '{}'",
        'status rejected, the log says posted',
      ],
      [
        'transactions',
        "recorded_at = recorded_at - interval '1 day'",
        'recorded_at 1769774400000000, the log',
      ],
      ['transactions', 'position = 9', 'position 9, the log says'],
      ['transactions', "transaction_id = '00000000-0000-4000-8000-000000000000'", 'no row'],
    ];
    const { transactionId } = await history.transfer(await history.open(), await history.open(), 100n);
    await project();
    for (const [table, change, expected] of changes) {
      const isLeg = table === 'transactions' ? '' : 'and leg = 1';
      await postgres.query(`create table kept as select * from ledger.${table}`);
      await postgres.query(`update ledger.${table} set ${change} where transaction_id = $1 ${isLeg}`, [
        transactionId,
      ]);
      const { audit } = await check();
      const sentences = audit.findings.shown.map((each) => each.sentence);
      const named = `${table} of transaction ${transactionId}${isLeg === '' ? '' : ' leg 1 on account'}`;
      expect(sentences).toContainEqual(expect.stringContaining(expected));
      expect(sentences).toContainEqual(expect.stringContaining(named));
      expect(sentences.some((each) => each.includes('has a row for'))).toBe(
        /^(entry_position|position|transaction_id) =/.test(change),
      );
      expect(audit.findings.total).toBeLessThanOrEqual(4);
      await postgres.query(`delete from ledger.${table}`);
      await postgres.query(`insert into ledger.${table} select * from kept`);
      await postgres.query('drop table kept');
      expect((await check()).audit.findings.shown).toEqual([]);
    }
  });

  it('finds an account of which anything was changed, and names it', async () => {
    const child = await history.open({ name: 'ä "b" 漢', parent: bank, overdraftLimit: '5' });
    await history.freeze(child);
    const { accountId } = child;
    await project();
    expect((await check()).audit.findings.shown).toEqual([]);
    const opening = 'company, exponent, parent, ancestors or opening is not what the log says';
    const changes: readonly (readonly [string, string])[] = [
      ["name = 'other'", 'name is not what the log says'],
      ["type = 'income'", 'type income, the log says asset'],
      ["currency = 'USD'", 'currency USD, the log says EUR'],
      ['parent_id = null', opening],
      ["ancestor_ids = '{}'", opening],
      ["company_id = 'other'", opening],
      ['overdraft_limit = null', 'overdraft_limit null, the log says 5'],
      ["status = 'open'", 'status open, the log says frozen'],
      [`metadata = '{"a": "b"}'`, 'metadata is not what the log says'],
      ['revision = revision + 1', 'revision 2, the log says 1'],
      [`account_id = '${randomUUID()}'`, 'no row'],
    ];
    await postgres.query('create table kept as select * from ledger.accounts');
    for (const [change, expected] of changes) {
      await postgres.query(`update ledger.accounts set ${change} where account_id = $1`, [accountId]);
      const { audit } = await check();
      const [first] = audit.findings.shown;
      expect(first?.sentence).toContain(`accounts of account ${accountId} at position`);
      expect(first?.sentence).toContain(`: ${expected}.`);
      expect(audit.findings.total).toBe(change.startsWith('account_id') ? 2 : 1);
      await postgres.query('delete from ledger.accounts');
      await postgres.query('insert into ledger.accounts select * from kept');
    }
    expect((await check()).audit.findings.shown).toEqual([]);
  });

  it('finds a sum of balances at earlier times that was changed, and names its account', async () => {
    for (let count = 0; count < 260; count += 1) await history.transfer(bank, customer, 2n);
    await project();
    expect((await check()).audit.findings.shown).toEqual([]);
    await postgres.query(
      'update ledger.balance_snapshots set debits = debits + 1000000 where account_id = $1 and level = 1 and node = 0',
      [customer.accountId],
    );
    const { audit } = await check();
    expect(audit.findings.byKind).toEqual([['PostgreSQL differs', 1]]);
    expect(audit.findings.shown[0]?.sentence).toContain(
      `balance_snapshots of account ${customer.accountId}: level 1 node 0 before 2026-01-31 12:00:01: entries 256, debits 1000608, credits 40; its entries come to 256, 608, 40`,
    );
  });

  it('agrees with what the write side writes: holds captured in parts, increased, voided, expired, and reversals', async () => {
    const side = new HoldSide(store);
    const cash = await side.opened({ type: 'asset', overdraftLimit: null });
    const payer = await side.opened();
    const shop = await side.opened();
    const legs = (amount: string) => [leg(payer, 'debit', amount), leg(shop, 'credit', amount)];
    await side.transfer({ from: cash, to: payer, amount: '1000' });
    const captured = await side.held({ legs: legs('300') });
    await side.capture(captured, { legs: legs('100') });
    await side.increase(captured, legs('50'));
    const open = await side.held({ legs: legs('70') });
    await project();
    expect((await check()).audit.findings.shown).toEqual([]);

    const posted = await side.capture(captured, { legs: legs('120'), final: true });
    await side.void(open);
    const expiring = await side.held({ legs: legs('30') });
    side.nowMs += 30 * 24 * AN_HOUR_MS;
    await side.expire(expiring);
    if (posted.kind === 'accepted') await side.reverse(posted.body.transactionId, {});
    await project();
    const verdict = await check(side.nowMs + AN_HOUR_MS);
    expect(verdict.audit.findings.shown).toEqual([]);
    expect(verdict.unownedReservations).toEqual({ all: 0, overdue: 0 });
    expect([...verdict.audit.reservations.keys()]).toEqual([]);
    expect(verdict.audit.authorized).toBe(4);
  });

  it('counts what is owed for too long, without calling it wrong', async () => {
    await history.reserve(customer, randomUUID(), 10n);
    const verdict = await check(Date.now() + AN_HOUR_MS);
    expect(verdict.unownedReservations).toEqual({ all: 1, overdue: 1 });
    expect(isRight(verdict)).toBe(true);
    expect(describeVerdict(verdict)).toContain('1, 1 of them overdue');
  });

  it('refuses a database that was filled from another log', async () => {
    await project();
    store = new InMemoryEventStore();
    await expect(check()).rejects.toThrow('pair that belongs together');
  });
});
