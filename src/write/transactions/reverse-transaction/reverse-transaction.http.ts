import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBody,
  ApiExtraModels,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, ValidateNested } from 'class-validator';
import { ItemsAreObjects } from '../../../edges/http/items.js';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { IsAmount, IsIndex, OptionalOrNull } from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { PathId } from '../../../edges/http/validation.js';
import type { CommandContext } from '../../command.js';
import { AMOUNT_PROPERTY, TextBody, toRequestedText } from '../transaction-body.http.js';
import { answerPosting, EXAMPLE_TRANSACTION, postingAnswers, type Transaction } from '../transaction.http.js';
import { ReverseTransactionCommand, type ReverseTransactionRequest } from './reverse-transaction.command.js';

const LEGS_SENTENCE = `A reversal has ${limits.legsMin} to ${limits.legsMax} legs.`;
const EFFECTIVE = ['original', 'now'] as const;

/** What a reversal takes back of one leg. */
export class ReversalLegBody {
  @IsIndex(limits.postedLegsMax)
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: limits.postedLegsMax - 1,
    description: 'Index of the leg in the transaction, from 0.',
  })
  leg!: number;

  @IsAmount()
  @ApiProperty(AMOUNT_PROPERTY)
  amount!: string;
}

/** The body of `POST /v1/transactions/{transactionId}/reverse`. */
@ApiExtraModels(ReversalLegBody)
export class ReverseTransactionBody extends TextBody {
  @OptionalOrNull()
  @ArrayMinSize(limits.legsMin, { message: LEGS_SENTENCE })
  @ArrayMaxSize(limits.legsMax, { message: LEGS_SENTENCE })
  @IsArray({ message: 'Legs are a list.' })
  @ItemsAreObjects('A leg is an object.')
  @ValidateNested({ each: true })
  @Type(() => ReversalLegBody)
  @ApiPropertyOptional({
    type: 'array',
    items: { $ref: getSchemaPath(ReversalLegBody) },
    nullable: true,
    minItems: limits.legsMin,
    maxItems: limits.legsMax,
    default: null,
    description: 'What to take back, in balance; everything that is not reversed yet when absent.',
  })
  legs?: ReversalLegBody[] | null;

  @OptionalOrNull()
  @IsIn(EFFECTIVE, { message: 'A reversal takes effect at the time of the original, or now.' })
  @ApiPropertyOptional({
    type: String,
    enum: EFFECTIVE,
    nullable: true,
    default: 'now',
    description: 'When the reversal takes effect: with the original, or now.',
  })
  effective?: (typeof EFFECTIVE)[number] | null;
}

/** The request of `POST /v1/transactions/{transactionId}/reverse`, every default filled in. */
export function toReversalRequest(body: ReverseTransactionBody): ReverseTransactionRequest {
  return {
    form: 'reversal',
    ...toRequestedText(body, 'reversal'),
    legs: body.legs?.map(({ leg, amount }) => ({ leg, amount })) ?? null,
    effective: body.effective ?? 'now',
  };
}

@ApiTags('transactions')
@Controller('v1/transactions')
export class ReverseTransactionController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':transactionId/reverse')
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Take a transaction back, whole or in part',
    description:
      'The reversal is a transaction of its own with opposite legs. All reversals of a transaction together never exceed what was posted; a reversal is not reversed itself.',
    answers: postingAnswers({
      ...EXAMPLE_TRANSACTION,
      kind: 'reversal',
      legs: EXAMPLE_TRANSACTION.legs.map((leg) => ({
        ...leg,
        direction: leg.direction === 'debit' ? 'credit' : 'debit',
      })),
      parent: { relation: 'reversal', transactionId: 'd4c3b2a1-0f9e-5d8c-8b7a-695847362514' },
    }),
    problems: [
      'transaction-must-exist',
      'transaction-must-be-reversible',
      'reversed-leg-must-exist',
      'legs-must-balance',
      'transaction-is-already-reversed',
      'reversal-exceeds-posted',
      'account-must-not-be-closed',
      'account-must-not-be-closing',
      'account-must-not-be-frozen',
      'insufficient-funds',
      'account-has-too-many-reservations',
    ],
  })
  @ApiParam({ name: 'transactionId', format: 'uuid', example: EXAMPLE_TRANSACTION.transactionId })
  @ApiBody({
    type: ReverseTransactionBody,
    required: false,
    examples: {
      whole: { summary: 'All of it', value: {} },
      part: {
        summary: 'A part of two legs, at the time of the original',
        value: {
          legs: [
            { leg: 0, amount: '400' },
            { leg: 1, amount: '400' },
          ],
          effective: 'original',
          description: 'Returned goods',
        },
      },
    },
  })
  async reverse(
    @CurrentCommandContext() context: CommandContext,
    @Param('transactionId', new PathId('transaction-must-exist')) transactionId: string,
    @Body() body: ReverseTransactionBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Transaction> {
    const command = new ReverseTransactionCommand(context, transactionId, toReversalRequest(body));
    return answerPosting(reply, () => this.commands.execute(command));
  }
}
