import type { TransactionEvent } from '../../../src/write/transactions/events.js';
import { positive } from './audited-accounts.js';
import { AuditedHold } from './audited-hold.js';
import { must } from './violation.js';

export type Of<Type extends TransactionEvent['type']> = Extract<TransactionEvent, { type: Type }>['data'];

export type AuditedOutcome =
  | { readonly kind: 'posted'; readonly data: Of<'TransactionPosted'> }
  | { readonly kind: 'authorized'; readonly data: Of<'TransactionAuthorized'> }
  | { readonly kind: 'rejected'; readonly data: Of<'TransactionRejected'> }
  /** The key stands for a command that changes a hold. */
  | { readonly kind: 'claimed'; readonly data: Of<'HoldCommandAccepted'> };

type ReversedParts = Of<'ReversalReserved'>['parts'];

/** One transaction, counted from its stream and its entries. */
export class AuditedTransaction {
  outcome: AuditedOutcome | null = null;
  hold: AuditedHold | null = null;
  readonly abandoned = new Set<string>();
  /** The legs that have their entry. */
  readonly entries = new Set<number>();
  /** Its parent's stream says that it captured, increased or reversed. */
  isConcluded = false;
  readonly reversalClaims = new Map<string, ReversedParts>();
  /** Per leg, what reversals took back or are taking back. */
  private readonly reversed: bigint[] = [];

  constructor(readonly transactionId: string) {}

  abandon(attemptId: string): void {
    must(this.outcome === null, 'one-key-one-outcome', () => `${this.name} is abandoned after its outcome`);
    must(!this.abandoned.has(attemptId), 'one-key-one-outcome', () => `${attemptId} is abandoned twice`);
    this.abandoned.add(attemptId);
  }

  conclude(outcome: AuditedOutcome): void {
    must(this.outcome === null, 'one-key-one-outcome', () => `${this.name} has a second outcome`);
    const { data } = outcome;
    const named = outcome.kind === 'claimed' ? outcome.data.commandId : outcome.data.transactionId;
    must(
      named === this.transactionId,
      'one-key-one-outcome',
      () => `${this.name} has the outcome of ${named}`,
    );
    const isFenced = 'attemptId' in data && this.abandoned.has(data.attemptId);
    must(!isFenced, 'one-key-one-outcome', () => `${this.name} has the outcome of an abandoned attempt`);
    this.outcome = outcome;
    if (outcome.kind === 'authorized' && outcome.data.parent === null) {
      this.hold = new AuditedHold(this.transactionId, outcome.data);
    }
  }

  /** Whether this attempt's reservations are committed. */
  isCommittedBy(attemptId: string): boolean {
    const { outcome } = this;
    return (
      (outcome?.kind === 'posted' || outcome?.kind === 'authorized') && outcome.data.attemptId === attemptId
    );
  }

  claimReversal({ reversalId, attemptId, parts }: Of<'ReversalReserved'>): void {
    const { outcome } = this;
    must(outcome?.kind === 'posted', 'statuses-bind', () => `${this.name} is reversed but not posted`);
    const key = `${reversalId}/${attemptId}`;
    must(!this.reversalClaims.has(key), 'reversals-are-not-exceeded', () => `${this.name} is claimed twice`);
    this.reversalClaims.set(key, parts);
    for (const { leg, amount } of parts) {
      const posted = outcome.data.legs[leg];
      must(posted, 'reversals-are-not-exceeded', () => `${this.name} has no leg ${leg}`);
      const reversed = (this.reversed[leg] ?? 0n) + positive(amount);
      must(
        reversed <= BigInt(posted.amount),
        'reversals-are-not-exceeded',
        () => `${reversed} of ${posted.amount} of leg ${leg} of ${this.name} are taken back`,
      );
      this.reversed[leg] = reversed;
    }
  }

  /** @param isTaken whether what it claimed was taken back, or is free again */
  endReversal(
    { reversalId, attemptId }: { readonly reversalId: string; readonly attemptId: string },
    isTaken: boolean,
  ): void {
    const key = `${reversalId}/${attemptId}`;
    const parts = this.reversalClaims.get(key);
    must(parts, 'reversals-are-not-exceeded', () => `${this.name} was not claimed by ${key}`);
    this.reversalClaims.delete(key);
    if (isTaken) return;
    for (const { leg, amount } of parts) this.reversed[leg] = (this.reversed[leg] ?? 0n) - BigInt(amount);
  }

  /** What is still owed of it, in words; empty when it is settled. */
  owes(): string[] {
    const { outcome } = this;
    if (outcome?.kind !== 'posted' && outcome?.kind !== 'authorized') return [];
    const owed: string[] = [];
    if (outcome.kind === 'posted') {
      outcome.data.legs.forEach((_leg, index) => {
        if (!this.entries.has(index)) owed.push(`the entry of leg ${index} of ${this.name}`);
      });
    }
    if (outcome.data.parent && !this.isConcluded) owed.push(`the conclusion of ${this.name} on its parent`);
    return owed;
  }

  get name(): string {
    return `transaction ${this.transactionId}`;
  }
}
