import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { limits } from '../../config/limits.js';
import type { Positioned } from '../../edges/http/command-answer.js';
import { IsInstant, IsMetadata, IsText, OptionalOrNull, parseInstant } from '../../edges/http/fields.js';
import type { ProblemCode } from '../../edges/http/problem.js';
import { AMOUNT_DIGITS_MAX, type Direction } from '../../kernel/money.js';
import type { LegView, RejectedTransactionView, TransactionView } from './transaction-view.js';

/** What the HTTP forms of the transaction slices share: the answer, and the fields of every request. */

export const DIRECTIONS: readonly Direction[] = ['debit', 'credit'];

const AMOUNT_PATTERN = `^[1-9][0-9]{0,${AMOUNT_DIGITS_MAX - 1}}$`;

/** How an amount is documented. */
export const AMOUNT_PROPERTY = {
  pattern: AMOUNT_PATTERN,
  description: 'Minor units as digits: "1050" is 10.50 USD.',
} as const;

/** One leg as it is answered. */
export class Leg implements LegView {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ enum: DIRECTIONS })
  direction!: Direction;

  @ApiProperty(AMOUNT_PROPERTY)
  amount!: string;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;
}

/** A posted transaction as it is answered: the same for ever. */
export class Transaction implements Positioned<TransactionView> {
  @ApiProperty({ format: 'uuid' })
  transactionId!: string;

  @ApiProperty({ enum: ['posted'] })
  status!: 'posted';

  @ApiProperty()
  kind!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: String, nullable: true })
  reference!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata!: Readonly<Record<string, string>>;

  @ApiProperty({ format: 'date-time', description: 'Business time.' })
  effectiveAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When the ledger decided.' })
  recordedAt!: string;

  @ApiProperty({ type: [Leg] })
  legs!: readonly LegView[];

  @ApiProperty()
  idempotencyKey!: string;

  @ApiProperty({ description: 'The position of the commit in the log; as digits.' })
  position!: string;
}

/** A request whose final outcome is a refusal, as it is answered: the same for ever. */
export class RejectedTransaction implements RejectedTransactionView {
  @ApiProperty({ format: 'uuid' })
  transactionId!: string;

  @ApiProperty({ enum: ['rejected'] })
  status!: 'rejected';

  @ApiProperty({ description: 'The code of the refusal.' })
  code!: string;

  @ApiProperty({ type: String, nullable: true, description: 'JSON pointer into the request.' })
  pointer!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  details!: Readonly<Record<string, string>>;

  @ApiProperty({ format: 'date-time', description: 'When the ledger decided.' })
  recordedAt!: string;

  @ApiProperty()
  idempotencyKey!: string;

  @ApiProperty({ description: 'The position of the refusal in the log; as digits.' })
  position!: string;
}

/** What both forms of a posting request may say. */
export class PostingBody {
  @OptionalOrNull()
  @IsInstant()
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    default: null,
    description:
      'Business time with its offset; now when absent. At most 24 hours ahead. Milliseconds count, finer digits are cut off.',
  })
  effectiveAt?: string | null;

  @OptionalOrNull()
  @IsText(limits.kindCharsMax)
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: limits.kindCharsMax,
    description: 'What sort of movement this is, in your words.',
  })
  kind?: string | null;

  @OptionalOrNull()
  @IsText(limits.descriptionCharsMax)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: limits.descriptionCharsMax, default: null })
  description?: string | null;

  @OptionalOrNull()
  @IsText(limits.referenceCharsMax)
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: limits.referenceCharsMax,
    default: null,
    description: 'Your own id of the matter: not unique, transactions are found by it.',
  })
  reference?: string | null;

  @OptionalOrNull()
  @IsMetadata()
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' }, default: {} })
  metadata?: Record<string, string> | null;
}

/**
 * The shared fields with every default filled in, so that leaving one out and sending its default are the same request.
 *
 * @param kind what the form calls its movements when the client does not
 */
export function toRequestedFields(
  body: PostingBody,
  kind: string,
): {
  readonly effectiveAt: string | null;
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
} {
  return {
    effectiveAt: typeof body.effectiveAt === 'string' ? parseInstant(body.effectiveAt) : null,
    kind: body.kind ?? kind,
    description: body.description ?? null,
    reference: body.reference ?? null,
    metadata: { ...body.metadata },
  };
}

/** What a posting can be refused for, in the order of the ladder. */
export const POSTING_PROBLEMS: readonly ProblemCode[] = [
  'effective-time-too-far-ahead',
  'currency-must-exist',
  'accounts-must-differ',
  'legs-must-balance',
  'account-must-exist',
  'currency-must-match-account',
  'account-must-not-be-closed',
  'account-must-not-be-closing',
  'account-must-not-be-frozen',
  'insufficient-funds',
];

/** The one example transaction of the documentation. */
export const EXAMPLE_TRANSACTION: Transaction = {
  transactionId: '9b2f4c1e-8d55-5c6e-a4f0-0e7d5c3b2a10',
  status: 'posted',
  kind: 'transfer',
  description: 'Order 8812',
  reference: 'order-8812',
  metadata: {},
  effectiveAt: '2026-11-20T09:31:00.000Z',
  recordedAt: '2026-11-20T09:31:00.012Z',
  legs: [
    {
      accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
      direction: 'debit',
      amount: '1050',
      currency: 'USD',
    },
    {
      accountId: '7c1b9f52-1d0e-5a7c-8f2a-4b6d8e0f1a22',
      direction: 'credit',
      amount: '1050',
      currency: 'USD',
    },
  ],
  idempotencyKey: '0b8f6f5e-6f0a-4c39-9f3d-6a3f5d1c2b7a',
  position: '2048',
};

/** The one example of a refusal that was recorded. */
export const EXAMPLE_REJECTED_TRANSACTION: RejectedTransaction = {
  transactionId: '1d7e0a52-44c3-5f0b-8a86-3b9c5d2e7f01',
  status: 'rejected',
  code: 'insufficient-funds',
  pointer: '/amount',
  details: { accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11', available: '500', amount: '1050' },
  recordedAt: '2026-11-20T09:32:00.004Z',
  idempotencyKey: '6a1f3f0e-8e0b-4a55-8f53-64c1b7d0e922',
  position: '2304',
};
