import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiQuery } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { describeAnswer } from '../../edges/http/api-docs.js';
import { problemOf } from '../../edges/http/command-answer.js';
import { MarkDryRun } from '../../edges/http/dry-run.js';
import type { Result } from '../../kernel/result.js';
import type { WouldBeBalanceView } from '../accounts/account-view.js';
import type { DryRunView } from '../posting/dry-run.js';
import type { Refusal } from '../refusals.js';

/** What the slices that can be tried share: the answer of a dry run. */

/** An account's money as it would be. */
export class WouldBeBalance implements WouldBeBalanceView {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ description: 'Sum of all debits, in minor units as digits.' })
  debits!: string;

  @ApiProperty({ description: 'Sum of all credits, in minor units as digits.' })
  credits!: string;

  @ApiProperty({ description: "Signed by the account's normal side; digits, with a minus when below zero." })
  balance!: string;

  @ApiProperty({ description: 'Set aside for holds and for transactions under way.' })
  reserved!: string;

  @ApiProperty({ description: 'Balance less reserved.' })
  available!: string;

  @ApiProperty({ type: 'integer', description: 'Entries on the account.' })
  sequence!: number;
}

/** What a request would come to. */
export class DryRunAnswer implements DryRunView {
  @ApiProperty({ enum: [true] })
  dryRun!: true;

  @ApiProperty({ type: [WouldBeBalance], description: 'Every account the legs touch, in their order.' })
  balances!: readonly WouldBeBalanceView[];
}

const EXAMPLE: DryRunAnswer = {
  dryRun: true,
  balances: [
    {
      accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
      currency: 'USD',
      exponent: 2,
      debits: '1050',
      credits: '5000',
      balance: '3950',
      reserved: '0',
      available: '3950',
      sequence: 2,
    },
  ],
};

/** Lets a route take `?dryRun`, and documents it. Its method reads it with `CurrentRun`. */
export function TakesDryRun(): MethodDecorator {
  return applyDecorators(
    MarkDryRun(),
    ApiQuery({
      name: 'dryRun',
      required: false,
      description:
        '`true` stores nothing: the answer is 200 with the balances as they would be, or the refusal. No Idempotency-Key is needed, and none is taken.',
      schema: { type: 'string', enum: ['true', 'false'], default: 'false' },
    }),
    describeAnswer({
      status: 200,
      description: 'A dry run: what would be.',
      type: DryRunAnswer,
      example: EXAMPLE,
    }),
  );
}

/**
 * Answers a dry run.
 *
 * @throws Problem for the refusal the request would get
 */
export function answerDryRun(reply: FastifyReply, result: Result<DryRunView, Refusal>): DryRunAnswer {
  if (!result.ok) throw problemOf(result.refusal);
  void reply.status(200);
  return result.value;
}
