import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { toColumns } from '../../src/edges/postgres/columns.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { assert } from '../../src/kernel/assert.js';
import type { AccountType } from '../../src/kernel/money.js';
import type { AccountStatus } from '../../src/write/accounts/account-view.js';
import { accountOf } from '../runtime/account-of.js';
import type { Projection } from '../runtime/projection.js';

/** A row of `accounts`, in the words of the code. */
interface AccountRow {
  readonly accountId: string;
  readonly companyId: string;
  readonly name: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly parentId: string | null;
  readonly ancestorIds: readonly string[];
  readonly overdraftLimit: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: AccountStatus;
  readonly openedAt: string;
  readonly openedPosition: bigint;
  readonly revision: bigint;
  readonly position: bigint;
}

/** Every account as its newest administrative event left it. */
export const accountsProjection: Projection = {
  name: 'accounts',
  tables: ['accounts'],
  handles: [
    'AccountOpened',
    'AccountMetadataChanged',
    'OverdraftLimitChanged',
    'AccountFrozen',
    'AccountUnfrozen',
    'AccountClosing',
    'AccountClosed',
    'AccountReopened',
  ],
  async apply(sql, events) {
    const rows = await readRows(sql, events);
    for (const event of events) {
      const accountId = accountOf(event);
      rows.set(accountId, evolve(rows.get(accountId), event));
    }
    await writeRows(sql, [...rows.values()]);
  },
};

function evolve(row: AccountRow | undefined, event: RecordedLedgerEvent): AccountRow {
  const { revision, position } = event;
  if (event.type === 'AccountOpened') {
    assert(row === undefined, `Account ${event.data.accountId} is opened once.`);
    const { accountType, idempotencyKey: _key, requestHash: _hash, request: _request, ...data } = event.data;
    return { ...data, type: accountType, status: 'open', openedPosition: position, revision, position };
  }
  assert(row !== undefined, `An account's first event is AccountOpened, not ${event.type}.`);
  const seen = { ...row, revision, position };
  switch (event.type) {
    case 'AccountMetadataChanged':
      return { ...seen, name: event.data.name, metadata: event.data.metadata };
    case 'OverdraftLimitChanged':
      return { ...seen, overdraftLimit: event.data.overdraftLimit };
    case 'AccountFrozen':
      return { ...seen, status: 'frozen' };
    case 'AccountUnfrozen':
    case 'AccountReopened':
      return { ...seen, status: 'open' };
    case 'AccountClosing':
      return { ...seen, status: 'closing' };
    case 'AccountClosed':
      return { ...seen, status: 'closed' };
    default:
      assert(false, `${event.type} does not change what accounts shows.`);
  }
}

async function readRows(sql: Sql, events: readonly RecordedLedgerEvent[]): Promise<Map<string, AccountRow>> {
  const { rows } = await sql.query<AccountRow>(
    `select account_id as "accountId", company_id as "companyId", name, type, currency, exponent,
            parent_id as "parentId", ancestor_ids as "ancestorIds", overdraft_limit::text as "overdraftLimit",
            metadata, status, to_char(opened_at, 'YYYY-MM-DD"T"HH24:MI:SS.MSZ') as "openedAt",
            opened_position as "openedPosition", revision, position
       from accounts where account_id = any($1::uuid[])`,
    [[...new Set(events.map(accountOf))]],
  );
  return new Map(rows.map((row) => [row.accountId, row]));
}

async function writeRows(sql: Sql, rows: readonly AccountRow[]): Promise<void> {
  await sql.query(
    `insert into accounts (account_id, company_id, name, type, currency, exponent, parent_id, ancestor_ids,
                           overdraft_limit, metadata, status, opened_at, opened_position, revision, position)
     select account_id, company_id, name, type, currency, exponent, parent_id, ancestor_ids::uuid[],
            overdraft_limit, metadata, status, opened_at, opened_position, revision, position
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::uuid[],
                   $8::text[], $9::numeric[], $10::jsonb[], $11::text[], $12::timestamptz[], $13::bigint[],
                   $14::bigint[], $15::bigint[])
         as rows (account_id, company_id, name, type, currency, exponent, parent_id, ancestor_ids, overdraft_limit,
                  metadata, status, opened_at, opened_position, revision, position)
     on conflict (account_id) do update
        set name = excluded.name, overdraft_limit = excluded.overdraft_limit, metadata = excluded.metadata,
            status = excluded.status, revision = excluded.revision, position = excluded.position`,
    toColumns(rows, [
      (row) => row.accountId,
      (row) => row.companyId,
      (row) => row.name,
      (row) => row.type,
      (row) => row.currency,
      (row) => row.exponent,
      (row) => row.parentId,
      // A Postgres array of arrays must be rectangular, so each list travels as one text.
      (row) => `{${row.ancestorIds.join(',')}}`,
      (row) => row.overdraftLimit,
      (row) => JSON.stringify(row.metadata),
      (row) => row.status,
      (row) => row.openedAt,
      (row) => row.openedPosition,
      (row) => row.revision,
      (row) => row.position,
    ]),
  );
}
