import type { Direction } from '../../kernel/money.js';

export interface LegView {
  readonly accountId: string;
  readonly direction: Direction;
  /** Minor units as digits. */
  readonly amount: string;
  readonly currency: string;
}

/** What a transaction took its funds or its legs from: the hold it captures, or the transaction it reverses. */
export interface LinkView {
  readonly relation: 'capture' | 'reversal';
  readonly transactionId: string;
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
  /** Null on a transaction that stands alone. */
  readonly parent: LinkView | null;
  readonly idempotencyKey: string;
  /** The position of the commit in the log, as digits. */
  readonly position: string;
}

/** A transaction with what was linked to it since: grows, unlike the frozen answer. */
export interface LinkedTransactionView extends TransactionView {
  /** The transactions that reversed it, whole or in part, in order. */
  readonly reversedBy: readonly string[];
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
