import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiParam, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, ValidateNested } from 'class-validator';
import { ItemsAreObjects } from '../../../edges/http/items.js';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand, type Positioned } from '../../../edges/http/command-answer.js';
import { IsText, OptionalOrNull } from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { PathId } from '../../../edges/http/validation.js';
import type { CommandContext } from '../../command.js';
import { EXAMPLE_HELD_LEGS, EXAMPLE_HOLD, HELD_LEGS_PROBLEMS, HOLD_PROBLEMS } from '../hold.http.js';
import { LegBody, toRequestedLegs } from '../transaction-body.http.js';
import { Leg } from '../transaction.http.js';
import type { LegView } from '../transaction-view.js';
import { IncreaseHoldCommand, type IncreaseHoldRequest, type IncreaseView } from './increase-hold.command.js';

const LEGS_SENTENCE = `An increase has ${limits.holdLegsMin} to ${limits.legsMax} legs.`;

/** The body of `POST /v1/holds/{holdId}/increase`. */
export class IncreaseHoldBody {
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
    description: `What is held besides, under the same rules as the legs of a hold. With all increases a hold has at most ${limits.holdLegsMax} legs.`,
  })
  legs!: LegBody[];

  @OptionalOrNull()
  @IsText(limits.descriptionCharsMax)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: limits.descriptionCharsMax, default: null })
  description?: string | null;
}

/** An increase of a hold as it is answered: the same for ever. */
export class Increase implements Positioned<IncreaseView> {
  @ApiProperty({ format: 'uuid' })
  increaseId!: string;

  @ApiProperty({ format: 'uuid' })
  holdId!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: [Leg] })
  legs!: readonly LegView[];

  @ApiProperty({ format: 'date-time', description: 'When the ledger decided.' })
  recordedAt!: string;

  @ApiProperty()
  idempotencyKey!: string;

  @ApiProperty({ description: 'The position of the commit in the log; as digits.' })
  position!: string;
}

const EXAMPLE_LEGS = EXAMPLE_HELD_LEGS.slice(0, 1).map((leg) => ({ ...leg, amount: '250' }));

const EXAMPLE_INCREASE: Increase = {
  increaseId: 'e8b2f6a4-3c5d-5b7e-9f0a-1b2c3d4e5f60',
  holdId: EXAMPLE_HOLD.holdId,
  description: 'One more night',
  legs: EXAMPLE_LEGS,
  recordedAt: '2026-11-21T08:02:00.031Z',
  idempotencyKey: '8c1e7a90-5d2b-4f36-a1c8-3e9b7d6f5a42',
  position: '2560',
};

@ApiTags('holds')
@Controller('v1/holds')
export class IncreaseHoldController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':holdId/increase')
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Hold more',
    description: 'The increase lives and ends with its hold, and shows among its legs.',
    answers: [
      {
        status: 201,
        description: 'More is held.',
        type: Increase,
        example: EXAMPLE_INCREASE,
        headers: { Location: 'The path of the hold.' },
      },
      {
        status: 202,
        description: 'The funds are set aside for good; the hold will show it in a moment.',
        type: Increase,
        example: EXAMPLE_INCREASE,
        headers: { Location: 'The path of the hold.' },
      },
    ],
    problems: [...HOLD_PROBLEMS, 'hold-has-too-many-legs', ...HELD_LEGS_PROBLEMS],
    namesIn: 'body',
  })
  @ApiParam({ name: 'holdId', format: 'uuid', example: EXAMPLE_HOLD.holdId })
  @ApiBody({
    type: IncreaseHoldBody,
    examples: {
      night: {
        summary: 'Hold 2.50 USD more',
        value: { legs: EXAMPLE_LEGS, description: 'One more night' },
      },
    },
  })
  async increase(
    @CurrentCommandContext() context: CommandContext,
    @Param('holdId', new PathId('hold-must-exist')) holdId: string,
    @Body() body: IncreaseHoldBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Increase> {
    const request: IncreaseHoldRequest = {
      form: 'increase',
      legs: toRequestedLegs(body.legs),
      description: body.description ?? null,
    };
    const outcome = await this.commands.execute(new IncreaseHoldCommand(context, holdId, request));
    return answerCommand(reply, outcome, 201, (increase) => ({ location: `/v1/holds/${increase.holdId}` }));
  }
}
