import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBody,
  ApiExtraModels,
  ApiParam,
  ApiPropertyOptional,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, ValidateNested } from 'class-validator';
import { ItemsAreObjects } from '../../../edges/http/items.js';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import type { ProblemCode } from '../../../edges/http/problem-catalogue.js';
import { OptionalOrNull } from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { PathId } from '../../../edges/http/validation.js';
import type { CommandContext } from '../../command.js';
import { EXAMPLE_HELD_LEGS, EXAMPLE_HOLD, HOLD_PROBLEMS } from '../hold.http.js';
import { LegBody, PostingBody, toRequestedFields, toRequestedLegs } from '../transaction-body.http.js';
import {
  answerPosting,
  EXAMPLE_TRANSACTION,
  POSTING_PROBLEMS,
  postingAnswers,
  type Transaction,
} from '../transaction.http.js';
import { CaptureHoldCommand, type CaptureHoldRequest } from './capture-hold.command.js';

/** A capture takes what is set aside already, and may name one account twice. */
const NOT_OF_CAPTURES: readonly ProblemCode[] = [
  'accounts-must-differ',
  'insufficient-funds',
  'account-has-too-many-reservations',
];

const LEGS_SENTENCE = `A capture has ${limits.legsMin} to ${limits.legsMax} legs.`;

/** The body of `POST /v1/holds/{holdId}/capture`. */
@ApiExtraModels(LegBody)
export class CaptureHoldBody extends PostingBody {
  @OptionalOrNull()
  @ArrayMinSize(limits.legsMin, { message: LEGS_SENTENCE })
  @ArrayMaxSize(limits.legsMax, { message: LEGS_SENTENCE })
  @IsArray({ message: 'Legs are a list.' })
  @ItemsAreObjects('A leg is an object.')
  @ValidateNested({ each: true })
  @Type(() => LegBody)
  @ApiPropertyOptional({
    type: 'array',
    items: { $ref: getSchemaPath(LegBody) },
    nullable: true,
    minItems: limits.legsMin,
    maxItems: limits.legsMax,
    default: null,
    description:
      'Legs that balance, of which those that lower a balance are held. All legs of the hold when absent, if they balance and nothing was captured or increased.',
  })
  legs?: LegBody[] | null;

  @OptionalOrNull()
  @IsBoolean({ message: 'This is true or false.' })
  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description: 'Whether what is left of the hold is given back with this capture.',
  })
  final?: boolean | null;
}

/** The request of `POST /v1/holds/{holdId}/capture`, every default filled in. */
export function toCaptureRequest(body: CaptureHoldBody): CaptureHoldRequest {
  return {
    form: 'capture',
    ...toRequestedFields(body, 'capture'),
    legs: body.legs ? toRequestedLegs(body.legs) : null,
    final: body.final ?? false,
  };
}

@ApiTags('holds')
@Controller('v1/holds')
export class CaptureHoldController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':holdId/capture')
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Move funds that are held',
    description:
      'All of them, or part of them, several times. The capture is a transaction of its own, with its own key; the last one, or one that is `final`, gives the rest back.',
    answers: postingAnswers({
      ...EXAMPLE_TRANSACTION,
      kind: 'capture',
      parent: { relation: 'capture', transactionId: EXAMPLE_HOLD.holdId },
    }),
    problems: [
      ...POSTING_PROBLEMS.filter((code) => !NOT_OF_CAPTURES.includes(code)),
      ...HOLD_PROBLEMS,
      'hold-has-too-many-captures',
      'capture-must-name-legs',
      'leg-must-be-held',
      'capture-exceeds-held',
    ],
    namesIn: 'body',
  })
  @ApiParam({ name: 'holdId', format: 'uuid', example: EXAMPLE_HOLD.holdId })
  @ApiBody({
    type: CaptureHoldBody,
    required: false,
    examples: {
      whole: { summary: 'All of it', value: {} },
      part: {
        summary: 'A part, and give the rest back',
        value: { legs: EXAMPLE_HELD_LEGS.map((leg) => ({ ...leg, amount: '800' })), final: true },
      },
    },
  })
  async capture(
    @CurrentCommandContext() context: CommandContext,
    @Param('holdId', new PathId('hold-must-exist')) holdId: string,
    @Body() body: CaptureHoldBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Transaction> {
    const command = new CaptureHoldCommand(context, holdId, toCaptureRequest(body));
    return answerPosting(reply, () => this.commands.execute(command));
  }
}
