import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { PathId } from '../../../edges/http/validation.js';
import type { CommandContext } from '../../command.js';
import {
  Account,
  ACCOUNT_PROBLEMS,
  accountHeaders,
  EXAMPLE_ACCOUNT,
  EXAMPLE_REASONS,
  ReasonBody,
} from '../account.http.js';
import { CloseAccountCommand } from './close-account.command.js';

@ApiTags('accounts')
@Controller('v1/accounts')
export class CloseAccountController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post(':accountId/close')
  @HttpCode(200)
  @DescribeCommand({
    summary: 'Close an account, for good unless it is reopened',
    answers: [
      {
        status: 200,
        description: 'The account is closed, or closing while transactions are in flight.',
        type: Account,
        example: { ...EXAMPLE_ACCOUNT, status: 'closed', revision: '1' },
        headers: { ETag: 'The revision of the account.' },
      },
    ],
    problems: [
      ...ACCOUNT_PROBLEMS,
      'account-must-not-be-frozen',
      'account-is-already-closing',
      'account-balance-must-be-zero',
    ],
  })
  @ApiParam({ name: 'accountId', format: 'uuid', example: EXAMPLE_ACCOUNT.accountId })
  @ApiBody({ type: ReasonBody, required: false, examples: EXAMPLE_REASONS })
  async close(
    @CurrentCommandContext() context: CommandContext,
    @Param('accountId', new PathId('account-must-exist')) accountId: string,
    @Body() body: ReasonBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account> {
    const request = { reason: body.reason ?? null };
    const outcome = await this.commands.execute(new CloseAccountCommand(context, accountId, request));
    return answerCommand(reply, outcome, 200, accountHeaders);
  }
}
