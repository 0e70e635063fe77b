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
import { entriesProjection } from '../entries/entries.project.js';
import { Conditions } from '../runtime/conditions.js';
import { Freshness } from '../runtime/freshness.js';
import { cutPage, type Page, type PageRequest } from '../runtime/list.js';
import { validAt } from '../runtime/valid-at.js';
import { asksForLegs, listStatement, type TransactionFilters } from './transaction-filters.js';
import { transactionsProjection } from './transactions.project.js';

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
    // What only the legs tell is looked up in the journal, which then has to be there too.
    const sources = asksForLegs(filters)
      ? [transactionsProjection, entriesProjection]
      : [transactionsProjection];
    await Promise.all(sources.map((source) => this.freshness.reach(source, page.atLeast)));
    const where = new Conditions();
    const listed = listStatement(
      where,
      principal.companyId,
      filters,
      page.cursor?.after ?? null,
      page.pageSize + 1,
    );
    const { rows } = await this.postgres.query<Row>(
      `select checkpoint.position as "validAt", outcome.transaction_id as "transactionId", outcome.status,
              outcome.kind, outcome.description, outcome.reference, outcome.metadata,
              outcome.effective_at as "effectiveAt", outcome.recorded_at as "recordedAt", outcome.legs, outcome.parent,
              outcome.code, outcome.pointer, outcome.details, outcome.idempotency_key as "idempotencyKey",
              outcome.position
         from ${validAt(sources)} checkpoint
         left join lateral (${listed}) outcome on true
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
