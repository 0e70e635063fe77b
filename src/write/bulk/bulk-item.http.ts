import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { Matches, ValidateNested } from 'class-validator';
import { Optional, IsId } from '../../edges/http/fields.js';
import { IDEMPOTENCY_KEY_PATTERN } from '../../edges/http/idempotency-key.js';
import type { ProblemDocument } from '../../edges/http/problem.js';
import { CaptureHoldBody } from '../transactions/capture-hold/capture-hold.http.js';
import { HoldFundsBody } from '../transactions/hold-funds/hold-funds.http.js';
import { EXAMPLE_HELD_LEGS, EXAMPLE_HOLD, Hold } from '../transactions/hold.http.js';
import {
  PostTransactionBody,
  PostTransferBody,
} from '../transactions/post-transaction/post-transaction.http.js';
import { ReverseTransactionBody } from '../transactions/reverse-transaction/reverse-transaction.http.js';
import { EXAMPLE_TRANSACTION, Transaction } from '../transactions/transaction.http.js';

/** What one command of a bulk request looks like, and what it is answered with. */

/** A capture in a bulk request. */
export class BulkCaptureBody extends CaptureHoldBody {
  @IsId()
  @ApiProperty({ format: 'uuid', description: 'The hold that is captured.' })
  holdId!: string;
}

/** A reversal in a bulk request. */
export class BulkReversalBody extends ReverseTransactionBody {
  @IsId()
  @ApiProperty({ format: 'uuid', description: 'The transaction that is reversed.' })
  transactionId!: string;
}

/** One command of a bulk request: its key, and exactly one of the others. */
export class BulkItemBody {
  @Matches(IDEMPOTENCY_KEY_PATTERN, {
    message: 'A key is 1 to 255 characters of A-Z a-z 0-9 . _ ~ -.',
  })
  @ApiProperty({ pattern: IDEMPOTENCY_KEY_PATTERN.source, description: 'Names this command for ever.' })
  idempotencyKey!: string;

  @Optional()
  @ValidateNested()
  @Type(() => PostTransferBody)
  @ApiPropertyOptional({ type: PostTransferBody, description: 'As for `POST /v1/transfers`.' })
  transfer?: PostTransferBody;

  @Optional()
  @ValidateNested()
  @Type(() => PostTransactionBody)
  @ApiPropertyOptional({ type: PostTransactionBody, description: 'As for `POST /v1/transactions`.' })
  transaction?: PostTransactionBody;

  @Optional()
  @ValidateNested()
  @Type(() => HoldFundsBody)
  @ApiPropertyOptional({ type: HoldFundsBody, description: 'As for `POST /v1/holds`.' })
  hold?: HoldFundsBody;

  @Optional()
  @ValidateNested()
  @Type(() => BulkCaptureBody)
  @ApiPropertyOptional({ type: BulkCaptureBody, description: 'As for `POST /v1/holds/{holdId}/capture`.' })
  capture?: BulkCaptureBody;

  @Optional()
  @ValidateNested()
  @Type(() => BulkReversalBody)
  @ApiPropertyOptional({
    type: BulkReversalBody,
    description: 'As for `POST /v1/transactions/{transactionId}/reverse`.',
  })
  reversal?: BulkReversalBody;
}

/** What one command of a bulk request came to. */
@ApiExtraModels(Transaction, Hold)
export class BulkResult {
  @ApiProperty({ type: 'integer', description: 'Its place in the request, from 0.' })
  index!: number;

  @ApiProperty({ type: String, nullable: true, description: 'Its key; null when it sent none that is one.' })
  idempotencyKey!: string | null;

  @ApiProperty({ type: 'integer', description: 'The status it would have been answered with alone.' })
  status!: number;

  @ApiProperty({
    description: 'Its key was used before with the same request: this is the first answer again.',
  })
  replayed!: boolean;

  @ApiPropertyOptional({
    oneOf: [{ $ref: getSchemaPath(Transaction) }, { $ref: getSchemaPath(Hold) }],
    description: 'Its answer: a transaction or a hold. Absent when it was refused.',
  })
  body?: object;

  @ApiPropertyOptional({
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    description: 'Why it was refused; pointers begin at the command. Absent when it was not.',
  })
  problem?: ProblemDocument;
}

/** What a bulk request is answered with. */
export class BulkAnswer {
  @ApiProperty({ type: [BulkResult], description: 'One for each command, in their order.' })
  results!: readonly BulkResult[];
}

const transfer = {
  from: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
  to: '7c1b9f52-1d0e-5a7c-8f2a-4b6d8e0f1a22',
  amount: '1050',
  currency: 'USD',
};

/** Example commands of the documentation. */
export const EXAMPLE_ITEMS: readonly BulkItemBody[] = [
  { idempotencyKey: EXAMPLE_TRANSACTION.idempotencyKey, transfer },
  { idempotencyKey: EXAMPLE_HOLD.idempotencyKey, hold: { legs: EXAMPLE_HELD_LEGS } },
];

/** The example answer of the documentation. */
export const EXAMPLE_RESULTS: readonly BulkResult[] = [
  {
    index: 0,
    idempotencyKey: EXAMPLE_TRANSACTION.idempotencyKey,
    status: 201,
    replayed: false,
    body: EXAMPLE_TRANSACTION,
  },
  {
    index: 1,
    idempotencyKey: EXAMPLE_HOLD.idempotencyKey,
    status: 422,
    replayed: false,
    problem: {
      type: '/problems/insufficient-funds',
      title: 'The account has not enough available funds.',
      status: 422,
      detail: 'The account has not enough available funds.',
      instance: '/v1/transactions/bulk',
      code: 'insufficient-funds',
      pointer: '/hold/legs/0/amount',
      errors: [],
      details: { accountId: transfer.from, required: '1050', available: '500' },
      requestId: '3b1f7c52-8a5e-4d1b-9c55-0d3a2f6b7e88',
      retryable: false,
    },
  },
];
