import { assert } from '../../../kernel/assert.js';
import { refused, success, type Result } from '../../../kernel/result.js';
import type { Guard, Plan, Rival, RoadFacts } from '../../posting/road.js';
import { refusal, type Refusal } from '../../refusals.js';
import { decideHeldLegs } from '../held-legs.decide.js';
import { endedRule, legsRule, visibleHold } from '../hold-rules.js';
import { attemptKey } from '../attempt-key.js';
import type { HoldState } from '../hold-state.js';
import type { IncreaseHoldRequest } from './increase-hold.command.js';

/** Names the increase that is decided. */
export interface IncreaseFacts {
  readonly holdId: string;
  readonly increaseId: string;
}

/** Sets more funds aside for a hold that has not ended. Should it end meanwhile, they are given back at once. */
export function decideIncrease(
  request: IncreaseHoldRequest,
  { holdId, increaseId }: IncreaseFacts,
  facts: RoadFacts,
): Result<Plan, Refusal> {
  const hold = visibleHold(facts.parent, facts.companyId);
  if (!hold) return refused(refusal('hold-must-exist', null, { holdId }));
  const why = endedRule(hold, facts.nowMs) ?? legsRule(hold, request.legs.length, increaseId);
  if (why) return refused(why);
  const legs = decideHeldLegs(request.legs, facts);
  if (!legs.ok) return legs;
  const guard = increaseGuard(increaseId, request.legs.length);
  return success({ legs: legs.value, outcome: { kind: 'authorize', expiresAt: null }, guard });
}

/** Claims the room of the legs on the hold's stream, so that many increases at once never make it too large to end. */
function increaseGuard(increaseId: string, legCount: number): Guard {
  return (parent, { attemptId, now }) => {
    const { hold } = parent;
    assert(hold, 'An increase was planned on a hold.');
    const ended = endedRule(hold, Date.parse(now));
    if (ended) return refused(ended);
    const full = legsRule(hold, legCount, null);
    if (full) {
      const rivals = rivalsOf(hold, increaseId);
      return rivals.length > 0 ? { rivals } : refused(full);
    }
    const { transactionId } = hold.authorized.data;
    const data = { transactionId, increaseId, attemptId, legCount, at: now };
    return success({ events: [{ type: 'IncreaseReserved', data }], legs: null });
  };
}

function rivalsOf(hold: HoldState, increaseId: string): Rival[] {
  const parent = { relation: 'increase', transactionId: hold.authorized.data.transactionId } as const;
  return [...hold.increases].flatMap(([key, { attemptId }]) =>
    key === attemptKey(increaseId, attemptId) ? [{ attemptId, holds: { kind: 'claim', parent } }] : [],
  );
}
