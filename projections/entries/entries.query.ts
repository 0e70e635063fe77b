import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { toInstant } from '../../src/kernel/clock.js';
import type { Direction } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import { Conditions } from '../runtime/conditions.js';
import { Freshness } from '../runtime/freshness.js';
import { cutPage, type Page, type PageRequest } from '../runtime/list.js';
import { entriesProjection } from './entries.project.js';

/** One entry as it is answered; amounts are minor units as digits. */
export interface EntryView {
  readonly transactionId: string;
  /** 0-based index into the transaction's legs. */
  readonly leg: number;
  readonly accountId: string;
  /** 1-based count of the account's entries, this one included. */
  readonly sequence: number;
  readonly direction: Direction;
  readonly amount: string;
  readonly currency: string;
  /** The account's balance after this entry; digits, with a minus when below zero. */
  readonly balance: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  /** The position of the entry in the log, as digits. */
  readonly position: string;
}

/** Lists the entries of one of a company's accounts in the order they stand on it. Empty for an account it does not have. */
export class ListEntriesQuery extends Query<Page<EntryView>> {
  constructor(
    readonly principal: Principal,
    readonly accountId: string,
    readonly page: PageRequest,
  ) {
    super();
  }
}

interface Row {
  readonly validAt: bigint;
  readonly transactionId: string;
  readonly leg: number;
  readonly sequence: bigint | null;
  readonly direction: Direction;
  readonly amount: string;
  readonly currency: string;
  readonly balance: string;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly entryPosition: bigint;
}

@QueryHandler(ListEntriesQuery)
export class ListEntriesHandler implements IQueryHandler<ListEntriesQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({ principal, accountId, page }: ListEntriesQuery): Promise<Page<EntryView>> {
    await this.freshness.reach(entriesProjection, page.atLeast);
    const where = new Conditions()
      .and('account_id = ?', accountId)
      .and('company_id = ?', principal.companyId)
      // Also says that the entry stands on the account: before that it has no sequence.
      .and('sequence > ?', page.cursor?.after ?? 0n)
      .and('entry_position <= ?', page.cursor?.pinned ?? null);
    const { rows } = await this.postgres.query<Row>(
      `select checkpoint.position as "validAt", entry.*
         from ledger.projection_checkpoints checkpoint
         left join lateral (
           select transaction_id as "transactionId", leg, sequence, direction, amount, currency, balance,
                  effective_at as "effectiveAt", recorded_at as "recordedAt", entry_position as "entryPosition"
             from ledger.entries where ${where.text}
            order by sequence limit ${where.parameter(page.pageSize + 1)}
         ) entry on true
        where checkpoint.name = ${where.parameter(entriesProjection.name)}
        order by entry.sequence`,
      where.values,
    );
    const found = rows.filter(({ sequence }) => sequence !== null);
    const cut = cutPage(found, page, rows[0]?.validAt ?? 0n, ({ sequence }) => sequence ?? 0n);
    return { ...cut, rows: cut.rows.map((row) => toView(accountId, row)) };
  }
}

function toView(accountId: string, row: Row): EntryView {
  const { transactionId, leg, direction, amount, currency, balance } = row;
  return {
    ...{ transactionId, leg, accountId, direction, amount, currency, balance },
    sequence: Number(row.sequence),
    effectiveAt: toInstant(row.effectiveAt.getTime()),
    recordedAt: toInstant(row.recordedAt.getTime()),
    position: row.entryPosition.toString(),
  };
}
