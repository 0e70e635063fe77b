import { Controller, Get, Inject, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { DescribeQuery } from '../../../edges/http/api-docs.js';
import { IDEMPOTENCY_KEY_PATTERN } from '../../../edges/http/idempotency-key.js';
import { CurrentPrincipal } from '../../../edges/http/principal.js';
import { notThere } from '../../../edges/http/problem.js';
import { PathId } from '../../../edges/http/validation.js';
import type { Principal } from '../../../kernel/principal.js';
import type { LinkedTransactionView, RejectedTransactionView } from '../transaction-view.js';
import {
  EXAMPLE_REJECTED_TRANSACTION,
  EXAMPLE_TRANSACTION,
  LinkedTransaction,
  RejectedTransaction,
} from '../transaction.http.js';
import { ReadTransactionQuery } from './read-transaction.query.js';

const ANSWERS = [
  {
    status: 200,
    description: 'What the request came to, for ever: posted, or rejected; and what reversed it since.',
    type: LinkedTransaction,
    example: { ...EXAMPLE_TRANSACTION, reversedBy: ['d4c3b2a1-0f9e-5d8c-8b7a-695847362514'] },
    or: {
      description: 'The request was refused, and that is final.',
      type: RejectedTransaction,
      example: EXAMPLE_REJECTED_TRANSACTION,
    },
  },
];

@ApiTags('transactions')
@Controller('v1/transactions')
export class ReadTransactionController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':transactionId')
  @DescribeQuery({
    summary: 'Read a transaction',
    description: 'Read from the log itself: always current, also while the read models are down.',
    answers: ANSWERS,
    problems: ['transaction-must-exist', 'event-store-is-unavailable'],
  })
  @ApiParam({ name: 'transactionId', format: 'uuid', example: EXAMPLE_TRANSACTION.transactionId })
  async readById(
    @CurrentPrincipal() principal: Principal,
    @Param('transactionId', new PathId('transaction-must-exist')) transactionId: string,
  ): Promise<LinkedTransactionView | RejectedTransactionView> {
    return this.read(new ReadTransactionQuery(principal, { transactionId }), '#path/transactionId');
  }

  @Get('by-idempotency-key/:key')
  @DescribeQuery({
    summary: 'Read the transaction that an idempotency key made',
    description:
      'For a client that lost the answer: tells whether, and with what outcome, the request was carried out.',
    answers: ANSWERS,
    problems: ['transaction-must-exist', 'event-store-is-unavailable'],
  })
  @ApiParam({ name: 'key', example: EXAMPLE_TRANSACTION.idempotencyKey })
  async readByKey(
    @CurrentPrincipal() principal: Principal,
    @Param('key') idempotencyKey: string,
  ): Promise<LinkedTransactionView | RejectedTransactionView> {
    // What is no key made nothing.
    if (!IDEMPOTENCY_KEY_PATTERN.test(idempotencyKey)) throw notThere('transaction-must-exist', '#path/key');
    return this.read(new ReadTransactionQuery(principal, { idempotencyKey }), '#path/key');
  }

  private async read(
    query: ReadTransactionQuery,
    pointer: string,
  ): Promise<LinkedTransactionView | RejectedTransactionView> {
    const found = await this.queries.execute(query);
    if (found === null) throw notThere('transaction-must-exist', pointer);
    return found;
  }
}
