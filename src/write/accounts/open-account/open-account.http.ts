import { Body, Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeCommand } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import {
  IsAmountOrZero,
  IsCurrencyCode,
  IsId,
  IsMetadata,
  IsText,
  OptionalOrNull,
} from '../../../edges/http/fields.js';
import { CurrentCommandContext } from '../../../edges/http/idempotency-key.js';
import { ACCOUNT_TYPES, type AccountType } from '../../../kernel/money.js';
import type { CommandContext } from '../../command.js';
import { Account, accountHeaders, EXAMPLE_ACCOUNT } from '../account.http.js';
import { OpenAccountCommand, type OpenAccountRequest } from './open-account.command.js';

/** The body of `POST /v1/accounts`. */
export class OpenAccountBody {
  @IsText(limits.nameCharsMax)
  @ApiProperty({ maxLength: limits.nameCharsMax })
  name!: string;

  @IsIn(ACCOUNT_TYPES, { message: `An account type is one of ${ACCOUNT_TYPES.join(', ')}.` })
  @ApiProperty({ enum: ACCOUNT_TYPES, description: 'Gives the account its normal side.' })
  type!: AccountType;

  @IsCurrencyCode()
  @ApiProperty({ pattern: '^[A-Z]{3}$', description: 'ISO 4217 code; fixed for the life of the account.' })
  currency!: string;

  @OptionalOrNull()
  @IsId()
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, default: null })
  parentId?: string | null;

  @OptionalOrNull()
  @IsAmountOrZero()
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    default: null,
    description: 'How far below zero the balance may go, in minor units; "0" is never, null is unlimited.',
  })
  overdraftLimit?: string | null;

  @OptionalOrNull()
  @IsMetadata()
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' }, default: {} })
  metadata?: Record<string, string> | null;
}

@ApiTags('accounts')
@Controller('v1/accounts')
export class OpenAccountController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(201)
  @DescribeCommand({
    summary: 'Open an account',
    answers: [
      {
        status: 201,
        description: 'The account is open.',
        type: Account,
        example: EXAMPLE_ACCOUNT,
        headers: { Location: 'The path of the account.', ETag: 'The revision of the account.' },
      },
    ],
    problems: ['currency-must-exist', 'parent-must-exist', 'parent-must-be-open', 'hierarchy-too-deep'],
  })
  @ApiBody({
    type: OpenAccountBody,
    examples: {
      customer: {
        summary: 'A customer who can not overdraw',
        value: {
          name: 'Customer 4711',
          type: 'liability',
          currency: 'USD',
          overdraftLimit: '0',
          metadata: { customer: '4711' },
        },
      },
      bank: {
        summary: 'The bank, without a floor',
        value: { name: 'Bank', type: 'asset', currency: 'USD' },
      },
    },
  })
  async open(
    @CurrentCommandContext() context: CommandContext,
    @Body() body: OpenAccountBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account> {
    const outcome = await this.commands.execute(new OpenAccountCommand(context, toRequest(body)));
    return answerCommand(reply, outcome, 201, (account) => ({
      location: `/v1/accounts/${account.accountId}`,
      ...accountHeaders(account),
    }));
  }
}

/** Fills in every default, so that leaving a field out and sending its default are the same request. */
function toRequest(body: OpenAccountBody): OpenAccountRequest {
  return {
    name: body.name,
    type: body.type,
    currency: body.currency,
    parentId: body.parentId?.toLowerCase() ?? null,
    overdraftLimit: body.overdraftLimit ?? null,
    metadata: { ...body.metadata },
  };
}
