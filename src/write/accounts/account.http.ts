import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { limits } from '../../config/limits.js';
import { IsText, OptionalOrNull } from '../../edges/http/fields.js';
import type { Positioned } from '../../edges/http/command-answer.js';
import type { ProblemCode } from '../../edges/http/problem.js';
import { ACCOUNT_TYPES, type AccountType } from '../../kernel/money.js';
import type { AccountStatus, AccountView } from './account-view.js';

/** What the HTTP forms of the account slices share: the answer, its headers, and the body that only gives a reason. */

const ACCOUNT_STATUSES: readonly AccountStatus[] = ['open', 'frozen', 'closing', 'closed'];

/** An account as it is answered. */
export class Account implements Positioned<AccountView> {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ maxLength: limits.nameCharsMax })
  name!: string;

  @ApiProperty({ enum: ACCOUNT_TYPES })
  type!: AccountType;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ description: "Digits after the currency's decimal point.", type: 'integer' })
  exponent!: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  parentId!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'How far below zero the balance may go, in minor units; "0" is never, null is unlimited.',
  })
  overdraftLimit!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata!: Readonly<Record<string, string>>;

  @ApiProperty({ enum: ACCOUNT_STATUSES })
  status!: AccountStatus;

  @ApiProperty({ format: 'date-time' })
  openedAt!: string;

  @ApiProperty({ description: 'Revision of the account, also in the ETag; as digits.' })
  revision!: string;

  @ApiProperty({ description: 'The position in the log from which reads show this; as digits.' })
  position!: string;
}

/** The body of a command that needs nothing but may say why. */
export class ReasonBody {
  @OptionalOrNull()
  @IsText(limits.reasonCharsMax)
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: limits.reasonCharsMax,
    example: 'Requested by the customer',
    description: 'Why, for those who read the history.',
  })
  reason?: string | null;
}

/** The one example account of the documentation. */
export const EXAMPLE_ACCOUNT: Account = {
  accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
  name: 'Customer 4711',
  type: 'liability',
  currency: 'USD',
  exponent: 2,
  parentId: null,
  overdraftLimit: '0',
  metadata: { customer: '4711' },
  status: 'open',
  openedAt: '2026-11-20T09:30:00.000Z',
  revision: '0',
  position: '1024',
};

/** Example bodies of commands that take nothing but a reason. */
export const EXAMPLE_REASONS = {
  reason: { summary: 'With a reason', value: { reason: 'Requested by the customer' } },
  silent: { summary: 'Without one', value: {} },
};

/** Codes of commands on an account that is named in the path. */
export const ACCOUNT_PROBLEMS: readonly ProblemCode[] = ['account-must-exist'];

/** Headers of an answer that shows an account. */
export function accountHeaders(account: AccountView): { readonly etag: string } {
  return { etag: `"${account.revision}"` };
}
