import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { toInstant, type Instant } from '../../src/kernel/clock.js';
import { balanceOf, type AccountType, type Direction } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import { Freshness } from '../runtime/freshness.js';
import { cutPage, type Page, type PageRequest } from '../runtime/list.js';
import { validAt } from '../runtime/valid-at.js';
import { balanceSnapshotsProjection } from './balance-snapshots.project.js';
import { SNAPSHOT_SHAPE, type SnapshotShape } from './snapshot-shape.js';
import { sumsAt } from './sums-at.js';

/** Which balance, and what became known between which times. */
export interface ExplainScope {
  readonly accountId: string;
  /** The balance at this business time. */
  readonly effectiveAt: Instant;
  /** Half-open: what was recorded from here on, but before `to`. */
  readonly from: Instant;
  /** Null for everything recorded since. */
  readonly to: Instant | null;
}

/** An entry that moved the balance; amounts are minor units. */
export interface MovingEntry {
  /** 0-based count of the account's entries in the order of the log. */
  readonly number: bigint;
  readonly transactionId: string;
  readonly leg: number;
  readonly direction: Direction;
  readonly amount: bigint;
  /** How it moved the balance: signed by the account's normal side. */
  readonly change: bigint;
  readonly effectiveAt: Instant;
  readonly recordedAt: Instant;
  readonly reverses: string | null;
  readonly position: bigint;
}

/** Why the balance at one time changed from one state of knowledge to another. */
export interface Explanation {
  readonly currency: string;
  readonly exponent: number;
  /** The balance as it was known at `from`, and at `to`. */
  readonly before: bigint;
  readonly after: bigint;
  readonly page: Page<MovingEntry>;
}

/** Lists what moved an account's balance, or answers null when the company has no such account in the read model (yet). */
export class ExplainBalanceQuery extends Query<Explanation | null> {
  constructor(
    readonly principal: Principal,
    readonly scope: ExplainScope,
    readonly page: PageRequest,
  ) {
    super();
  }
}

interface Row {
  readonly validAt: bigint;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly beforeDebits: string;
  readonly beforeCredits: string;
  readonly afterDebits: string;
  readonly afterCredits: string;
  readonly number: bigint | null;
  readonly transactionId: string;
  readonly leg: number;
  readonly direction: Direction;
  readonly amount: string;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly reverses: string | null;
  readonly position: bigint;
}

@QueryHandler(ExplainBalanceQuery)
export class ExplainBalanceHandler implements IQueryHandler<ExplainBalanceQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({ principal, scope, page }: ExplainBalanceQuery): Promise<Explanation | null> {
    await this.freshness.reach(balanceSnapshotsProjection, page.atLeast);
    return readExplanation(this.postgres, SNAPSHOT_SHAPE, principal.companyId, scope, page);
  }
}

/**
 * Reads why a balance changed, on one snapshot of the database.
 *
 * It looks only into runs that hold something recorded since `from` and something effective before `effectiveAt`.
 */
export async function readExplanation(
  sql: Sql,
  shape: SnapshotShape,
  companyId: string,
  { accountId, effectiveAt, from, to }: ExplainScope,
  page: PageRequest,
): Promise<Explanation | null> {
  const { rows } = await sql.query<Row>(statement(shape), [
    accountId,
    companyId,
    effectiveAt,
    from,
    to ?? 'infinity',
    page.cursor?.pinned ?? null,
    page.cursor?.after ?? -1n,
    page.pageSize + 1,
  ]);
  const [first] = rows;
  if (first === undefined) return null;
  const { type, currency, exponent } = first;
  const found = rows.flatMap((row) => (row.number === null ? [] : [toEntry(row, row.number)]));
  return {
    currency,
    exponent,
    before: balanceOf(type, BigInt(first.beforeDebits), BigInt(first.beforeCredits)),
    after: balanceOf(type, BigInt(first.afterDebits), BigInt(first.afterCredits)),
    page: cutPage(found, page, first.validAt, (entry) => entry.number),
  };
}

function statement(shape: SnapshotShape): string {
  const bounds = { effectiveBefore: '$3::timestamptz', positionMax: 'valid.position' };
  const bits = shape.chunkBits;
  return `
    select valid.position as "validAt", account.type, account.currency, account.exponent,
           known.debits as "beforeDebits", known.credits as "beforeCredits",
           later.debits as "afterDebits", later.credits as "afterCredits", moving.*
      from (select coalesce($6::bigint, position) as position
              from ${validAt([balanceSnapshotsProjection])} checkpoint) valid
      join ledger.snapshot_accounts account
        on account.account_id = $1 and account.company_id = $2 and account.opened_position <= valid.position
     cross join lateral ${sumsAt('account', { ...bounds, recordedBefore: '$4::timestamptz' }, shape)} known
     cross join lateral ${sumsAt('account', { ...bounds, recordedBefore: '$5::timestamptz' }, shape)} later
      left join lateral (
        select entry.number, entry.transaction_id as "transactionId", entry.leg, entry.direction, entry.amount,
               entry.effective_at as "effectiveAt", entry.recorded_at as "recordedAt", entry.reverses, entry.position
          from (
            -- In order before anything else, so that a page reads no further than it has to.
            select chunk from (
              select chunk from ledger.snapshot_chunks
               where account_id = account.account_id and chunk >= $7::bigint >> ${bits} and recorded_max >= $4
                 and effective_min < $3
                 -- What was recorded before the end stands in a run that comes too late by no more than the disorder.
                 and chunk <= coalesce((
                       select chunk + 1 from ledger.snapshot_chunks
                        where account_id = account.account_id
                          and recorded_max < $5::timestamptz + account.disorder_ms * interval '1 millisecond'
                        order by recorded_max desc, chunk desc limit 1), 0)
              union all
              select account.entries >> ${bits}
            ) candidate (chunk)
            order by chunk offset 0
          ) run (chunk)
         cross join lateral (
           select * from ledger.snapshot_entries
            where account_id = account.account_id and number >= run.chunk << ${bits}
              and number < (run.chunk + 1) << ${bits} and number > $7
           offset 0
         ) entry
         where entry.effective_at < $3 and entry.recorded_at >= $4 and entry.recorded_at < $5
           and entry.position <= valid.position
         order by run.chunk, entry.number limit $8
      ) moving on true
     order by moving.number`;
}

function toEntry(row: Row, number: bigint): MovingEntry {
  const { transactionId, leg, direction, reverses, position, type } = row;
  const amount = BigInt(row.amount);
  const change = direction === 'debit' ? balanceOf(type, amount, 0n) : balanceOf(type, 0n, amount);
  return {
    ...{ number, transactionId, leg, direction, amount, change, reverses, position },
    effectiveAt: toInstant(row.effectiveAt.getTime()),
    recordedAt: toInstant(row.recordedAt.getTime()),
  };
}
