import { assert } from '../../kernel/assert.js';
import type { TransactionAuthorized, TransactionPosted } from './events.js';
import type { HoldView } from './hold-view.js';
import type { HoldState } from './hold-state.js';
import { evolveTransaction } from './state.js';

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
