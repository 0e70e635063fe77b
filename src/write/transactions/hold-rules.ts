import { limits } from '../../config/limits.js';
import { refusal, type Refusal } from '../refusals.js';
import { left, type HoldState, type TransactionState } from './state.js';

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
