import { Body, Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, ValidateNested } from 'class-validator';
import { ItemsAreObjects } from '../../../edges/http/items.js';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { IsAmount, IsCurrencyCode, IsId } from '../../../edges/http/fields.js';
import { CurrentRun, type Run } from '../../../edges/http/dry-run.js';
import { ExpectedRevision, TakesIfMatch } from '../../../edges/http/if-match.js';
import { answerDryRun, TakesDryRun, type DryRunAnswer } from '../dry-run.http.js';
import {
  AMOUNT_PROPERTY,
  LegBody,
  PostingBody,
  toRequestedFields,
  toRequestedLegs,
} from '../transaction-body.http.js';
import {
  answerPosting,
  EXAMPLE_TRANSACTION,
  POSTING_PROBLEMS,
  postingAnswers,
  type Transaction,
} from '../transaction.http.js';
import {
  PostTransactionCommand,
  type PostTransactionRequest,
  type PostTransferRequest,
} from './post-transaction.command.js';
import { TryTransactionQuery } from './try-transaction.query.js';

const LEGS_SENTENCE = `A transaction has ${limits.legsMin} to ${limits.legsMax} legs.`;

/** The body of `POST /v1/transactions`. */
export class PostTransactionBody extends PostingBody {
  @ArrayMinSize(limits.legsMin, { message: LEGS_SENTENCE })
  @ArrayMaxSize(limits.legsMax, { message: LEGS_SENTENCE })
  @IsArray({ message: 'Legs are a list.' })
  @ItemsAreObjects('A leg is an object.')
  @ValidateNested({ each: true })
  @Type(() => LegBody)
  @ApiProperty({ type: [LegBody], minItems: limits.legsMin, maxItems: limits.legsMax })
  legs!: LegBody[];
}

/** The body of `POST /v1/transfers`. */
export class PostTransferBody extends PostingBody {
  @IsId()
  @ApiProperty({ format: 'uuid', description: 'The account that is debited.' })
  from!: string;

  @IsId()
  @ApiProperty({ format: 'uuid', description: 'The account that is credited.' })
  to!: string;

  @IsAmount()
  @ApiProperty(AMOUNT_PROPERTY)
  amount!: string;

  @IsCurrencyCode()
  @ApiProperty({ pattern: '^[A-Z]{3}$' })
  currency!: string;
}

/** The request of `POST /v1/transactions`, every default filled in. */
export function toTransactionRequest(body: PostTransactionBody): PostTransactionRequest {
  return {
    form: 'transaction',
    ...toRequestedFields(body, 'transaction'),
    legs: toRequestedLegs(body.legs),
  };
}

/** The request of `POST /v1/transfers`, every default filled in. */
export function toTransferRequest(body: PostTransferBody): PostTransferRequest {
  return {
    form: 'transfer',
    ...toRequestedFields(body, 'transfer'),
    from: body.from.toLowerCase(),
    to: body.to.toLowerCase(),
    amount: body.amount,
    currency: body.currency,
  };
}

@ApiTags('transactions')
@Controller('v1')
export class PostTransactionController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Post('transactions')
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Post a transaction of several legs',
    description: 'Debits equal credits in every currency. All legs are posted, or none.',
    answers: postingAnswers(EXAMPLE_TRANSACTION),
    problems: POSTING_PROBLEMS,
    namesIn: 'body',
  })
  @TakesDryRun()
  @ApiBody({
    type: PostTransactionBody,
    examples: {
      split: {
        summary: 'A payment with a fee',
        value: {
          kind: 'payment',
          description: 'Order 8812',
          reference: 'order-8812',
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
              amount: '1000',
              currency: 'USD',
            },
            {
              accountId: 'b3a1f0c2-7e6d-5f4b-9c8a-1d2e3f4a5b33',
              direction: 'credit',
              amount: '50',
              currency: 'USD',
            },
          ],
        },
      },
    },
  })
  async post(
    @CurrentRun() run: Run,
    @Body() body: PostTransactionBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Transaction | DryRunAnswer> {
    return this.answer(reply, run, toTransactionRequest(body));
  }

  @Post('transfers')
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Transfer an amount from one account to another',
    description: 'The short form of a transaction of two legs: debits `from`, credits `to`.',
    answers: postingAnswers(EXAMPLE_TRANSACTION),
    problems: POSTING_PROBLEMS,
    namesIn: 'body',
  })
  @TakesDryRun()
  @TakesIfMatch(
    'The ETag of the account `from`: the transfer is only made while the account has this revision.',
  )
  @ApiBody({
    type: PostTransferBody,
    examples: {
      conditional: {
        summary: 'Pay 10.50 USD, as long as 100.00 USD are available',
        value: {
          from: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
          to: '7c1b9f52-1d0e-5a7c-8f2a-4b6d8e0f1a22',
          amount: '1050',
          currency: 'USD',
          conditions: [{ accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11', availableMin: '10000' }],
        },
      },
      transfer: {
        summary: 'Pay 10.50 USD',
        value: {
          from: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
          to: '7c1b9f52-1d0e-5a7c-8f2a-4b6d8e0f1a22',
          amount: '1050',
          currency: 'USD',
          description: 'Order 8812',
        },
      },
    },
  })
  async transfer(
    @CurrentRun() run: Run,
    @ExpectedRevision() ifMatch: string | null,
    @Body() body: PostTransferBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Transaction | DryRunAnswer> {
    const request = { ...toTransferRequest(body), ...(ifMatch === null ? {} : { ifMatch }) };
    return this.answer(reply, run, request);
  }

  private async answer(
    reply: FastifyReply,
    { context, isDry }: Run,
    request: PostTransactionRequest | PostTransferRequest,
  ): Promise<Transaction | DryRunAnswer> {
    const command = new PostTransactionCommand(context, request);
    return isDry
      ? answerDryRun(reply, await this.queries.execute(new TryTransactionQuery(command)))
      : answerPosting(reply, () => this.commands.execute(command));
  }
}
