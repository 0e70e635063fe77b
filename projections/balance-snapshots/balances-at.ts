import type { Sql } from '../../src/edges/postgres/sql.js';
import { balanceOf, type AccountType } from '../../src/kernel/money.js';
import { balanceSnapshotsProjection } from './balance-snapshots.project.js';
import { sumsAt } from './sums-at.js';
import type { SnapshotShape } from './snapshot-shape.js';

/** The two times of a read. Every interval is half-open: what happened at the very instant is not in it. */
export interface AsOf {
  /** Business time: only entries effective before it; null for all. RFC 3339. */
  readonly effectiveAt: string | null;
  /** Recorded time: only what was recorded before it; null for all that is known. RFC 3339. */
  readonly knownAt: string | null;
}

/** An account's sums at two times; minor units. */
export interface BalanceAt {
  readonly accountId: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly entries: bigint;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly balance: bigint;
}

interface Row {
  readonly validAt: bigint;
  readonly accountId: string | null;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly entries: bigint;
  readonly debits: string;
  readonly credits: string;
}

/** Positions of the log are below this. */
const POSITION_MAX = 2n ** 63n - 1n;

/**
 * Reads balances at two times, all on one snapshot of the database.
 *
 * @param companyId accounts of others are left out
 * @returns the accounts that the read model has, in no order, and the position they are valid at; 0 before it has begun
 */
export async function readBalancesAt(
  sql: Sql,
  shape: SnapshotShape,
  companyId: string,
  accountIds: readonly string[],
  { effectiveAt, knownAt }: AsOf,
): Promise<{ readonly balances: readonly BalanceAt[]; readonly position: bigint }> {
  const bounds = {
    effectiveBefore: '$3::timestamptz',
    recordedBefore: '$4::timestamptz',
    positionMax: '$5::bigint',
  };
  const { rows } = await sql.query<Row>(
    `select checkpoint.position as "validAt", account.account_id as "accountId", account.type, account.currency,
            account.exponent, sums.entries, sums.debits, sums.credits
       from ledger.projection_checkpoints checkpoint
       left join ledger.snapshot_accounts account on account.company_id = $1 and account.account_id = any($2::uuid[])
       left join lateral ${sumsAt('account', bounds, shape)} sums on true
      where checkpoint.name = $6`,
    [
      companyId,
      accountIds,
      effectiveAt ?? 'infinity',
      knownAt ?? 'infinity',
      POSITION_MAX,
      balanceSnapshotsProjection.name,
    ],
  );
  return { balances: rows.flatMap(toBalance), position: rows[0]?.validAt ?? 0n };
}

function toBalance({ accountId, type, currency, exponent, entries, ...row }: Row): BalanceAt[] {
  if (accountId === null) return [];
  const [debits, credits] = [BigInt(row.debits), BigInt(row.credits)];
  const balance = balanceOf(type, debits, credits);
  return [{ accountId, type, currency, exponent, entries, debits, credits, balance }];
}
