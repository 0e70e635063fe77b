import { assert, assertNever } from '../../kernel/assert.js';
import { attemptKey } from './attempt-key.js';
import type { TransactionEvent, TransactionPosted, TransactionRejected } from './events.js';
import { authorizedHold, evolveHold, type HoldState } from './hold-state.js';

/** A reversal between its reservation on the original and its end. */
export interface ReversalUnderWay {
  readonly attemptId: string;
  readonly parts: readonly { readonly leg: number; readonly amount: bigint }[];
}

/** What a posted transaction's stream says beyond its commit. */
export interface PostedState {
  readonly posted: TransactionPosted;
  /** Per leg, what reversals took back or are taking back. Minor units. */
  readonly reversed: readonly bigint[];
  readonly reversals: ReadonlyMap<string, ReversalUnderWay>;
  /** Reversals that were posted, in order. */
  readonly reversedBy: readonly string[];
}

/** One transaction, folded from its stream. */
export interface TransactionState {
  readonly abandoned: ReadonlySet<string>;
  readonly rejected: TransactionRejected | null;
  readonly posted: PostedState | null;
  readonly hold: HoldState | null;
}

const NOTHING: TransactionState = { abandoned: new Set(), rejected: null, posted: null, hold: null };

/**
 * Folds one event into the transaction. Pure: the same events give the same state, anywhere and at any time.
 *
 * @param state null before the first event
 */
export function evolveTransaction(state: TransactionState | null, event: TransactionEvent): TransactionState {
  const before = state ?? NOTHING;
  switch (event.type) {
    case 'AttemptAbandoned':
      return { ...before, abandoned: new Set(before.abandoned).add(event.data.attemptId) };
    case 'TransactionRejected':
      return { ...before, rejected: event };
    case 'TransactionPosted':
      return {
        ...before,
        posted: {
          posted: event,
          reversed: event.data.legs.map(() => 0n),
          reversals: new Map(),
          reversedBy: [],
        },
      };
    case 'TransactionAuthorized':
      return { ...before, hold: authorizedHold(event) };
    case 'HoldCommandAccepted':
      return before;
    case 'ReversalReserved':
    case 'ReversalReleased':
    case 'TransactionReversed':
      assert(before.posted, `${event.type} follows a posted transaction.`);
      return { ...before, posted: evolveReversals(before.posted, event) };
    case 'CaptureReserved':
    case 'CaptureReleased':
    case 'HoldCaptured':
    case 'IncreaseReserved':
    case 'IncreaseReleased':
    case 'HoldIncreased':
    case 'HoldExtended':
    case 'HoldVoided':
    case 'HoldExpired':
      assert(before.hold, `${event.type} follows an authorized hold.`);
      return { ...before, hold: evolveHold(before.hold, event) };
    default:
      return assertNever(event, 'A transaction event');
  }
}

type ReversalEvent = Extract<
  TransactionEvent,
  { type: 'ReversalReserved' | 'ReversalReleased' | 'TransactionReversed' }
>;

function evolveReversals(state: PostedState, event: ReversalEvent): PostedState {
  const { reversalId, attemptId } = event.data;
  const key = attemptKey(reversalId, attemptId);
  const reversals = new Map(state.reversals);
  if (event.type === 'ReversalReserved') {
    const parts = event.data.parts.map(({ leg, amount }) => ({ leg, amount: BigInt(amount) }));
    reversals.set(key, { attemptId, parts });
    return { ...state, reversals, reversed: shift(state, parts, 1n) };
  }
  const underWay = reversals.get(key);
  assert(underWay, `Reversal ${key} is under way.`);
  reversals.delete(key);
  return event.type === 'ReversalReleased'
    ? { ...state, reversals, reversed: shift(state, underWay.parts, -1n) }
    : { ...state, reversals, reversedBy: [...state.reversedBy, reversalId] };
}

function shift(state: PostedState, parts: ReversalUnderWay['parts'], sign: 1n | -1n): readonly bigint[] {
  const reversed = [...state.reversed];
  for (const { leg, amount } of parts) {
    const posted = state.posted.data.legs[leg];
    const after = (reversed[leg] ?? 0n) + sign * amount;
    assert(
      posted && after >= 0n && after <= BigInt(posted.amount),
      `Leg ${leg} is reversed no further than posted.`,
    );
    reversed[leg] = after;
  }
  return reversed;
}
