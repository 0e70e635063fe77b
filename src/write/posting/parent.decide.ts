import { assert, assertNever } from '../../kernel/assert.js';
import type {
  Parent,
  ReleasedPart,
  ReservedPart,
  TransactionAuthorized,
  TransactionEvent,
  TransactionPosted,
} from '../transactions/events.js';
import { attemptKey } from '../transactions/attempt-key.js';
import { left, type HoldState } from '../transactions/hold-state.js';
import type { TransactionState } from '../transactions/state.js';
import type { AttemptName } from './road.js';

/**
 * What a committed transaction writes on its parent's stream: that it captured, increased or reversed. Owed.
 *
 * @returns none when it stands there already
 */
export function decideConclude(
  parent: TransactionState,
  { data }: TransactionPosted | TransactionAuthorized,
  now: string,
): readonly TransactionEvent[] {
  assert(data.parent, 'Only a transaction with a parent concludes on one.');
  const { transactionId: childId, attemptId, legs } = data;
  const facts = { transactionId: data.parent.transactionId, attemptId, at: now };
  const key = attemptKey(childId, attemptId);
  switch (data.parent.relation) {
    case 'capture': {
      const hold = holdOf(parent);
      const capture = hold.captures.get(key);
      if (!capture) return [];
      const released = capture.final && hold.status === 'authorized' ? restOf(hold, childId) : [];
      return [{ type: 'HoldCaptured', data: { ...facts, captureId: childId, released } }];
    }
    case 'increase': {
      const hold = holdOf(parent);
      if (hold.increasedBy.includes(childId)) return [];
      const parts = legs.flatMap(({ accountId, reservationId, amount, afterRevision }) =>
        reservationId === null ? [] : [{ accountId, reservationId, amount, afterRevision }],
      );
      // The hold ended while the increase was on its way: what it set aside is given back at once.
      const released = hold.status === 'authorized' ? [] : givenBack(parts, childId);
      return [{ type: 'HoldIncreased', data: { ...facts, increaseId: childId, legs, released } }];
    }
    case 'reversal':
      return parent.posted?.reversals.has(key)
        ? [{ type: 'TransactionReversed', data: { ...facts, reversalId: childId } }]
        : [];
    default:
      return assertNever(data.parent.relation, 'A relation');
  }
}

/**
 * What an attempt that did not commit writes on its parent's stream: that it takes nothing after all.
 *
 * @returns none when it has reserved nothing there, or that was released already
 */
export function decideGuardRelease(
  parent: TransactionState,
  { relation, transactionId }: Parent,
  child: AttemptName,
): readonly TransactionEvent[] {
  const key = attemptKey(child.transactionId, child.attemptId);
  const facts = { transactionId, attemptId: child.attemptId, at: child.now };
  if (relation === 'reversal') {
    return parent.posted?.reversals.has(key)
      ? [{ type: 'ReversalReleased', data: { ...facts, reversalId: child.transactionId } }]
      : [];
  }
  const hold = parent.hold;
  if (relation === 'increase') {
    return hold?.increases.has(key)
      ? [{ type: 'IncreaseReleased', data: { ...facts, increaseId: child.transactionId } }]
      : [];
  }
  const capture = hold?.captures.get(key);
  if (!hold || !capture) return [];
  // A hold that ended meanwhile left this capture its part; now nobody wants it.
  const released = hold.status === 'authorized' ? [] : givenBack(capture.parts, child.attemptId);
  return [{ type: 'CaptureReleased', data: { ...facts, captureId: child.transactionId, released } }];
}

/** Everything no capture took or is taking, to be given back because of one cause. */
export function restOf(hold: HoldState, releaseId: string): readonly ReleasedPart[] {
  const rest: ReservedPart[] = [];
  for (const funds of hold.funds.values()) {
    const { accountId, reservationId, afterRevision } = funds;
    const amount = left(funds);
    if (amount > 0n) rest.push({ accountId, reservationId, afterRevision, amount: amount.toString() });
  }
  return givenBack(rest, releaseId);
}

function givenBack(parts: readonly ReservedPart[], releaseId: string): readonly ReleasedPart[] {
  return parts.map((part) => ({ ...part, releaseId }));
}

function holdOf(parent: TransactionState): HoldState {
  assert(parent.hold, 'The parent of a capture or increase is a hold.');
  return parent.hold;
}
