import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import { IsInstant, parseInstant } from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { PathId } from '../../../edges/http/validation.js';
import { assert } from '../../../kernel/assert.js';
import type { CommandContext } from '../../command.js';
import { EXAMPLE_HOLD, Hold, HOLD_PROBLEMS, holdHeaders } from '../hold.http.js';
import { ExtendHoldCommand } from './extend-hold.command.js';

const DAYS_MAX = limits.holdDurationMsMax / 86_400_000;

/** The body of `POST /v1/holds/{holdId}/extend`. */
export class ExtendHoldBody {
  @IsInstant()
  @ApiProperty({
    format: 'date-time',
    description: `When it ends from now on, with its offset: later than before, at most ${DAYS_MAX} days ahead.`,
  })
  expiresAt!: string;
}

@ApiTags('holds')
@Controller('v1/holds')
export class ExtendHoldController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':holdId/extend')
  @HttpCode(200)
  @DescribeCommand({
    summary: 'Let a hold live longer',
    answers: [
      {
        status: 200,
        description: 'The hold lives longer.',
        type: Hold,
        example: { ...EXAMPLE_HOLD, expiresAt: '2026-12-04T09:31:00.000Z', revision: '1' },
        headers: { ETag: 'The revision of the hold.' },
      },
    ],
    problems: [...HOLD_PROBLEMS, 'expiry-must-be-ahead', 'expiry-too-far-ahead', 'expiry-must-be-later'],
  })
  @ApiParam({ name: 'holdId', format: 'uuid', example: EXAMPLE_HOLD.holdId })
  @ApiBody({
    type: ExtendHoldBody,
    examples: {
      week: { summary: 'Until another moment', value: { expiresAt: '2026-12-04T10:31:00+01:00' } },
    },
  })
  async extend(
    @CurrentCommandContext() context: CommandContext,
    @Param('holdId', new PathId('hold-must-exist')) holdId: string,
    @Body() body: ExtendHoldBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Hold> {
    const expiresAt = parseInstant(body.expiresAt);
    assert(expiresAt !== null, 'The edge lets only instants pass.');
    const outcome = await this.commands.execute(new ExtendHoldCommand(context, holdId, { expiresAt }));
    return answerCommand(reply, outcome, 200, holdHeaders);
  }
}
