import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { toColumns } from '../../src/edges/postgres/columns.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { assert } from '../../src/kernel/assert.js';
import type { Direction } from '../../src/kernel/money.js';
import { accountOf } from '../runtime/account-of.js';
import type { Projection } from '../runtime/projection.js';

/** What only the account's stream knows of an entry. */
interface Settlement {
  readonly transactionId: string;
  readonly leg: number;
  readonly accountId: string;
  readonly sequence: number;
  readonly balance: string;
  readonly entryPosition: bigint;
}

interface EntryRow {
  readonly transactionId: string;
  readonly leg: number;
  readonly accountId: string;
  readonly companyId: string;
  readonly direction: Direction;
  readonly amount: string;
  readonly currency: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly position: bigint;
  settlement: Settlement | null;
}

/** The journal: a row per leg when its transaction is posted, its place on the account when the entry follows. */
export const entriesProjection: Projection = {
  name: 'entries',
  tables: ['entries'],
  handles: ['TransactionPosted', 'EntryPosted'],
  async apply(sql, events) {
    const { posted, settlements } = fold(events);
    await insertPosted(sql, posted);
    await settle(sql, settlements);
  },
};

/** Brings entries of one batch together with their transactions, so that most rows are written once, not twice. */
function fold(events: readonly RecordedLedgerEvent[]): {
  readonly posted: readonly EntryRow[];
  readonly settlements: readonly Settlement[];
} {
  const posted = new Map<string, EntryRow>();
  const settlements: Settlement[] = [];
  for (const event of events) {
    if (event.type === 'TransactionPosted') {
      for (const row of toRows(event)) posted.set(`${row.transactionId}/${row.leg}`, row);
      continue;
    }
    assert(event.type === 'EntryPosted', `${event.type} is no part of the journal.`);
    const { transactionId, leg, sequence, balance } = event.data;
    const accountId = accountOf(event);
    const settlement = { transactionId, leg, accountId, sequence, balance, entryPosition: event.position };
    const row = posted.get(`${transactionId}/${leg}`);
    if (row === undefined) settlements.push(settlement);
    else {
      assert(row.accountId === accountId, `Leg ${leg} of ${transactionId} is settled on its own account.`);
      assert(row.settlement === null, `Leg ${leg} of ${transactionId} is settled once.`);
      row.settlement = settlement;
    }
  }
  return { posted: [...posted.values()], settlements };
}

function toRows(event: Extract<RecordedLedgerEvent, { type: 'TransactionPosted' }>): EntryRow[] {
  const { transactionId, companyId, effectiveAt, recordedAt } = event.data;
  return event.data.legs.map(({ accountId, direction, amount, currency }, leg) => ({
    transactionId,
    leg,
    accountId,
    companyId,
    direction,
    amount,
    currency,
    effectiveAt,
    recordedAt,
    position: event.position,
    settlement: null,
  }));
}

async function insertPosted(sql: Sql, rows: readonly EntryRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query(
    `insert into entries (transaction_id, leg, account_id, company_id, direction, amount, currency, effective_at,
                          recorded_at, position, sequence, balance, entry_position)
     select * from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::text[], $5::text[], $6::numeric[], $7::text[],
                          $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::numeric[],
                          $13::bigint[])`,
    toColumns(rows, [
      (row) => row.transactionId,
      (row) => row.leg,
      (row) => row.accountId,
      (row) => row.companyId,
      (row) => row.direction,
      (row) => row.amount,
      (row) => row.currency,
      (row) => row.effectiveAt,
      (row) => row.recordedAt,
      (row) => row.position,
      (row) => row.settlement?.sequence ?? null,
      (row) => row.settlement?.balance ?? null,
      (row) => row.settlement?.entryPosition ?? null,
    ]),
  );
}

async function settle(sql: Sql, settlements: readonly Settlement[]): Promise<void> {
  if (settlements.length === 0) return;
  const { rowCount } = await sql.query(
    `update entries
        set sequence = settled.sequence, balance = settled.balance, entry_position = settled.entry_position
       from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::bigint[], $5::numeric[], $6::bigint[])
         as settled (transaction_id, leg, account_id, sequence, balance, entry_position)
      where entries.transaction_id = settled.transaction_id and entries.leg = settled.leg
        and entries.account_id = settled.account_id and entries.sequence is null`,
    toColumns(settlements, [
      (settlement) => settlement.transactionId,
      (settlement) => settlement.leg,
      (settlement) => settlement.accountId,
      (settlement) => settlement.sequence,
      (settlement) => settlement.balance,
      (settlement) => settlement.entryPosition,
    ]),
  );
  assert(
    rowCount === settlements.length,
    'Every entry belongs to one leg of a posted transaction, and is the only one of it.',
  );
}
