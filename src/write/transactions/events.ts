import type { Instant } from '../../kernel/clock.js';
import type { Direction } from '../../kernel/money.js';
import type { HoldView } from './hold-view.js';

/** The life of one transaction: the events of stream `transaction-{transactionId}`, as they are stored. */
export type TransactionEvent =
  | TransactionPosted
  | TransactionAuthorized
  | TransactionRejected
  | AttemptAbandoned
  | HoldCommandAccepted
  | CaptureReserved
  | CaptureReleased
  | HoldCaptured
  | IncreaseReserved
  | IncreaseReleased
  | HoldIncreased
  | HoldExtended
  | HoldVoided
  | HoldExpired
  | ReversalReserved
  | ReversalReleased
  | TransactionReversed;

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

/** The transaction whose stream guards what this one takes from it: a capture's or increase's hold, a reversal's original. */
export interface Parent {
  readonly relation: 'capture' | 'increase' | 'reversal';
  readonly transactionId: string;
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
    /** Null on a transaction that stands alone. */
    readonly parent: Parent | null;
    readonly idempotencyKey: string;
    readonly requestHash: string;
    /** The request as it was sent, so that a reused key can be told which fields differ. */
    readonly request: object;
  };
}

/** One leg of a hold. A leg that lowers its account's balance has its funds reserved; another only says where they may go. */
export interface HeldLeg {
  readonly accountId: string;
  readonly direction: Direction;
  /** Minor units as digits, greater than zero. */
  readonly amount: string;
  readonly currency: string;
  /** Null on a leg that raises its account's balance. */
  readonly reservationId: string | null;
  readonly afterRevision: string;
}

/** The commit point of a hold, or of an increase of one: money is set aside, none has moved. */
export interface TransactionAuthorized {
  readonly type: 'TransactionAuthorized';
  readonly data: {
    readonly transactionId: string;
    readonly companyId: string;
    readonly attemptId: string;
    readonly kind: string;
    readonly description: string | null;
    readonly reference: string | null;
    readonly metadata: Readonly<Record<string, string>>;
    readonly recordedAt: Instant;
    /** Null on an increase: it lives as long as its hold. */
    readonly expiresAt: Instant | null;
    readonly legs: readonly HeldLeg[];
    readonly parent: Parent | null;
    readonly idempotencyKey: string;
    readonly requestHash: string;
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

/** Part of one reservation: what a capture takes of it, or what is given back of it. */
export interface ReservedPart {
  readonly accountId: string;
  readonly reservationId: string;
  /** Minor units as digits, greater than zero. */
  readonly amount: string;
  /** The account's revision at which the reservation was made. */
  readonly afterRevision: string;
}

/** Funds of a hold that are given back; owed on the account from then on. */
export interface ReleasedPart extends ReservedPart {
  /** Names the giving back, once per reservation. */
  readonly releaseId: string;
}

/**
 * The claim of one key on a command that changes a hold without moving money (void, extend): the first event of the command's
 * own transaction stream. The hold's event can only stand after `afterRevision` of the hold's stream.
 */
export interface HoldCommandAccepted {
  readonly type: 'HoldCommandAccepted';
  readonly data: {
    readonly commandId: string;
    readonly holdId: string;
    readonly companyId: string;
    readonly idempotencyKey: string;
    readonly requestHash: string;
    readonly request: object;
    readonly afterRevision: string;
    readonly at: Instant;
  };
}

/** On the hold's stream: a capture that is under way takes these parts, and no other can. */
export interface CaptureReserved {
  readonly type: 'CaptureReserved';
  readonly data: {
    readonly transactionId: string;
    /** The transaction that captures. */
    readonly captureId: string;
    readonly attemptId: string;
    readonly parts: readonly ReservedPart[];
    /** Whether the rest is released once it is captured. */
    readonly final: boolean;
    readonly at: Instant;
  };
}

/** The capture did not come about. `released` is what a hold that ended meanwhile gives back because of it. */
export interface CaptureReleased {
  readonly type: 'CaptureReleased';
  readonly data: {
    readonly transactionId: string;
    readonly captureId: string;
    readonly attemptId: string;
    readonly released: readonly ReleasedPart[];
    readonly at: Instant;
  };
}

/** The capture was posted. `released` is the rest, when nothing more will be captured. */
export interface HoldCaptured {
  readonly type: 'HoldCaptured';
  readonly data: {
    readonly transactionId: string;
    readonly captureId: string;
    readonly attemptId: string;
    readonly released: readonly ReleasedPart[];
    readonly at: Instant;
  };
}

/** On the hold's stream: an increase that is under way takes the room of so many legs, and no other can. */
export interface IncreaseReserved {
  readonly type: 'IncreaseReserved';
  readonly data: {
    readonly transactionId: string;
    /** The transaction that increases. */
    readonly increaseId: string;
    readonly attemptId: string;
    readonly legCount: number;
    readonly at: Instant;
  };
}

/** The increase did not come about. */
export interface IncreaseReleased {
  readonly type: 'IncreaseReleased';
  readonly data: {
    readonly transactionId: string;
    readonly increaseId: string;
    readonly attemptId: string;
    readonly at: Instant;
  };
}

/** More funds are held. On a hold that ended meanwhile they are given back at once. */
export interface HoldIncreased {
  readonly type: 'HoldIncreased';
  readonly data: {
    readonly transactionId: string;
    readonly increaseId: string;
    readonly attemptId: string;
    readonly legs: readonly HeldLeg[];
    readonly released: readonly ReleasedPart[];
    readonly at: Instant;
  };
}

/** A change of a hold by a command that moves no money. */
interface ByHoldCommand {
  readonly transactionId: string;
  readonly commandId: string;
  readonly at: Instant;
  /** The frozen answer. */
  readonly answer: HoldView;
}

export interface HoldExtended {
  readonly type: 'HoldExtended';
  readonly data: ByHoldCommand & { readonly expiresAt: Instant };
}

export interface HoldVoided {
  readonly type: 'HoldVoided';
  readonly data: ByHoldCommand & {
    readonly reason: string | null;
    readonly released: readonly ReleasedPart[];
  };
}

export interface HoldExpired {
  readonly type: 'HoldExpired';
  readonly data: {
    readonly transactionId: string;
    readonly released: readonly ReleasedPart[];
    readonly at: Instant;
  };
}

/** What a reversal takes back of one leg. */
export interface ReversedPart {
  /** 0-based index into the original's legs. */
  readonly leg: number;
  readonly amount: string;
}

/** On the original's stream: a reversal that is under way takes these amounts, and no other can. */
export interface ReversalReserved {
  readonly type: 'ReversalReserved';
  readonly data: {
    readonly transactionId: string;
    /** The transaction that reverses. */
    readonly reversalId: string;
    readonly attemptId: string;
    readonly parts: readonly ReversedPart[];
    readonly at: Instant;
  };
}

export interface ReversalReleased {
  readonly type: 'ReversalReleased';
  readonly data: {
    readonly transactionId: string;
    readonly reversalId: string;
    readonly attemptId: string;
    readonly at: Instant;
  };
}

export interface TransactionReversed {
  readonly type: 'TransactionReversed';
  readonly data: {
    readonly transactionId: string;
    readonly reversalId: string;
    readonly attemptId: string;
    readonly at: Instant;
  };
}

export const TRANSACTION_STREAM_PREFIX = 'transaction-';

/** The stream of one transaction. */
export function transactionStream(transactionId: string): string {
  return `${TRANSACTION_STREAM_PREFIX}${transactionId}`;
}
