import { limits } from '../../config/limits.js';
import { refusal, type Refusal } from '../refusals.js';
import { attemptKey } from './attempt-key.js';
import { left, type HoldState } from './hold-state.js';
import type { TransactionState } from './state.js';

/** The company's hold, or why there is none. */
export function visibleHold(parent: TransactionState | null, companyId: string): HoldState | null {
  const hold = parent?.hold ?? null;
  // An increase is authorized like a hold but is part of one.
  const own = hold?.authorized.data.parent === null && hold.authorized.data.companyId === companyId;
  return own ? hold : null;
}

/** Why nothing can be done with a hold any more; each end has its own code. */
export function endedRule(hold: HoldState, nowMs: number): Refusal | undefined {
  const { transactionId: holdId } = hold.authorized.data;
  switch (hold.status) {
    case 'captured':
      return refusal('hold-is-already-captured', null, { holdId });
    case 'voided':
      return refusal('hold-is-already-voided', null, { holdId });
    case 'expired':
      return expired(hold);
    case 'authorized':
      // Its time is over whether or not a settler has recorded that yet.
      return nowMs >= Date.parse(hold.expiresAt) ? expired(hold) : undefined;
  }
}

function expired(hold: HoldState): Refusal {
  return refusal('hold-is-expired', null, {
    holdId: hold.authorized.data.transactionId,
    expiresAt: hold.expiresAt,
  });
}

/**
 * Whether a hold has room for so many more legs: its ends list every one of them in one event.
 *
 * @param increaseId what this increase's own earlier attempts claim counts as free
 */
export function legsRule(hold: HoldState, legCount: number, increaseId: string | null): Refusal | undefined {
  let taken = hold.legs.length;
  for (const [key, increase] of hold.increases) {
    if (increaseId === null || key !== attemptKey(increaseId, increase.attemptId)) taken += increase.legCount;
  }
  if (taken + legCount <= limits.holdLegsMax) return undefined;
  return refusal('hold-has-too-many-legs', '/legs', {
    holdId: hold.authorized.data.transactionId,
    legs: taken.toString(),
    legsMax: limits.holdLegsMax.toString(),
  });
}

/**
 * Whether a hold may be captured once more: its answers list every capture.
 *
 * @param captureId what this capture's own earlier attempts claim counts as free
 */
export function capturesRule(hold: HoldState, captureId: string | null): Refusal | undefined {
  let taken = hold.capturedBy.length;
  for (const [key, { attemptId }] of hold.captures) {
    if (captureId === null || key !== attemptKey(captureId, attemptId)) taken += 1;
  }
  if (taken < limits.holdCapturesMax) return undefined;
  return refusal('hold-has-too-many-captures', null, {
    holdId: hold.authorized.data.transactionId,
    capturesMax: limits.holdCapturesMax.toString(),
  });
}

/** When a hold ends: ahead of now, but not for ever. */
export function expiryRule(expiresAtMs: number, nowMs: number): Refusal | undefined {
  if (expiresAtMs <= nowMs) return refusal('expiry-must-be-ahead', '/expiresAt');
  if (expiresAtMs > nowMs + limits.holdDurationMsMax) {
    const daysMax = (limits.holdDurationMsMax / 86_400_000).toString();
    return refusal('expiry-too-far-ahead', '/expiresAt', { daysMax });
  }
  return undefined;
}

/** Whether any of the hold was captured or is being captured. */
export function isTouched(hold: HoldState): boolean {
  return [...hold.funds.values()].some((funds) => left(funds) !== funds.held);
}
