import type { Instant } from '../../kernel/clock.js';
import type { Direction } from '../../kernel/money.js';

/** The life of one transaction: the events of stream `transaction-{transactionId}`, as they are stored. */
export type TransactionEvent = TransactionPosted | TransactionRejected | AttemptAbandoned;

/** One leg of a committed transaction. Its entry stands after `afterRevision` on its account, or will. */
export interface PostedLeg {
  readonly accountId: string;
  readonly direction: Direction;
  /** Minor units as digits, greater than zero. */
  readonly amount: string;
  readonly currency: string;
  /** The reservation its entry consumes; null on a leg that can't fail for lack of funds. */
  readonly reservationId: string | null;
  /** The account's revision when the leg was decided (or its funds were reserved). */
  readonly afterRevision: string;
}

/** The commit point of all legs, the idempotency record and the frozen answer, in one event. */
export interface TransactionPosted {
  readonly type: 'TransactionPosted';
  readonly data: {
    readonly transactionId: string;
    readonly companyId: string;
    readonly attemptId: string;
    readonly kind: string;
    readonly description: string | null;
    readonly reference: string | null;
    readonly metadata: Readonly<Record<string, string>>;
    readonly effectiveAt: Instant;
    readonly recordedAt: Instant;
    readonly legs: readonly PostedLeg[];
    readonly idempotencyKey: string;
    readonly requestHash: string;
    /** The request as it was sent, so that a reused key can be told which fields differ. */
    readonly request: object;
  };
}

/** A business refusal, as final as a success. */
export interface TransactionRejected {
  readonly type: 'TransactionRejected';
  readonly data: {
    readonly transactionId: string;
    readonly companyId: string;
    readonly attemptId: string;
    readonly code: string;
    /** JSON pointer into the request, or null when the whole request is meant. */
    readonly pointer: string | null;
    readonly details: Readonly<Record<string, string>>;
    readonly recordedAt: Instant;
    readonly idempotencyKey: string;
    readonly requestHash: string;
    readonly request: object;
  };
}

/** A fence: the named attempt can no longer commit. It never burns the key. */
export interface AttemptAbandoned {
  readonly type: 'AttemptAbandoned';
  readonly data: { readonly transactionId: string; readonly attemptId: string; readonly at: Instant };
}

export const TRANSACTION_STREAM_PREFIX = 'transaction-';

/** The stream of one transaction. */
export function transactionStream(transactionId: string): string {
  return `${TRANSACTION_STREAM_PREFIX}${transactionId}`;
}
