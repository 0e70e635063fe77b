import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { MIGRATIONS } from '../index.js';
import { Conditions } from '../runtime/conditions.js';
import { listStatement, type TransactionFilters } from './transaction-filters.js';

const ANYTHING: TransactionFilters = {
  ...{ reference: null, idempotencyKey: null, status: null, kind: null, accountId: null, currency: null },
  ...{ amountMin: null, amountMax: null, effectiveFrom: null, effectiveTo: null },
  ...{ recordedFrom: null, recordedTo: null, metadata: [] },
};
const ACCOUNT = '00000000-0000-4000-8000-000000000007';

/** 40,000 transactions of one company: a busy account in half of them, ACCOUNT in one of 400. */
const FILL = `
insert into ledger.transactions (transaction_id, company_id, status, kind, description, reference, metadata, effective_at,
                                 recorded_at, legs, code, details, idempotency_key, request_hash, position)
select gen_random_uuid(), 'default', case when n % 500 = 0 then 'rejected' else 'posted' end,
       case when n % 1000 = 1 then 'rare' else 'transfer' end, null, 'r' || n % 5000,
       case when n % 100 = 2 then jsonb_build_object('order', n::text) else '{}' end,
       timestamptz '2026-01-01Z' + n * interval '1 minute', timestamptz '2026-01-01Z' + n * interval '1 minute', '[]',
       'none', '{}', n::text, 'hash', n * 10
  from generate_series(1, 40000) n order by n;
insert into ledger.entries (transaction_id, leg, account_id, company_id, direction, amount, currency, effective_at,
                            recorded_at, position)
select transaction_id, 0,
       case when position % 4000 = 70 then '${ACCOUNT}'::uuid when position % 20 = 0 then md5('busy')::uuid else gen_random_uuid() end,
       'default', 'debit', position % 97 + 1, 'EUR', effective_at, recorded_at, position
  from ledger.transactions;
analyze ledger.transactions, ledger.entries;
`;

describe('the plans of common lists', () => {
  let server: TestPostgres;
  let postgres: Postgres;

  beforeAll(async () => {
    server = await startTestPostgres();
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    for (const statement of FILL.split(';').filter((text) => text.trim() !== ''))
      await postgres.query(statement);
  });
  afterAll(() => server.stop());

  it.each([
    ['all, newest first', {}, /transactions_(by_company|position_key)/],
    ['one account', { accountId: ACCOUNT }, /entries_by_account_position/],
    [
      'one account, in a range of amounts',
      { accountId: ACCOUNT, amountMin: 5n, amountMax: 9n },
      /entries_by_account_position/,
    ],
    ['a rare kind', { kind: 'rare' }, /transactions_by_kind/],
    ['a reference', { reference: 'r7' }, /transactions_by_reference/],
    ['a key', { idempotencyKey: '77' }, /transactions_by_key/],
    ['what was rejected', { status: 'rejected' as const }, /transactions_rejected/],
    ['metadata with a value', { metadata: [{ key: 'order', text: '102' }] }, /transactions_by_metadata/],
    [
      'an hour of effective time long ago',
      { effectiveFrom: '2026-01-03T00:00:00Z', effectiveTo: '2026-01-03T01:00:00Z' },
      /transactions_by_effective_time/,
    ],
    [
      'an hour of recorded time long ago',
      { recordedFrom: '2026-01-03T00:00:00Z', recordedTo: '2026-01-03T01:00:00Z' },
      /transactions_by_recorded_time/,
    ],
  ] as const)('%s: an index, never the whole table', async (_name, filters, index) => {
    const where = new Conditions();
    const text = listStatement(where, 'default', { ...ANYTHING, ...filters }, null, 51);
    const { rows } = await postgres.query<Record<string, string>>(`explain ${text}`, where.values);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(index);
    expect(plan).not.toContain('Seq Scan');
  });
});
