import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { DescribedAnswer } from '../../edges/http/api-docs.js';
import { answerCommand, type Positioned } from '../../edges/http/command-answer.js';
import type { ProblemCode } from '../../edges/http/problem.js';
import type { Direction } from '../../kernel/money.js';
import { measureTransfer } from '../../observability/metrics.js';
import type { CommandOutcome } from '../command.js';
import { AMOUNT_PROPERTY, DIRECTIONS } from './transaction-body.http.js';
import type {
  LegView,
  LinkedTransactionView,
  LinkView,
  RejectedTransactionView,
  TransactionView,
} from './transaction-view.js';

/** What the HTTP forms of the transaction slices share: their answers, and what they can refuse. */

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

/** What a transaction took its funds or its legs from. */
export class TransactionLink implements LinkView {
  @ApiProperty({ enum: ['capture', 'reversal'] })
  relation!: LinkView['relation'];

  @ApiProperty({ format: 'uuid', description: 'The hold that it captures, or the transaction it reverses.' })
  transactionId!: string;
}

/** A posted transaction as it is answered: the same for ever. */
@ApiExtraModels(TransactionLink)
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

  @ApiProperty({
    oneOf: [{ $ref: getSchemaPath(TransactionLink) }, { type: 'null' }],
    description: 'What it captures or reverses; null on a transaction that stands alone.',
  })
  parent!: LinkView | null;

  @ApiProperty()
  idempotencyKey!: string;

  @ApiProperty({ description: 'The position of the commit in the log; as digits.' })
  position!: string;
}

/** A posted transaction as reading it answers: with what was linked to it since. */
export class LinkedTransaction extends Transaction implements LinkedTransactionView {
  @ApiProperty({
    type: [String],
    description: 'The transactions that reversed it, whole or in part, in order.',
  })
  reversedBy!: readonly string[];
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
  'condition-must-hold',
  'insufficient-funds',
  'account-has-too-many-reservations',
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
  parent: null,
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

const LOCATION = { Location: 'The path of the transaction.' };

/** What a posting is answered with: at once, or while entries are still owed. */
export function postingAnswers(example: Transaction): readonly DescribedAnswer[] {
  return [
    {
      status: 201,
      description: 'Posted: every account shows it.',
      type: Transaction,
      example,
      headers: LOCATION,
    },
    {
      status: 202,
      description: 'Posted for good; some accounts will show it in a moment.',
      type: Transaction,
      example,
      headers: LOCATION,
    },
  ];
}

/** Carries out a command that posts a transaction, counts what it came to, and answers it. */
export async function answerPosting(
  reply: FastifyReply,
  carryOut: () => Promise<CommandOutcome<TransactionView>>,
): Promise<Transaction> {
  const measured = measureTransfer();
  const outcome = await carryOut();
  measured(outcome.kind, outcome.kind === 'refused' ? outcome.refusal.code : 'none');
  return answerCommand(reply, outcome, 201, ({ transactionId }) => ({
    location: `/v1/transactions/${transactionId}`,
  }));
}
