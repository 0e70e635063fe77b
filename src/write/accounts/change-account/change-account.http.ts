import { Body, Controller, Inject, Param, Patch, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiParam, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import { IsAmountOrZero, IsMetadata, IsText, Optional, OptionalOrNull } from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { Problem } from '../../../edges/http/problem.js';
import { PathId } from '../../../edges/http/validation.js';
import type { CommandContext } from '../../command.js';
import { Account, ACCOUNT_PROBLEMS, accountHeaders, EXAMPLE_ACCOUNT } from '../account.http.js';
import { ChangeAccountCommand, type ChangeAccountRequest } from './change-account.command.js';

/** The body of `PATCH /v1/accounts/{accountId}`: a field that is absent stays as it is. */
export class ChangeAccountBody {
  @Optional()
  @IsText(limits.nameCharsMax)
  @ApiPropertyOptional({ maxLength: limits.nameCharsMax })
  name?: string;

  @Optional()
  @IsMetadata()
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Replaces the whole map.',
  })
  metadata?: Record<string, string>;

  @OptionalOrNull()
  @IsAmountOrZero()
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'How far below zero the balance may go, in minor units; "0" is never, null is unlimited.',
  })
  overdraftLimit?: string | null;
}

@ApiTags('accounts')
@Controller('v1/accounts')
export class ChangeAccountController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Patch(':accountId')
  @DescribeCommand({
    summary: 'Change the name, metadata or overdraft limit of an account',
    answers: [
      {
        status: 200,
        description: 'The account as it is now.',
        type: Account,
        example: { ...EXAMPLE_ACCOUNT, name: 'Customer 4711, Ltd.', revision: '1' },
        headers: { ETag: 'The revision of the account.' },
      },
    ],
    problems: [...ACCOUNT_PROBLEMS, 'account-must-not-be-closed', 'overdraft-limit-must-cover-use'],
  })
  @ApiParam({ name: 'accountId', format: 'uuid', example: EXAMPLE_ACCOUNT.accountId })
  @ApiBody({
    type: ChangeAccountBody,
    examples: {
      rename: { summary: 'A new name', value: { name: 'Customer 4711, Ltd.' } },
      limit: { summary: 'Up to 500.00 below zero', value: { overdraftLimit: '50000' } },
    },
  })
  async change(
    @CurrentCommandContext() context: CommandContext,
    @Param('accountId', new PathId('account-must-exist')) accountId: string,
    @Body() body: ChangeAccountBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account> {
    const outcome = await this.commands.execute(
      new ChangeAccountCommand(context, accountId, toRequest(body)),
    );
    return answerCommand(reply, outcome, 200, accountHeaders);
  }
}

/**
 * Keeps absent fields absent: they are not part of the change.
 *
 * @throws Problem when nothing is to change
 */
function toRequest({ name, metadata, overdraftLimit }: ChangeAccountBody): ChangeAccountRequest {
  const request: ChangeAccountRequest = {
    ...(name === undefined ? {} : { name }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    ...(overdraftLimit === undefined ? {} : { overdraftLimit }),
  };
  if (Object.keys(request).length === 0) {
    const detail = 'Name at least one of name, metadata and overdraftLimit.';
    throw new Problem('request-must-be-valid', {
      detail,
      errors: [{ pointer: '', rule: 'isNotEmpty', detail }],
    });
  }
  return request;
}
