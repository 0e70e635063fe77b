import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { toColumns } from '../../src/edges/postgres/columns.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { assert } from '../../src/kernel/assert.js';
import { imbalances, type AccountType } from '../../src/kernel/money.js';
import { accountOf } from '../runtime/account-of.js';
import type { Projection } from '../runtime/projection.js';

/** What a batch adds to one account. */
interface Change {
  readonly accountId: string;
  debits: bigint;
  credits: bigint;
  reserved: bigint;
  /** The newest entry's, or null when the batch has none. */
  sequence: number | null;
  position: bigint;
}

interface Opened {
  readonly accountId: string;
  readonly companyId: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly position: bigint;
}

/**
 * The current money of every account.
 *
 * `TransactionPosted` carries all legs, so a transaction is booked whole when it is met and the reservations its legs
 * name count as consumed: debits equal credits at every commit. `EntryPosted` then only tells the account's sequence.
 */
export const accountBalancesProjection: Projection = {
  name: 'account_balances',
  tables: ['account_balances'],
  handles: ['AccountOpened', 'FundsReserved', 'ReservationReleased', 'TransactionPosted', 'EntryPosted'],
  async apply(sql, events) {
    const { opened, changes } = fold(events);
    await insertOpened(sql, opened);
    await addChanges(sql, changes);
  },
};

function fold(events: readonly RecordedLedgerEvent[]): {
  readonly opened: readonly Opened[];
  readonly changes: readonly Change[];
} {
  const opened: Opened[] = [];
  const changes = new Map<string, Change>();
  const changeOf = (accountId: string, position: bigint): Change => {
    let change = changes.get(accountId);
    if (change === undefined) {
      change = { accountId, debits: 0n, credits: 0n, reserved: 0n, sequence: null, position };
      changes.set(accountId, change);
    }
    change.position = position;
    return change;
  };
  for (const event of events) {
    switch (event.type) {
      case 'AccountOpened': {
        const { accountId, companyId, accountType, currency, exponent } = event.data;
        opened.push({
          accountId,
          companyId,
          type: accountType,
          currency,
          exponent,
          position: event.position,
        });
        break;
      }
      case 'FundsReserved':
        changeOf(accountOf(event), event.position).reserved += BigInt(event.data.amount);
        break;
      case 'ReservationReleased':
        changeOf(accountOf(event), event.position).reserved -= BigInt(event.data.amount);
        break;
      case 'TransactionPosted':
        assertBalanced(event);
        for (const leg of event.data.legs) {
          const change = changeOf(leg.accountId, event.position);
          const amount = BigInt(leg.amount);
          if (leg.direction === 'debit') change.debits += amount;
          else change.credits += amount;
          if (leg.reservationId !== null) change.reserved -= amount;
        }
        break;
      case 'EntryPosted':
        changeOf(accountOf(event), event.position).sequence = event.data.sequence;
        break;
      default:
        assert(false, `${event.type} moves no money.`);
    }
  }
  return { opened, changes: [...changes.values()] };
}

function assertBalanced(event: Extract<RecordedLedgerEvent, { type: 'TransactionPosted' }>): void {
  const legs = event.data.legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount) }));
  assert(imbalances(legs).size === 0, `The legs of transaction ${event.data.transactionId} balance.`);
}

async function insertOpened(sql: Sql, opened: readonly Opened[]): Promise<void> {
  if (opened.length === 0) return;
  await sql.query(
    `insert into account_balances (account_id, company_id, type, currency, exponent, debits, credits, reserved,
                                   sequence, position)
     select account_id, company_id, type, currency, exponent, 0, 0, 0, 0, position
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::bigint[])
         as rows (account_id, company_id, type, currency, exponent, position)`,
    toColumns(opened, [
      (row) => row.accountId,
      (row) => row.companyId,
      (row) => row.type,
      (row) => row.currency,
      (row) => row.exponent,
      (row) => row.position,
    ]),
  );
}

async function addChanges(sql: Sql, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const { rowCount } = await sql.query(
    `update account_balances as account
        set debits = account.debits + change.debits, credits = account.credits + change.credits,
            reserved = account.reserved + change.reserved,
            sequence = coalesce(change.sequence, account.sequence), position = change.position
       from unnest($1::uuid[], $2::numeric[], $3::numeric[], $4::numeric[], $5::bigint[], $6::bigint[])
         as change (account_id, debits, credits, reserved, sequence, position)
      where account.account_id = change.account_id`,
    toColumns(changes, [
      (change) => change.accountId,
      (change) => change.debits,
      (change) => change.credits,
      (change) => change.reserved,
      (change) => change.sequence,
      (change) => change.position,
    ]),
  );
  assert(rowCount === changes.length, 'Every account that money moves on has been opened before.');
}
