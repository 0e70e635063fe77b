import type { Direction } from '../../kernel/money.js';
import { assert } from '../../kernel/assert.js';
import type { TransactionAuthorized, TransactionPosted, TransactionRejected } from './events.js';

export interface LegView {
  readonly accountId: string;
  readonly direction: Direction;
  /** Minor units as digits. */
  readonly amount: string;
  readonly currency: string;
}

/** A transaction as commands and queries answer it: the frozen answer, the same for ever. */
export interface TransactionView {
  readonly transactionId: string;
  readonly status: 'posted';
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly legs: readonly LegView[];
  readonly idempotencyKey: string;
  /** The position of the commit in the log, as digits. */
  readonly position: string;
}

/** A key whose final outcome is a refusal. */
export interface RejectedTransactionView {
  readonly transactionId: string;
  readonly status: 'rejected';
  /** The refusal's code. */
  readonly code: string;
  readonly pointer: string | null;
  readonly details: Readonly<Record<string, string>>;
  readonly recordedAt: string;
  readonly idempotencyKey: string;
  readonly position: string;
}

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
    idempotencyKey: data.idempotencyKey,
    position: position.toString(),
  };
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
