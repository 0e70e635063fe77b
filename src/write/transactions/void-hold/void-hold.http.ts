import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiParam, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import { IsText, OptionalOrNull } from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { PathId } from '../../../edges/http/validation.js';
import type { CommandContext } from '../../command.js';
import { EXAMPLE_HOLD, Hold, HOLD_PROBLEMS, holdHeaders } from '../hold.http.js';
import { VoidHoldCommand } from './void-hold.command.js';

/** The body of `POST /v1/holds/{holdId}/void`. */
export class VoidHoldBody {
  @OptionalOrNull()
  @IsText(limits.reasonCharsMax)
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: limits.reasonCharsMax,
    default: null,
    description: 'Why, for those who read the history.',
  })
  reason?: string | null;
}

@ApiTags('holds')
@Controller('v1/holds')
export class VoidHoldController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':holdId/void')
  @HttpCode(200)
  @DescribeCommand({
    summary: 'Give back what is still held',
    description: 'A capture that is under way still takes its part.',
    answers: [
      {
        status: 200,
        description: 'The hold has ended.',
        type: Hold,
        example: {
          ...EXAMPLE_HOLD,
          status: 'voided',
          legs: EXAMPLE_HOLD.legs.map((leg) => ({ ...leg, remaining: '0' })),
          revision: '1',
        },
        headers: { ETag: 'The revision of the hold.' },
      },
    ],
    problems: HOLD_PROBLEMS,
  })
  @ApiParam({ name: 'holdId', format: 'uuid', example: EXAMPLE_HOLD.holdId })
  @ApiBody({
    type: VoidHoldBody,
    required: false,
    examples: {
      reason: { summary: 'With a reason', value: { reason: 'The order was cancelled' } },
      silent: { summary: 'Without one', value: {} },
    },
  })
  async void(
    @CurrentCommandContext() context: CommandContext,
    @Param('holdId', new PathId('hold-must-exist')) holdId: string,
    @Body() body: VoidHoldBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Hold> {
    const request = { reason: body.reason ?? null };
    const outcome = await this.commands.execute(new VoidHoldCommand(context, holdId, request));
    return answerCommand(reply, outcome, 200, holdHeaders);
  }
}
