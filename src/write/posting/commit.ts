import { assert } from '../../kernel/assert.js';
import { imbalances } from '../../kernel/money.js';
import type { Refusal } from '../refusals.js';
import type { TransactionPosted, TransactionRejected } from '../transactions/events.js';
import type { PlannedLeg } from './plan.decide.js';
import type { Reserving } from './reserve.js';

/** What a transaction says about itself besides its legs. */
export interface PostingText {
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What every outcome records, whatever it is. */
export interface OutcomeFacts {
  readonly transactionId: string;
  readonly attemptId: string;
  readonly companyId: string;
  readonly idempotencyKey: string;
  readonly requestHash: string;
  readonly request: object;
  readonly text: PostingText;
  readonly effectiveAt: string;
  readonly now: string;
}

/** Builds the commit of all legs. Asserts once more that they balance: the last place where a mistake costs nothing. */
export function postedEvent(
  facts: OutcomeFacts,
  legs: readonly PlannedLeg[],
  { reservations }: Reserving,
): TransactionPosted {
  assert(imbalances(legs).size === 0, 'A posted transaction balances in every currency.');
  const {
    text,
    now,
    transactionId,
    companyId,
    attemptId,
    effectiveAt,
    idempotencyKey,
    requestHash,
    request,
  } = facts;
  const byLeg = new Map(reservations.map((reservation) => [reservation.leg, reservation]));
  return {
    type: 'TransactionPosted',
    data: {
      transactionId,
      companyId,
      attemptId,
      ...text,
      effectiveAt,
      recordedAt: now,
      legs: legs.map(({ accountId, direction, amount, currency, checked, afterRevision }, index) => {
        const reservation = byLeg.get(index);
        assert(
          checked === (reservation !== undefined),
          `Leg ${index} is reserved exactly when it is checked.`,
        );
        return {
          accountId,
          direction,
          amount: amount.toString(),
          currency,
          reservationId: reservation?.reservationId ?? null,
          afterRevision: (reservation?.revision ?? afterRevision).toString(),
        };
      }),
      idempotencyKey,
      requestHash,
      request,
    },
  };
}

/** Builds the record of a refusal, as final as a success. */
export function rejectedEvent(facts: OutcomeFacts, why: Refusal | null): TransactionRejected {
  assert(why !== null, 'A rejection says why.');
  const { transactionId, companyId, attemptId, idempotencyKey, requestHash, request, now } = facts;
  const { code, pointer, details } = why;
  return {
    type: 'TransactionRejected',
    data: {
      transactionId,
      companyId,
      attemptId,
      code,
      pointer,
      details,
      recordedAt: now,
      idempotencyKey,
      requestHash,
      request,
    },
  };
}
