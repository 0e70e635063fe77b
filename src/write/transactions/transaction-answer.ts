import { assert } from '../../kernel/assert.js';
import type { Parent, TransactionAuthorized, TransactionPosted, TransactionRejected } from './events.js';
import type { LinkView, RejectedTransactionView, TransactionView } from './transaction-view.js';

/** The frozen answer of a committed transaction. */
export function toPostedView(
  event: TransactionPosted | TransactionAuthorized,
  { position }: { readonly position: bigint },
): TransactionView {
  assert(
    event.type === 'TransactionPosted',
    `A posting is answered with its transaction, not ${event.type}.`,
  );
  const { data } = event;
  return {
    transactionId: data.transactionId,
    status: 'posted',
    kind: data.kind,
    description: data.description,
    reference: data.reference,
    metadata: data.metadata,
    effectiveAt: data.effectiveAt,
    recordedAt: data.recordedAt,
    legs: data.legs.map(({ accountId, direction, amount, currency }) => ({
      accountId,
      direction,
      amount,
      currency,
    })),
    parent: toLinkView(data.parent),
    idempotencyKey: data.idempotencyKey,
    position: position.toString(),
  };
}

function toLinkView(parent: Parent | null): LinkView | null {
  if (parent === null) return null;
  const { relation, transactionId } = parent;
  assert(relation !== 'increase', 'An increase of a hold posts no transaction.');
  return { relation, transactionId };
}

/** The record of a refusal. */
export function toRejectedView({ data }: TransactionRejected, position: bigint): RejectedTransactionView {
  const { transactionId, code, pointer, details, recordedAt, idempotencyKey } = data;
  return {
    transactionId,
    status: 'rejected',
    code,
    pointer,
    details,
    recordedAt,
    idempotencyKey,
    position: position.toString(),
  };
}
