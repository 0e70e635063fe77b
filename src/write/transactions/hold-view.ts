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
