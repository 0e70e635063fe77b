import { Body, Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, ValidateNested } from 'class-validator';
import { ItemsAreObjects } from '../../../edges/http/items.js';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import { IsInstant, OptionalOrNull } from '../../../edges/http/fields.js';
import { CurrentRun, type Run } from '../../../edges/http/dry-run.js';
import { answerDryRun, TakesDryRun, type DryRunAnswer } from '../dry-run.http.js';
import { EXAMPLE_HELD_LEGS, EXAMPLE_HOLD, HELD_LEGS_PROBLEMS, Hold, holdHeaders } from '../hold.http.js';
import {
  LegBody,
  ConditionalBody,
  toRequestedConditions,
  toRequestedInstant,
  toRequestedLegs,
  toRequestedText,
} from '../transaction-body.http.js';
import { HoldFundsCommand, type HoldFundsRequest } from './hold-funds.command.js';
import { TryHoldQuery } from './try-hold.query.js';

const LEGS_SENTENCE = `A hold has ${limits.holdLegsMin} to ${limits.legsMax} legs.`;
const DAYS_DEFAULT = limits.holdDurationMsDefault / 86_400_000;
const DAYS_MAX = limits.holdDurationMsMax / 86_400_000;

/** The body of `POST /v1/holds`. */
export class HoldFundsBody extends ConditionalBody {
  @ArrayMinSize(limits.holdLegsMin, { message: LEGS_SENTENCE })
  @ArrayMaxSize(limits.legsMax, { message: LEGS_SENTENCE })
  @IsArray({ message: 'Legs are a list.' })
  @ItemsAreObjects('A leg is an object.')
  @ValidateNested({ each: true })
  @Type(() => LegBody)
  @ApiProperty({
    type: [LegBody],
    minItems: limits.holdLegsMin,
    maxItems: limits.legsMax,
    description:
      'Only legs that lower the balances of their accounts, or legs that balance in every currency.',
  })
  legs!: LegBody[];

  @OptionalOrNull()
  @IsInstant()
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    default: null,
    description: `When it ends by itself, with its offset; ${DAYS_DEFAULT} days from now when absent. At most ${DAYS_MAX} days ahead.`,
  })
  expiresAt?: string | null;
}

/** The request of `POST /v1/holds`, every default filled in. */
export function toHoldRequest(body: HoldFundsBody): HoldFundsRequest {
  return {
    form: 'hold',
    ...toRequestedText(body, 'hold'),
    legs: toRequestedLegs(body.legs),
    expiresAt: toRequestedInstant(body.expiresAt),
    ...toRequestedConditions(body),
  };
}

@ApiTags('holds')
@Controller('v1/holds')
export class HoldFundsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Set funds aside',
    description:
      'Every leg that lowers the balance of its account is reserved: its funds are no longer available. Nothing moves until the hold is captured.',
    answers: [
      {
        status: 201,
        description: 'The funds are set aside.',
        type: Hold,
        example: EXAMPLE_HOLD,
        headers: { Location: 'The path of the hold.', ETag: 'The revision of the hold.' },
      },
    ],
    problems: ['expiry-must-be-ahead', 'expiry-too-far-ahead', ...HELD_LEGS_PROBLEMS, 'condition-must-hold'],
    namesIn: 'body',
  })
  @TakesDryRun()
  @ApiBody({
    type: HoldFundsBody,
    examples: {
      payment: {
        summary: 'Hold 10.50 USD of a customer for a merchant',
        value: { legs: EXAMPLE_HELD_LEGS, description: 'Order 8812', reference: 'order-8812' },
      },
      deposit: {
        summary: 'Hold a deposit, wherever it may go',
        value: { legs: EXAMPLE_HELD_LEGS.slice(0, 1) },
      },
    },
  })
  async hold(
    @CurrentRun() { context, isDry }: Run,
    @Body() body: HoldFundsBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Hold | DryRunAnswer> {
    const command = new HoldFundsCommand(context, toHoldRequest(body));
    if (isDry) return answerDryRun(reply, await this.queries.execute(new TryHoldQuery(command)));
    const outcome = await this.commands.execute(command);
    return answerCommand(reply, outcome, 201, (hold) => ({
      location: `/v1/holds/${hold.holdId}`,
      ...holdHeaders(hold),
    }));
  }
}
