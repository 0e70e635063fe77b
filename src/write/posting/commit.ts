import { assert } from '../../kernel/assert.js';
import { toInstant } from '../../kernel/clock.js';
import { imbalances } from '../../kernel/money.js';
import type { Refusal } from '../refusals.js';
import type {
  Parent,
  PostedLeg,
  TransactionAuthorized,
  TransactionPosted,
  TransactionRejected,
} from '../transactions/events.js';
import type { PlannedLeg } from './legs.js';
import type { MadeReservation } from './reserve-account.js';
import type { Plan, PostingText } from './road.js';

/** What every outcome records, whatever it is. */
export interface OutcomeFacts {
  readonly transactionId: string;
  readonly attemptId: string;
  readonly companyId: string;
  readonly idempotencyKey: string;
  readonly requestHash: string;
  readonly request: object;
  readonly text: PostingText;
  readonly parent: Parent | null;
  readonly now: string;
}

/** Builds the commit of all legs. */
export function committedEvent(
  facts: OutcomeFacts,
  { legs, outcome }: Plan,
  reservations: readonly MadeReservation[],
): TransactionPosted | TransactionAuthorized {
  const { text, now, parent, transactionId, companyId, attemptId, idempotencyKey, requestHash, request } =
    facts;
  const shared = { transactionId, companyId, attemptId, ...text, recordedAt: now };
  const rest = { parent, idempotencyKey, requestHash, request };
  const committed = committedLegs(legs, reservations);
  if (outcome.kind === 'authorize') {
    const { expiresAt } = outcome;
    return { type: 'TransactionAuthorized', data: { ...shared, expiresAt, legs: committed, ...rest } };
  }
  // Asserted once more where the event is built: the last place where a mistake costs nothing.
  assert(imbalances(legs).size === 0, 'A posted transaction balances in every currency.');
  const effectiveAt = toInstant(outcome.effectiveAtMs);
  return { type: 'TransactionPosted', data: { ...shared, effectiveAt, legs: committed, ...rest } };
}

/** The legs as the commit records them: each with the reservation its entry will consume. */
export function committedLegs(
  legs: readonly PlannedLeg[],
  reservations: readonly MadeReservation[],
): PostedLeg[] {
  const byLeg = new Map(reservations.map((reservation) => [reservation.leg, reservation]));
  return legs.map(({ accountId, direction, amount, currency, checked, held, afterRevision }, index) => {
    const reservation = byLeg.get(index);
    // A captured leg's entry is looked for from here on: as late as possible, but never before its reservation.
    const heldAt = BigInt(held?.afterRevision ?? 0);
    assert(checked === (reservation !== undefined), `Leg ${index} is reserved exactly when it is checked.`);
    return {
      accountId,
      direction,
      amount: amount.toString(),
      currency,
      reservationId: held?.reservationId ?? reservation?.reservationId ?? null,
      afterRevision: (reservation?.revision ?? (heldAt > afterRevision ? heldAt : afterRevision)).toString(),
    };
  });
}

/** Builds the record of a refusal, as final as a success. */
export function rejectedEvent(facts: OutcomeFacts, why: Refusal): TransactionRejected {
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
