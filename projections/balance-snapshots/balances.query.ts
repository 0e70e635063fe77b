import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { limits } from '../../src/config/limits.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { balanceOf, type AccountType } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import { Conditions } from '../runtime/conditions.js';
import { Freshness } from '../runtime/freshness.js';
import type { Page, PageRequest } from '../runtime/list.js';
import { cutPage } from '../runtime/list.js';
import { validAt } from '../runtime/valid-at.js';
import { balanceSnapshotsProjection } from './balance-snapshots.project.js';
import type { AsOf } from './balances-at.js';
import { SNAPSHOT_SHAPE } from './snapshot-shape.js';
import { sumsAt } from './sums-at.js';

/** Which accounts; null where it does not matter. */
export interface BalancesScope {
  /** Only these; not empty. */
  readonly accountIds: readonly string[] | null;
  /** Only this one and everything below it. */
  readonly parentId: string | null;
  readonly currency: string | null;
}

/** One of many balances; minor units. */
export interface ListedBalance {
  readonly accountId: string;
  readonly parentId: string | null;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly entries: bigint;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly balance: bigint;
  readonly openedPosition: bigint;
}

/** The sums over all accounts of one currency that were asked for, those of other pages included. */
export interface CurrencyTotal {
  readonly currency: string;
  readonly exponent: number;
  readonly accounts: number;
  readonly entries: bigint;
  readonly debits: bigint;
  readonly credits: bigint;
  /** Signed by the normal side of the account rolled up into; null without one. */
  readonly balance: bigint | null;
}

export type BalancesAnswer =
  | { readonly kind: 'found'; readonly page: Page<ListedBalance>; readonly totals: readonly CurrencyTotal[] }
  /** More accounts than one answer sums up. */
  | { readonly kind: 'too-many' }
  /** Accounts that the read model does not have (yet), the parent among them. */
  | { readonly kind: 'unknown'; readonly accountIds: readonly string[]; readonly position: bigint };

/** Lists balances of many accounts at two times, with their sums per currency. */
export class ListBalancesQuery extends Query<BalancesAnswer> {
  constructor(
    readonly principal: Principal,
    readonly scope: BalancesScope,
    readonly asOf: AsOf,
    readonly page: PageRequest,
    /** Named accounts that were looked up elsewhere, and have nothing on them yet. */
    readonly knownElsewhere: readonly string[] = [],
  ) {
    super();
  }
}

type Account = Omit<ListedBalance, 'entries' | 'debits' | 'credits' | 'balance'>;

@QueryHandler(ListBalancesQuery)
export class ListBalancesHandler implements IQueryHandler<ListBalancesQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({
    principal,
    scope,
    asOf,
    page,
    knownElsewhere,
  }: ListBalancesQuery): Promise<BalancesAnswer> {
    await this.freshness.reach(balanceSnapshotsProjection, page.atLeast);
    const { companyId } = principal;
    const pinned = page.cursor?.pinned ?? null;
    const { position, named } = await readNamed(this.postgres, companyId, scope, pinned);
    const wanted = [...(scope.accountIds ?? []), ...(scope.parentId === null ? [] : [scope.parentId])];
    const unknown = wanted.filter((id) => !named.has(id) && !knownElsewhere.includes(id));
    if (unknown.length > 0) return { kind: 'unknown', accountIds: unknown, position };
    const accounts = await readAccounts(this.postgres, companyId, scope, position);
    if (accounts.length > limits.rollUpAccountsMax) return { kind: 'too-many' };
    const balances = await readBalances(this.postgres, accounts, asOf, position);
    const after = page.cursor?.after ?? -1n;
    const rest = balances.filter(({ openedPosition }) => openedPosition > after);
    const side = scope.parentId === null ? null : (named.get(scope.parentId) ?? null);
    return {
      kind: 'found',
      page: cutPage(rest.slice(0, page.pageSize + 1), page, position, (row) => row.openedPosition),
      totals: totalsOf(balances, side),
    };
  }
}

/** Looks the accounts up that a client named: what is not there must not be summed up as nothing. */
async function readNamed(
  sql: Sql,
  companyId: string,
  { accountIds, parentId }: BalancesScope,
  pinned: bigint | null,
): Promise<{ readonly position: bigint; readonly named: ReadonlyMap<string, AccountType> }> {
  const ids = [...(accountIds ?? []), ...(parentId === null ? [] : [parentId])];
  const { rows } = await sql.query<{ position: bigint; accountId: string | null; type: AccountType }>(
    `select valid.position, account.account_id as "accountId", account.type
       from (select coalesce($3::bigint, position) as position
               from ${validAt([balanceSnapshotsProjection])} checkpoint) valid
       left join ledger.snapshot_accounts account
         on account.company_id = $1 and account.account_id = any($2::uuid[])
        and account.opened_position <= valid.position`,
    [companyId, ids, pinned],
  );
  const named = rows.flatMap(({ accountId, type }) =>
    accountId === null ? [] : [[accountId, type] as const],
  );
  return { position: rows[0]?.position ?? 0n, named: new Map(named) };
}

/** At most one more than is summed up, in the order they were opened. */
async function readAccounts(
  sql: Sql,
  companyId: string,
  { accountIds, parentId, currency }: BalancesScope,
  position: bigint,
): Promise<readonly Account[]> {
  const where = new Conditions()
    .and('company_id = ?', companyId)
    .and('opened_position <= ?', position)
    .and('account_id = any(?::uuid[])', accountIds)
    .and('currency = ?', currency);
  if (parentId !== null) {
    const parent = where.parameter(parentId);
    where.and(`(account_id = ${parent}::uuid or ancestor_ids @> ?::uuid[])`, [parentId]);
  }
  const { rows } = await sql.query<Account>(
    `select account_id as "accountId", parent_id as "parentId", type, currency, exponent,
            opened_position as "openedPosition"
       from ledger.snapshot_accounts where ${where.text}
      order by opened_position limit ${where.parameter(limits.rollUpAccountsMax + 1)}`,
    where.values,
  );
  return rows;
}

async function readBalances(
  sql: Sql,
  accounts: readonly Account[],
  { effectiveAt, knownAt }: AsOf,
  position: bigint,
): Promise<readonly ListedBalance[]> {
  const bounds = {
    effectiveBefore: '$2::timestamptz',
    recordedBefore: '$3::timestamptz',
    positionMax: '$4::bigint',
  };
  const { rows } = await sql.query<{ accountId: string; entries: bigint; debits: string; credits: string }>(
    `select account.account_id as "accountId", sums.entries, sums.debits, sums.credits
       from ledger.snapshot_accounts account
      cross join lateral ${sumsAt('account', bounds, SNAPSHOT_SHAPE)} sums
      where account.account_id = any($1::uuid[])`,
    [accounts.map(({ accountId }) => accountId), effectiveAt ?? 'infinity', knownAt ?? 'infinity', position],
  );
  const sums = new Map(rows.map((row) => [row.accountId, row]));
  return accounts.map((account) => {
    const found = sums.get(account.accountId);
    const [debits, credits] = [BigInt(found?.debits ?? 0), BigInt(found?.credits ?? 0)];
    const balance = balanceOf(account.type, debits, credits);
    return { ...account, entries: found?.entries ?? 0n, debits, credits, balance };
  });
}

function totalsOf(balances: readonly ListedBalance[], side: AccountType | null): readonly CurrencyTotal[] {
  const totals = new Map<string, CurrencyTotal>();
  for (const { currency, exponent, ...each } of balances) {
    const sum = totals.get(currency) ?? { accounts: 0, entries: 0n, debits: 0n, credits: 0n };
    const [debits, credits] = [sum.debits + each.debits, sum.credits + each.credits];
    totals.set(currency, {
      ...{ currency, exponent, debits, credits },
      accounts: sum.accounts + 1,
      entries: sum.entries + each.entries,
      balance: side === null ? null : balanceOf(side, debits, credits),
    });
  }
  return [...totals.values()].sort((one, two) => (one.currency < two.currency ? -1 : 1));
}
