import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { toInstant } from '../../src/kernel/clock.js';
import type { Principal } from '../../src/kernel/principal.js';
import type {
  LegView,
  LinkView,
  RejectedTransactionView,
  TransactionView,
} from '../../src/write/transactions/transaction-view.js';
import { Conditions } from '../runtime/conditions.js';
import { Freshness } from '../runtime/freshness.js';
import { cutPage, type Page, type PageRequest } from '../runtime/list.js';
import { transactionsProjection } from './transactions.project.js';

/** What to list; null where it does not matter. */
export interface TransactionFilters {
  readonly reference: string | null;
  readonly idempotencyKey: string | null;
}

export type ListedTransaction = TransactionView | RejectedTransactionView;

/** Lists a company's transactions, newest first. */
export class ListTransactionsQuery extends Query<Page<ListedTransaction>> {
  constructor(
    readonly principal: Principal,
    readonly filters: TransactionFilters,
    readonly page: PageRequest,
  ) {
    super();
  }
}

interface Common {
  readonly validAt: bigint;
  readonly transactionId: string;
  readonly recordedAt: Date;
  readonly idempotencyKey: string;
  readonly position: bigint;
}

type Row =
  | (Common & {
      readonly status: 'posted';
      readonly kind: string;
      readonly description: string | null;
      readonly reference: string | null;
      readonly metadata: Readonly<Record<string, string>>;
      readonly effectiveAt: Date;
      readonly legs: readonly LegView[];
      readonly parent: LinkView | null;
    })
  | (Common & {
      readonly status: 'rejected';
      readonly code: string;
      readonly pointer: string | null;
      readonly details: Readonly<Record<string, string>>;
    })
  | { readonly validAt: bigint; readonly status: null };

@QueryHandler(ListTransactionsQuery)
export class ListTransactionsHandler implements IQueryHandler<ListTransactionsQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({ principal, filters, page }: ListTransactionsQuery): Promise<Page<ListedTransaction>> {
    await this.freshness.reach(transactionsProjection, page.atLeast);
    const where = new Conditions()
      .and('company_id = ?', principal.companyId)
      .and('reference = ?', filters.reference)
      .and('idempotency_key = ?', filters.idempotencyKey)
      .and('position < ?', page.cursor?.after ?? null);
    const { rows } = await this.postgres.query<Row>(
      `select checkpoint.position as "validAt", outcome.*
         from ledger.projection_checkpoints checkpoint
         left join lateral (
           select transaction_id as "transactionId", status, kind, description, reference, metadata,
                  effective_at as "effectiveAt", recorded_at as "recordedAt", legs, parent, code, pointer, details,
                  idempotency_key as "idempotencyKey", position
             from ledger.transactions where ${where.text}
            order by position desc limit ${where.parameter(page.pageSize + 1)}
         ) outcome on true
        where checkpoint.name = ${where.parameter(transactionsProjection.name)}
        order by outcome.position desc`,
      where.values,
    );
    const found = rows.filter((row) => row.status !== null);
    const cut = cutPage(found, page, rows[0]?.validAt ?? 0n, ({ position }) => position);
    return { ...cut, rows: cut.rows.map(toView) };
  }
}

function toView(row: Exclude<Row, { readonly status: null }>): ListedTransaction {
  const common = {
    transactionId: row.transactionId,
    recordedAt: toInstant(row.recordedAt.getTime()),
    idempotencyKey: row.idempotencyKey,
    position: row.position.toString(),
  };
  if (row.status === 'rejected') {
    const { status, code, pointer, details } = row;
    return { ...common, status, code, pointer, details };
  }
  const { status, kind, description, reference, metadata, legs, parent } = row;
  const effectiveAt = toInstant(row.effectiveAt.getTime());
  return { ...common, status, kind, description, reference, metadata, effectiveAt, legs, parent };
}
