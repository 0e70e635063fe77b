import { Controller, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { CurrentPrincipal } from '../../src/edges/http/principal.js';
import { notThere } from '../../src/edges/http/problem.js';
import type { Principal } from '../../src/kernel/principal.js';
import { ReadAccountQuery } from '../../src/write/accounts/read-account/read-account.query.js';
import { answerPage, PageInfo, projected, toPageRequest, type AnsweredPage } from '../runtime/list.http.js';
import { toFilters, TransactionListParameters } from './transaction-filters.http.js';
import { ListTransactionsQuery, type ListedTransaction } from './transactions.query.js';

/** A page of transactions. */
export class TransactionList implements AnsweredPage<ListedTransaction> {
  @ApiProperty({
    type: 'array',
    // The schemas that reading one transaction declares, in the same document.
    items: {
      oneOf: [
        { $ref: '#/components/schemas/Transaction' },
        { $ref: '#/components/schemas/RejectedTransaction' },
      ],
    },
    description: 'Posted transactions as reading one answers them; rejected ones with the refusal.',
  })
  data!: readonly ListedTransaction[];

  @ApiProperty({ type: PageInfo })
  pageInfo!: PageInfo;

  @ApiProperty({ description: 'The position the page is valid at; as digits.' })
  position!: string;
}

const EXAMPLE: TransactionList = {
  data: [
    {
      transactionId: '9b2f4c1e-8d55-5c6e-a4f0-0e7d5c3b2a10',
      status: 'posted',
      kind: 'transfer',
      description: 'Order 8812',
      reference: 'order-8812',
      metadata: {},
      effectiveAt: '2026-11-20T09:31:00.000Z',
      recordedAt: '2026-11-20T09:31:00.012Z',
      legs: [
        {
          accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
          direction: 'debit',
          amount: '1050',
          currency: 'USD',
        },
        {
          accountId: '7c1b9f52-1d0e-5a7c-8f2a-4b6d8e0f1a22',
          direction: 'credit',
          amount: '1050',
          currency: 'USD',
        },
      ],
      parent: null,
      idempotencyKey: '0b8f6f5e-6f0a-4c39-9f3d-6a3f5d1c2b7a',
      position: '2048',
    },
  ],
  pageInfo: { next: null, hasMore: false },
  position: '2048',
};

@ApiTags('transactions')
@Controller('v1/transactions')
export class ListTransactionsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @DescribeQuery({
    summary: 'List transactions',
    description:
      'Newest first, by any combination of filters. `accountId`, `currency`, `amountMin` and `amountMax` must hold for one and the same leg. Transactions recorded after the first page are no part of the list.',
    answers: [
      { status: 200, description: 'A page of transactions.', type: TransactionList, example: EXAMPLE },
    ],
    problems: [
      'account-must-exist',
      'request-must-be-valid',
      'cursor-must-be-well-formed',
      'projection-is-behind',
      'reads-are-unavailable',
      'event-store-is-unavailable',
    ],
  })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() parameters: TransactionListParameters,
  ): Promise<TransactionList> {
    const filters = toFilters(parameters);
    const list = ['transactions', principal.companyId, JSON.stringify(filters, digitsOf)];
    const page = toPageRequest(list, parameters);
    const found = await projected(this.queries.execute(new ListTransactionsQuery(principal, filters, page)));
    const { accountId } = filters;
    // An account without transactions and one that is not the company's look alike here; the log knows.
    if (
      accountId !== null &&
      found.rows.length === 0 &&
      (await this.queries.execute(new ReadAccountQuery(principal, accountId))) === null
    ) {
      throw notThere('account-must-exist', '#query/accountId', { accountId });
    }
    return answerPage(list, found);
  }
}

function digitsOf(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
