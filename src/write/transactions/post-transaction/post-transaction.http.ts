import { Body, Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, ValidateNested } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import { IsAmount, IsCurrencyCode, IsId } from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import type { Direction } from '../../../kernel/money.js';
import { measureTransfer } from '../../../observability/metrics.js';
import type { CommandContext } from '../../command.js';
import {
  AMOUNT_PROPERTY,
  DIRECTIONS,
  EXAMPLE_TRANSACTION,
  POSTING_PROBLEMS,
  PostingBody,
  toRequestedFields,
  Transaction,
} from '../transaction.http.js';
import {
  PostTransactionCommand,
  type PostTransactionRequest,
  type PostTransferRequest,
} from './post-transaction.command.js';

/** One leg of the body of `POST /v1/transactions`. */
export class LegBody {
  @IsId()
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @IsIn(DIRECTIONS, { message: 'A direction is debit or credit.' })
  @ApiProperty({ enum: DIRECTIONS })
  direction!: Direction;

  @IsAmount()
  @ApiProperty(AMOUNT_PROPERTY)
  amount!: string;

  @IsCurrencyCode()
  @ApiProperty({ pattern: '^[A-Z]{3}$' })
  currency!: string;
}

const LEGS_SENTENCE = `A transaction has ${limits.legsMin} to ${limits.legsMax} legs.`;

/** The body of `POST /v1/transactions`. */
export class PostTransactionBody extends PostingBody {
  @ArrayMinSize(limits.legsMin, { message: LEGS_SENTENCE })
  @ArrayMaxSize(limits.legsMax, { message: LEGS_SENTENCE })
  @IsArray({ message: 'Legs are a list.' })
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

const ANSWERS = [
  {
    status: 201,
    description: 'Posted: every account shows it.',
    type: Transaction,
    example: EXAMPLE_TRANSACTION,
    headers: { Location: 'The path of the transaction.' },
  },
  {
    status: 202,
    description: 'Posted for good; some accounts will show it in a moment.',
    type: Transaction,
    example: EXAMPLE_TRANSACTION,
    headers: { Location: 'The path of the transaction.' },
  },
];

@ApiTags('transactions')
@Controller('v1')
export class PostTransactionController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post('transactions')
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Post a transaction of several legs',
    description: 'Debits equal credits in every currency. All legs are posted, or none.',
    answers: ANSWERS,
    problems: POSTING_PROBLEMS,
    namesIn: 'body',
  })
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
    @CurrentCommandContext() context: CommandContext,
    @Body() body: PostTransactionBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Transaction> {
    return this.execute(reply, context, {
      form: 'transaction',
      ...toRequestedFields(body, 'transaction'),
      legs: body.legs.map(({ accountId, direction, amount, currency }) => ({
        accountId: accountId.toLowerCase(),
        direction,
        amount,
        currency,
      })),
    });
  }

  @Post('transfers')
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Transfer an amount from one account to another',
    description: 'The short form of a transaction of two legs: debits `from`, credits `to`.',
    answers: ANSWERS,
    problems: POSTING_PROBLEMS,
    namesIn: 'body',
  })
  @ApiBody({
    type: PostTransferBody,
    examples: {
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
    @CurrentCommandContext() context: CommandContext,
    @Body() body: PostTransferBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Transaction> {
    return this.execute(reply, context, {
      form: 'transfer',
      ...toRequestedFields(body, 'transfer'),
      from: body.from.toLowerCase(),
      to: body.to.toLowerCase(),
      amount: body.amount,
      currency: body.currency,
    });
  }

  private async execute(
    reply: FastifyReply,
    context: CommandContext,
    request: PostTransactionRequest | PostTransferRequest,
  ): Promise<Transaction> {
    const measured = measureTransfer();
    const outcome = await this.commands.execute(new PostTransactionCommand(context, request));
    measured(outcome.kind, outcome.kind === 'refused' ? outcome.refusal.code : 'none');
    return answerCommand(reply, outcome, 201, ({ transactionId }) => ({
      location: `/v1/transactions/${transactionId}`,
    }));
  }
}
