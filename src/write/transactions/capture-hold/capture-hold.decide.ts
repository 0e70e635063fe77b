import { limits } from '../../../config/limits.js';
import { assert } from '../../../kernel/assert.js';
import { refused, success, type Result } from '../../../kernel/result.js';
import {
  accountCurrencyRule,
  balanceRule,
  currencyRule,
  effectiveTimeRule,
  findAccounts,
  statusRule,
  type FoundLeg,
} from '../../posting/ladder.decide.js';
import type { PlannedLeg } from '../../posting/legs.js';
import type { Rival } from '../../posting/road.js';
import type { Guard, Plan, RoadFacts } from '../../posting/road.js';
import { refusal, type Refusal } from '../../refusals.js';
import type { ReservedPart } from '../events.js';
import { capturesRule, endedRule, isTouched, visibleHold } from '../hold-rules.js';
import { toRequestedLegs, type RequestedLeg } from '../requested-legs.js';
import { attemptKey } from '../attempt-key.js';
import { left, type HeldFunds, type HoldState } from '../hold-state.js';
import type { CaptureHoldRequest } from './capture-hold.command.js';

/** Names the capture that is decided. */
export interface CaptureFacts {
  readonly holdId: string;
  readonly captureId: string;
}

/** Moves funds that were held: all of them, part of them, several times. Never more than is left. */
export function decideCapture(
  request: CaptureHoldRequest,
  { holdId, captureId }: CaptureFacts,
  facts: RoadFacts,
): Result<Plan, Refusal> {
  const { nowMs, companyId } = facts;
  const effectiveAtMs = request.effectiveAt === null ? null : Date.parse(request.effectiveAt);
  const early = effectiveTimeRule(effectiveAtMs, nowMs);
  if (early) return refused(early);
  const hold = visibleHold(facts.parent, companyId);
  if (!hold) return refused(refusal('hold-must-exist', null, { holdId }));
  const unfit = endedRule(hold, nowMs) ?? capturesRule(hold, captureId);
  if (unfit) return refused(unfit);
  if (request.legs === null && (isTouchedByOthers(hold, captureId) || !isBalanced(hold))) {
    return refused(refusal('capture-must-name-legs', '/legs', { holdId }));
  }
  const legs = toRequestedLegs(request.legs ?? hold.legs);
  const unbalanced = currencyRule(legs) ?? balanceRule(legs, '/legs');
  if (unbalanced) return refused(unbalanced);
  const found = findAccounts(legs, facts);
  if (!found.ok) return found;
  const why = accountCurrencyRule(found.value) ?? statusRule(found.value.filter(({ lowers }) => !lowers));
  if (why) return refused(why);
  const taken = takeFromHold(found.value, freeFunds(hold, captureId));
  if (!taken.ok) return taken;
  const final = request.final || request.legs === null;
  return success({
    legs: taken.value.legs,
    outcome: { kind: 'post', effectiveAtMs: effectiveAtMs ?? nowMs },
    guard: captureGuard(captureId, found.value, request.legs === null, final),
  });
}

/** The accounts a capture needs to see. */
export function captureAccountIds(legs: readonly RequestedLeg[] | null, hold: HoldState | null): string[] {
  return (legs ?? hold?.legs ?? []).map(({ accountId }) => accountId);
}

/** Takes each lowering leg from the hold's reservations on its account, the oldest first; a leg may span several. */
function takeFromHold(
  legs: readonly FoundLeg[],
  free: readonly HeldFunds[],
): Result<{ readonly legs: readonly PlannedLeg[]; readonly parts: readonly ReservedPart[] }, Refusal> {
  const rest = new Map(free.map((funds) => [funds.reservationId, left(funds)]));
  const planned: PlannedLeg[] = [];
  const parts: ReservedPart[] = [];
  for (const leg of legs) {
    if (!leg.lowers) {
      planned.push({ ...leg, checked: false, held: null, afterRevision: leg.revision });
      continue;
    }
    const onAccount = free.filter(({ accountId }) => accountId === leg.accountId);
    const { accountId, pointers, currency } = leg;
    if (onAccount.length === 0) {
      return refused(refusal('leg-must-be-held', pointers.account, { accountId }));
    }
    let wanted = leg.amount;
    for (const { reservationId, afterRevision } of onAccount) {
      const available = rest.get(reservationId) ?? 0n;
      const amount = available < wanted ? available : wanted;
      if (amount === 0n) continue;
      rest.set(reservationId, available - amount);
      wanted -= amount;
      const held = { reservationId, afterRevision };
      planned.push({ ...leg, amount, checked: false, held, afterRevision: leg.revision });
      parts.push({ accountId, reservationId, afterRevision, amount: amount.toString() });
    }
    if (wanted > 0n) {
      const details = {
        accountId,
        required: leg.amount.toString(),
        held: (leg.amount - wanted).toString(),
        currency,
      };
      return refused(refusal('capture-exceeds-held', pointers.amount, details));
    }
  }
  assert(
    planned.length <= limits.postedLegsMax,
    'A leg beyond those of the request uses up a reservation of the hold.',
  );
  return success({ legs: planned, parts: mergeParts(parts) });
}

/** Two legs of one capture may take from the same reservation; the claim on the hold names it once. */
function mergeParts(parts: readonly ReservedPart[]): readonly ReservedPart[] {
  const merged = new Map<string, ReservedPart>();
  for (const part of parts) {
    const before = BigInt(merged.get(part.reservationId)?.amount ?? '0');
    merged.set(part.reservationId, { ...part, amount: (before + BigInt(part.amount)).toString() });
  }
  return [...merged.values()];
}

/** The hold's funds as they are for this capture: what its own earlier attempts claim counts as free. */
function freeFunds(hold: HoldState, captureId: string): readonly HeldFunds[] {
  const own = ownParts(hold, captureId);
  return [...hold.funds.values()].map((funds) => {
    const claimed = own
      .filter(({ reservationId }) => reservationId === funds.reservationId)
      .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    return { ...funds, inFlight: funds.inFlight - claimed };
  });
}

function ownClaims(
  hold: HoldState,
  captureId: string,
): { attemptId: string; parts: readonly ReservedPart[] }[] {
  return [...hold.captures].flatMap(([key, { attemptId, parts }]) =>
    key === attemptKey(captureId, attemptId) ? [{ attemptId, parts }] : [],
  );
}

function ownParts(hold: HoldState, captureId: string): ReservedPart[] {
  return ownClaims(hold, captureId).flatMap(({ parts }) => parts);
}

function isTouchedByOthers(hold: HoldState, captureId: string): boolean {
  const free = freeFunds(hold, captureId);
  return isTouched({ ...hold, funds: new Map(free.map((funds) => [funds.reservationId, funds])) });
}

function isBalanced(hold: HoldState): boolean {
  return hold.increasedBy.length === 0 && balanceRule(toRequestedLegs(hold.legs), '/legs') === undefined;
}

/**
 * Claims the parts on the hold's stream. Which reservations they are of is only chosen there: of many captures at once each
 * takes what the others left, so none is sent away while enough is held.
 */
function captureGuard(captureId: string, legs: readonly FoundLeg[], isWhole: boolean, final: boolean): Guard {
  return (parent, { attemptId, now }) => {
    const { hold } = parent;
    assert(hold, 'A capture was planned on a hold.');
    const ended = endedRule(hold, Date.parse(now));
    if (ended) return refused(ended);
    const rivals = rivalsOf(hold, captureId);
    // Whole is what it was when it was planned.
    if (isWhole && (isTouched(hold) || !isBalanced(hold))) return { rivals };
    const full = capturesRule(hold, null);
    const taken = full ? refused(full) : takeFromHold(legs, [...hold.funds.values()]);
    if (!taken.ok) return rivals.length > 0 ? { rivals } : taken;
    const { transactionId } = hold.authorized.data;
    const { parts } = taken.value;
    const data = { transactionId, captureId, attemptId, parts, final, at: now };
    return success({ events: [{ type: 'CaptureReserved', data }], legs: taken.value.legs });
  };
}

function rivalsOf(hold: HoldState, captureId: string): Rival[] {
  const parent = { relation: 'capture', transactionId: hold.authorized.data.transactionId } as const;
  return ownClaims(hold, captureId).map(({ attemptId }) => ({ attemptId, holds: { kind: 'claim', parent } }));
}
