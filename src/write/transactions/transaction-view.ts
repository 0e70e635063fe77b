import type { Direction } from '../../kernel/money.js';

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
