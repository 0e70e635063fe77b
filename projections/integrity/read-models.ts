import { SNAPSHOT_SHAPE } from '../balance-snapshots/snapshot-shape.js';
import { readCheckpoint } from '../runtime/checkpoint.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { readAccountRows, type AccountRow } from './account-rows.js';
import { ALL_ACCOUNTS, partCondition, type AccountPart } from './account-part.js';
import { readTableDigests, type TableDigests } from './row-digests.js';
import { snapshotDifferences } from './snapshot-sums.js';

/** The sums below walk whole tables. */
const STATEMENT_MS_MAX = 600_000;

/** What is compared, the tables of a read model in the order a rebuild takes them: so that neither waits for the other for ever. */
const COMPARED_TABLES = [
  ...['accounts', 'account_balances', 'entries', 'transactions'],
  ...['snapshot_accounts', 'snapshot_entries', 'snapshot_chunks', 'balance_snapshots'],
];

/** An account's money as a table of PostgreSQL has it; null where the table does not say. */
export interface ReadModelRow {
  readonly accountId: string;
  readonly currency: string;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly reserved: bigint | null;
  readonly sequence: bigint;
}

/** One read model at the position its rows have come to. */
export interface ReadModel {
  /** As a reader knows it. */
  readonly name: string;
  readonly position: bigint;
  readonly storeId: string;
  /** Per account of the part that was read; null on a read model that is not about accounts. */
  readonly rows: ReadonlyMap<string, ReadModelRow> | null;
  /** What `accounts` says of each account of that part; null on any other read model. */
  readonly accounts: ReadonlyMap<string, AccountRow> | null;
  /** What differs between its tables themselves: a sentence each, without the full stop. */
  readonly differences: readonly string[];
  /** Of every row, where rows are compared one by one. */
  readonly digests: readonly TableDigests[];
}

const balancesOf = (part: AccountPart): string => `
  select account_id, currency, debits::text, credits::text, reserved::text, sequence
    from ledger.account_balances where ${partCondition(part)}`;

/** The balances again, from the journal: they must be the same. */
const journalOf = (part: AccountPart): string => `
  select account_id, min(currency) as currency, coalesce(sum(amount) filter (where direction = 'debit'), 0)::text as debits,
         coalesce(sum(amount) filter (where direction = 'credit'), 0)::text as credits, null as reserved,
         coalesce(max(sequence), 0) as sequence
    from ledger.entries where ${partCondition(part)} group by account_id`;

/**
 * Reads the read models of accounts and of money, all on one snapshot, each with its own checkpoint.
 *
 * @param part whose accounts are read
 * @returns those that were ever begun
 * @throws PostgresUnavailable
 */
export async function readReadModels(
  postgres: Postgres,
  part: AccountPart = ALL_ACCOUNTS,
): Promise<readonly ReadModel[]> {
  const { rows } = await postgres.query<{ exists: boolean }>(
    `select to_regclass('ledger.balance_snapshots') is not null as exists`,
  );
  if (rows[0]?.exists !== true) return [];
  const session = await postgres.openSession(STATEMENT_MS_MAX);
  try {
    return await session.transaction(async (sql) => {
      await sql.query('set transaction isolation level repeatable read, read only');
      // A lock takes no snapshot. Taken before the first one, it keeps a rebuild from putting tables in place whose rows
      // that snapshot would only partly see.
      await sql.query(
        `lock table ${COMPARED_TABLES.map((table) => `ledger.${table}`).join(', ')} in access share mode`,
      );
      const models = [
        await readModel(sql, 'accounts', { accounts: await readAccountRows(sql, part) }),
        await readModel(sql, 'account_balances', { rows: await readMoney(sql, balancesOf(part)) }),
        await readModel(sql, 'entries', { rows: await readMoney(sql, journalOf(part)) }),
        await readModel(sql, 'transactions', {}),
        await readModel(sql, 'balance_snapshots', {
          differences: await snapshotDifferences(sql, part, SNAPSHOT_SHAPE),
        }),
      ];
      return models.filter((model) => model !== undefined);
    });
  } finally {
    await session.close();
  }
}

async function readModel(
  sql: Sql,
  name: string,
  found: Partial<Pick<ReadModel, 'rows' | 'accounts' | 'differences'>>,
): Promise<ReadModel | undefined> {
  const checkpoint = await readCheckpoint(sql, name);
  if (checkpoint === undefined) return undefined;
  return {
    name,
    ...checkpoint,
    rows: null,
    accounts: null,
    differences: [],
    ...found,
    digests: await readTableDigests(sql, name, checkpoint.position),
  };
}

async function readMoney(sql: Sql, text: string): Promise<ReadonlyMap<string, ReadModelRow>> {
  const { rows } = await sql.query<{
    account_id: string;
    currency: string;
    debits: string;
    credits: string;
    reserved: string | null;
    sequence: bigint;
  }>(text);
  return new Map(
    rows.map((row) => [
      row.account_id,
      {
        accountId: row.account_id,
        currency: row.currency,
        debits: BigInt(row.debits),
        credits: BigInt(row.credits),
        reserved: row.reserved === null ? null : BigInt(row.reserved),
        sequence: row.sequence,
      },
    ]),
  );
}
