import { refused, success, type Result } from '../../../kernel/result.js';
import type { Plan, RoadFacts } from '../../posting/road.js';
import { refusal, type Refusal } from '../../refusals.js';
import { decideHeldLegs } from '../held-legs.decide.js';
import { endedRule, visibleHold } from '../hold-rules.js';
import type { IncreaseHoldRequest } from './increase-hold.command.js';

/** Sets more funds aside for a hold that has not ended. Should it end meanwhile, they are given back at once. */
export function decideIncrease(
  request: IncreaseHoldRequest,
  holdId: string,
  facts: RoadFacts,
): Result<Plan, Refusal> {
  const hold = visibleHold(facts.parent, facts.companyId);
  if (!hold) return refused(refusal('hold-must-exist', null, { holdId }));
  const ended = endedRule(hold, facts.nowMs);
  if (ended) return refused(ended);
  const legs = decideHeldLegs(request.legs, facts);
  return legs.ok
    ? success({ legs: legs.value, outcome: { kind: 'authorize', expiresAt: null }, guard: null })
    : legs;
}
