import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { toInstant, type Instant } from '../../src/kernel/clock.js';
import { balanceOf, type AccountType, type Direction } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import { accountsProjection } from '../accounts/accounts.project.js';
import { balanceSnapshotsProjection } from '../balance-snapshots/balance-snapshots.project.js';
import { SNAPSHOT_SHAPE } from '../balance-snapshots/snapshot-shape.js';
import { sumsAt } from '../balance-snapshots/sums-at.js';
import { Freshness } from '../runtime/freshness.js';
import { validAt } from '../runtime/valid-at.js';
import { transactionsProjection } from '../transactions/transactions.project.js';

/** What a statement is about: an account, a period of effective time, and what was known. */
export interface StatementScope {
  readonly accountId: string;
  /** The period is half-open: from here on, but before `to`. */
  readonly from: Instant;
  readonly to: Instant;
  /** Only what was recorded before it; null for all that is known. */
  readonly knownAt: Instant | null;
}

/** Where a page of a statement begins. */
export interface StatementCursor {
  /** The last entry that was answered. */
  readonly effectiveAtMs: bigint;
  readonly number: bigint;
  /** The balance after it. */
  readonly balance: bigint;
  /** The position the first page was valid at: what was written later is no part of the statement. */
  readonly pinned: bigint;
}

/** One line of a statement. Amounts are minor units. */
export interface StatementLine {
  readonly transactionId: string;
  readonly leg: number;
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  /** The transaction that this one reverses; null when it reverses none. */
  readonly reverses: string | null;
  readonly direction: Direction;
  readonly amount: bigint;
  /** The balance after this line, in the order of the statement. */
  readonly balance: bigint;
  readonly effectiveAt: Instant;
  readonly recordedAt: Instant;
  readonly position: bigint;
}

/** A page of a statement; opening and closing balance are those of the whole period on each. */
export interface StatementPage extends StatementScope {
  readonly name: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly opening: bigint;
  readonly closing: bigint;
  readonly lines: readonly StatementLine[];
  /** Null on the last page. */
  readonly next: StatementCursor | null;
  readonly position: bigint;
}

/** Reads a page of a statement, or null when the company has no such account in the read models (yet). */
export class ReadStatementQuery extends Query<StatementPage | null> {
  constructor(
    readonly principal: Principal,
    readonly scope: StatementScope,
    readonly cursor: StatementCursor | null,
    readonly pageSize: number,
    /** The position the answer must contain; null for "as it is now". */
    readonly atLeast: bigint | null,
  ) {
    super();
  }
}

interface Row {
  readonly position: bigint;
  readonly name: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly openingDebits: string;
  readonly openingCredits: string;
  readonly closingDebits: string;
  readonly closingCredits: string;
  readonly number: bigint | null;
  readonly transactionId: string;
  readonly leg: number;
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly reverses: string | null;
  readonly direction: Direction;
  readonly amount: string;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly linePosition: bigint;
}

/** All three on one snapshot: entries and sums, what the transactions say, and the name of the account. */
const SOURCES = [balanceSnapshotsProjection, transactionsProjection, accountsProjection];

const bounds = (effectiveBefore: string) => ({
  effectiveBefore: `${effectiveBefore}::timestamptz`,
  recordedBefore: '$5::timestamptz',
  positionMax: 'valid.position',
});

const STATEMENT = `
  select valid.position, named.name, account.type, account.currency, account.exponent,
         opening.debits as "openingDebits", opening.credits as "openingCredits",
         closing.debits as "closingDebits", closing.credits as "closingCredits", line.*
    from (select coalesce($6::bigint, position) as position from ${validAt(SOURCES)} checkpoint) valid
    join ledger.snapshot_accounts account
      on account.account_id = $1 and account.company_id = $2 and account.opened_position <= valid.position
    join ledger.accounts named on named.account_id = account.account_id
   cross join lateral ${sumsAt('account', bounds('$3'), SNAPSHOT_SHAPE)} opening
   cross join lateral ${sumsAt('account', bounds('$4'), SNAPSHOT_SHAPE)} closing
    left join lateral (
      select entry.number, entry.transaction_id as "transactionId", entry.leg, transaction.kind, transaction.description,
             transaction.reference, entry.reverses, entry.direction, entry.amount, entry.effective_at as "effectiveAt",
             entry.recorded_at as "recordedAt", entry.position as "linePosition"
        from (
          -- By the parameter, so that the planner knows how many entries this very account has.
          select * from ledger.snapshot_entries entry
           where entry.account_id = $1 and entry.effective_at < $4
             and (entry.effective_at, entry.number) > ($7::timestamptz, $8::bigint)
             and entry.recorded_at < $5 and entry.position <= valid.position
           order by entry.effective_at, entry.number limit $9
        ) entry
        join ledger.transactions transaction on transaction.position = entry.position
    ) line on true
   order by line."effectiveAt", line.number`;

@QueryHandler(ReadStatementQuery)
export class ReadStatementHandler implements IQueryHandler<ReadStatementQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({
    principal,
    scope,
    cursor,
    pageSize,
    atLeast,
  }: ReadStatementQuery): Promise<StatementPage | null> {
    await Promise.all(SOURCES.map((source) => this.freshness.reach(source, atLeast)));
    const { rows } = await this.postgres.query<Row>(STATEMENT, [
      scope.accountId,
      principal.companyId,
      scope.from,
      scope.to,
      scope.knownAt ?? 'infinity',
      cursor?.pinned ?? null,
      // No entry has a negative number: all of the first instant follow.
      cursor === null ? scope.from : toInstant(Number(cursor.effectiveAtMs)),
      cursor?.number ?? -1n,
      pageSize + 1,
    ]);
    const [first] = rows;
    return first === undefined ? null : toPage(scope, cursor, pageSize, first, rows);
  }
}

function toPage(
  scope: StatementScope,
  cursor: StatementCursor | null,
  pageSize: number,
  first: Row,
  rows: readonly Row[],
): StatementPage {
  const { name, type, currency, exponent, position } = first;
  const opening = balanceOf(type, BigInt(first.openingDebits), BigInt(first.openingCredits));
  const closing = balanceOf(type, BigInt(first.closingDebits), BigInt(first.closingCredits));
  const found = rows.filter(({ number }) => number !== null);
  const lines: StatementLine[] = [];
  let balance = cursor?.balance ?? opening;
  for (const row of found.slice(0, pageSize)) {
    const amount = BigInt(row.amount);
    balance += row.direction === 'debit' ? balanceOf(type, amount, 0n) : balanceOf(type, 0n, amount);
    lines.push(toLine(row, amount, balance));
  }
  const last = found[lines.length - 1];
  const next =
    found.length > pageSize && last !== undefined
      ? {
          effectiveAtMs: BigInt(last.effectiveAt.getTime()),
          number: last.number ?? 0n,
          balance,
          pinned: position,
        }
      : null;
  return { ...scope, name, type, currency, exponent, opening, closing, lines, next, position };
}

function toLine(row: Row, amount: bigint, balance: bigint): StatementLine {
  const { transactionId, leg, kind, description, reference, reverses, direction } = row;
  return {
    ...{ transactionId, leg, kind, description, reference, reverses, direction, amount, balance },
    effectiveAt: toInstant(row.effectiveAt.getTime()),
    recordedAt: toInstant(row.recordedAt.getTime()),
    position: row.linePosition,
  };
}
