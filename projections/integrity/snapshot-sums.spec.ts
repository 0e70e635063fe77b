import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { assert } from '../../src/kernel/assert.js';
import { toInstant } from '../../src/kernel/clock.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { balanceSnapshots } from '../balance-snapshots/balance-snapshots.project.js';
import type { SnapshotShape } from '../balance-snapshots/snapshot-shape.js';
import { MIGRATIONS } from '../index.js';
import { LEDGER_SCHEMA } from '../runtime/projection.js';
import { ALL_ACCOUNTS, isInPart } from './account-part.js';
import { snapshotDifferences } from './snapshot-sums.js';

/** Runs of four entries, gathered in twos: a few dozen entries reach every level. */
const SMALL: SnapshotShape = { chunkBits: 2, fanBits: 1, levels: 3 };
const BASE_MS = Date.UTC(2026, 1, 28, 12);
const ENTRIES = 45;

describe('the sums of balances at earlier times', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let bank: HistoryAccount;
  let customer: HistoryAccount;

  const differences = (part = ALL_ACCOUNTS) => snapshotDifferences(postgres, part, SMALL);

  beforeAll(async () => {
    server = await startTestPostgres();
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    const store = new InMemoryEventStore();
    const history = new LedgerHistory(store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open();
    await history.open();
    for (let count = 0; count < ENTRIES; count += 1) {
      await history.post(
        [
          { account: bank, direction: 'credit', amount: BigInt(count + 1) },
          { account: customer, direction: 'debit', amount: BigInt(count + 1) },
        ],
        {
          effectiveAt: toInstant(BASE_MS + ((count * 7) % 10) * 500),
          recordedAt: toInstant(BASE_MS + count * 100 - (count % 3) * 250),
        },
      );
    }
    const projection = balanceSnapshots(SMALL);
    const events = store.log.map(toLedgerEvent).filter(({ type }) => projection.handles.includes(type));
    const session = await postgres.openSession(10_000);
    await session.query(`set search_path = ${LEDGER_SCHEMA}`);
    await session.transaction((sql) => projection.apply(sql, events));
    await session.close();
  });
  afterAll(() => server.stop());

  it('agree with the entries they are made of, whichever part of the accounts is looked at', async () => {
    const { rows } = await postgres.query('select distinct level from ledger.balance_snapshots order by 1');
    expect(rows).toEqual([{ level: 1 }, { level: 2 }, { level: 3 }]);
    expect(await differences()).toEqual([]);
    expect(await differences({ number: 2, of: 3 })).toEqual([]);
  });

  const secondOf = (level: number): string =>
    `level = ${level} and node = 1 and effective_before = (select min(effective_before) from ledger.balance_snapshots
      where account_id = $1 and level = ${level} and node = 1)`;
  const sums = (level: number): string => `balance_snapshots of account %: level ${level} node 1 before 2026`;
  it.each([
    ['balance_snapshots', `set debits = debits + 1000000 where ${secondOf(1)}`, sums(1)],
    ['balance_snapshots', `set credits = 'NaN' where ${secondOf(2)}`, sums(2)],
    ['balance_snapshots', `set entries = -9223372036854775808 where ${secondOf(3)}`, sums(3)],
    ['balance_snapshots', `set effective_before = 'infinity' where ${secondOf(2)}`, sums(2)],
    ['balance_snapshots', `set node = 99 where ${secondOf(3)}`, sums(3)],
    ['balance_snapshots', `set level = 9 where ${secondOf(1)}`, sums(1)],
    ['snapshot_chunks', `set position_last = 0 where chunk = 3`, 'snapshot_chunks of account %: run 3 '],
    ['snapshot_chunks', `set chunk = 77 where chunk = 3`, 'snapshot_chunks of account %: run 3 '],
    ['snapshot_entries', `set number = 99 where number = 44`, 'snapshot_accounts of account %: 1 of its '],
    ['snapshot_entries', `set is_disordered = not is_disordered where number = 3`, ' account %: 1 of its '],
    ['snapshot_entries', `set recorded_at = 'infinity' where number = 3`, ' account %: '],
    ['snapshot_accounts', 'set entries = 44 where true', 'account %: entries 44, the log says 45'],
    ['snapshot_accounts', 'set disorder_ms = 0 where true', 'account %: recorded_max or disorder_ms'],
    ['snapshot_accounts', `set recorded_max = '-infinity' where true`, 'account %: recorded_max or'],
  ])('name the account of a changed row: %s %s', async (table, change, expected) => {
    const { accountId } = customer;
    await postgres.query(`create table kept as select * from ledger.${table}`);
    await postgres.query(`update ledger.${table} ${change} and account_id = $1`, [accountId]);
    const [first, ...more] = await differences();
    assert(first !== undefined, 'A changed row is found.');
    expect(first).toContain(expected.replace('%', accountId));
    expect([first, ...more].filter((each) => each.includes(bank.accountId))).toEqual([]);
    const other = { number: isInPart({ number: 1, of: 2 }, accountId) ? 2 : 1, of: 2 };
    expect(await differences(other)).toEqual([]);
    await postgres.query(`delete from ledger.${table}`);
    await postgres.query(`insert into ledger.${table} select * from kept`);
    await postgres.query('drop table kept');
    expect(await differences()).toEqual([]);
  });
});
