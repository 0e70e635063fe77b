import { assert } from '../../kernel/assert.js';
import type { TransactionAuthorized, TransactionPosted } from './events.js';
import { evolveTransaction, type HoldState } from './state.js';
import type { LegView } from './transaction-view.js';

export type HoldStatus = 'authorized' | 'captured' | 'voided' | 'expired';

export interface HeldLegView extends LegView {
  /** What captures took of it, and what they may still take. Minor units as digits; "0" on a leg that sets nothing aside. */
  readonly captured: string;
  readonly remaining: string;
}

/** A hold as commands and queries answer it. */
export interface HoldView {
  readonly holdId: string;
  readonly status: HoldStatus;
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly recordedAt: string;
  readonly expiresAt: string;
  /** The legs it was made with, then those of its increases. */
  readonly legs: readonly HeldLegView[];
  /** The transactions that captured it, in order. */
  readonly capturedBy: readonly string[];
  readonly idempotencyKey: string;
  /** The hold stream's revision this view shows, as digits. */
  readonly revision: string;
}

/** The hold as it stands. */
export function toHoldView(hold: HoldState, revision: bigint): HoldView {
  const { data } = hold.authorized;
  return {
    holdId: data.transactionId,
    status: hold.status,
    kind: data.kind,
    description: data.description,
    reference: data.reference,
    metadata: data.metadata,
    recordedAt: data.recordedAt,
    expiresAt: hold.expiresAt,
    legs: hold.legs.map(({ accountId, direction, amount, currency, reservationId }) => {
      const funds = reservationId === null ? undefined : hold.funds.get(reservationId);
      const captured = funds?.captured ?? 0n;
      const remaining = funds ? funds.held - captured : 0n;
      return {
        accountId,
        direction,
        amount,
        currency,
        captured: captured.toString(),
        remaining: remaining.toString(),
      };
    }),
    capturedBy: hold.capturedBy,
    idempotencyKey: data.idempotencyKey,
    revision: revision.toString(),
  };
}

/** The frozen answer of a hold: as it stood when it was authorized. */
export function toAuthorizedView(
  event: TransactionPosted | TransactionAuthorized,
  { revision }: { readonly revision: bigint },
): HoldView {
  const { hold } = evolveTransaction(null, event);
  assert(hold, `A hold is answered with its authorization, not ${event.type}.`);
  return toHoldView(hold, revision);
}
