import { ApiProperty } from '@nestjs/swagger';
import type { Positioned } from '../../edges/http/command-answer.js';
import type { ProblemCode } from '../../edges/http/problem.js';
import type { HeldLegView, HoldStatus, HoldView } from './hold-view.js';
import { Leg } from './transaction.http.js';

/** What the HTTP forms of the hold slices share: the answer, its headers, and what can be refused. */

const HOLD_STATUSES: readonly HoldStatus[] = ['authorized', 'captured', 'voided', 'expired'];

/** One leg of a hold as it is answered. */
export class HeldLeg extends Leg implements HeldLegView {
  @ApiProperty({ description: 'What captures took of it so far, in minor units.' })
  captured!: string;

  @ApiProperty({
    description: 'What captures may still take of it, in minor units; "0" on a leg that sets nothing aside.',
  })
  remaining!: string;
}

/** A hold as it is answered. */
export class Hold implements Positioned<HoldView> {
  @ApiProperty({ format: 'uuid' })
  holdId!: string;

  @ApiProperty({ enum: HOLD_STATUSES })
  status!: HoldStatus;

  @ApiProperty()
  kind!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: String, nullable: true })
  reference!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata!: Readonly<Record<string, string>>;

  @ApiProperty({ format: 'date-time', description: 'When the ledger decided.' })
  recordedAt!: string;

  @ApiProperty({
    format: 'date-time',
    description: 'From then on it can not be captured; what is left of it is given back.',
  })
  expiresAt!: string;

  @ApiProperty({ type: [HeldLeg], description: 'The legs it was made with, then those of its increases.' })
  legs!: readonly HeldLegView[];

  @ApiProperty({ type: [String], description: 'The transactions that captured it, in order.' })
  capturedBy!: readonly string[];

  @ApiProperty()
  idempotencyKey!: string;

  @ApiProperty({ description: 'Revision of the hold, also in the ETag; as digits.' })
  revision!: string;

  @ApiProperty({ description: 'The position in the log it is valid at; as digits.' })
  position!: string;
}

/** The one example hold of the documentation. */
export const EXAMPLE_HOLD: Hold = {
  holdId: 'c7a1e5d3-2b4f-5a6c-8d9e-0f1a2b3c4d5e',
  status: 'authorized',
  kind: 'hold',
  description: 'Order 8812',
  reference: 'order-8812',
  metadata: {},
  recordedAt: '2026-11-20T09:31:00.012Z',
  expiresAt: '2026-11-27T09:31:00.000Z',
  legs: [
    {
      accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
      direction: 'debit',
      amount: '1050',
      currency: 'USD',
      captured: '0',
      remaining: '1050',
    },
    {
      accountId: '7c1b9f52-1d0e-5a7c-8f2a-4b6d8e0f1a22',
      direction: 'credit',
      amount: '1050',
      currency: 'USD',
      captured: '0',
      remaining: '0',
    },
  ],
  capturedBy: [],
  idempotencyKey: '2f6d8b1a-94c3-4e70-b5a2-7d1c0e9f8a3b',
  revision: '0',
  position: '2048',
};

/** Example legs of requests about holds. */
export const EXAMPLE_HELD_LEGS = EXAMPLE_HOLD.legs.map(({ accountId, direction, amount, currency }) => ({
  accountId,
  direction,
  amount,
  currency,
}));

/** Why nothing can be done with a hold any more. */
export const HOLD_PROBLEMS: readonly ProblemCode[] = [
  'hold-must-exist',
  'hold-is-already-captured',
  'hold-is-already-voided',
  'hold-is-expired',
];

/** What legs that are to be held can be refused for, in the order of the ladder. */
export const HELD_LEGS_PROBLEMS: readonly ProblemCode[] = [
  'currency-must-exist',
  'account-must-exist',
  'legs-must-balance',
  'currency-must-match-account',
  'hold-must-reserve',
  'account-must-not-be-closed',
  'account-must-not-be-closing',
  'account-must-not-be-frozen',
  'insufficient-funds',
  'account-has-too-many-reservations',
];

/** Headers of an answer that shows a hold. */
export function holdHeaders(hold: HoldView): { readonly etag: string } {
  return { etag: `"${hold.revision}"` };
}
