import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { toInstant } from '../../src/kernel/clock.js';
import type { AccountType } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import type { AccountStatus, AccountView } from '../../src/write/accounts/account-view.js';
import { Conditions } from '../runtime/conditions.js';
import { Freshness } from '../runtime/freshness.js';
import { cutPage, type Page, type PageRequest } from '../runtime/list.js';
import { accountsProjection } from './accounts.project.js';

/** What to list; null where it does not matter. */
export interface AccountFilters {
  readonly parentId: string | null;
  readonly status: AccountStatus | null;
  readonly type: AccountType | null;
  readonly currency: string | null;
}

/** Lists a company's accounts in the order they were opened. */
export class ListAccountsQuery extends Query<Page<AccountView>> {
  constructor(
    readonly principal: Principal,
    readonly filters: AccountFilters,
    readonly page: PageRequest,
  ) {
    super();
  }
}

interface Row {
  readonly validAt: bigint;
  readonly accountId: string | null;
  readonly name: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly parentId: string | null;
  readonly overdraftLimit: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: AccountStatus;
  readonly openedAt: Date;
  readonly openedPosition: bigint;
  readonly revision: bigint;
}

@QueryHandler(ListAccountsQuery)
export class ListAccountsHandler implements IQueryHandler<ListAccountsQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({ principal, filters, page }: ListAccountsQuery): Promise<Page<AccountView>> {
    await this.freshness.reach(accountsProjection, page.atLeast);
    const where = new Conditions()
      .and('company_id = ?', principal.companyId)
      .and('parent_id = ?', filters.parentId)
      .and('status = ?', filters.status)
      .and('type = ?', filters.type)
      .and('currency = ?', filters.currency)
      .and('opened_position > ?', page.cursor?.after ?? null)
      .and('opened_position <= ?', page.cursor?.pinned ?? null);
    // One statement, one snapshot: the rows and the position they are valid at belong together.
    const { rows } = await this.postgres.query<Row>(
      `select checkpoint.position as "validAt", account.*
         from ledger.projection_checkpoints checkpoint
         left join lateral (
           select account_id as "accountId", name, type, currency, exponent, parent_id as "parentId",
                  overdraft_limit::text as "overdraftLimit", metadata, status, opened_at as "openedAt",
                  opened_position as "openedPosition", revision
             from ledger.accounts where ${where.text}
            order by opened_position limit ${where.parameter(page.pageSize + 1)}
         ) account on true
        where checkpoint.name = ${where.parameter(accountsProjection.name)}
        order by account."openedPosition"`,
      where.values,
    );
    const found = rows.filter(({ accountId }) => accountId !== null);
    const cut = cutPage(found, page, rows[0]?.validAt ?? 0n, ({ openedPosition }) => openedPosition);
    return { ...cut, rows: cut.rows.map(toView) };
  }
}

function toView({ validAt: _, openedPosition: __, ...row }: Row): AccountView {
  return {
    ...row,
    accountId: row.accountId ?? '',
    openedAt: toInstant(row.openedAt.getTime()),
    revision: row.revision.toString(),
  };
}
