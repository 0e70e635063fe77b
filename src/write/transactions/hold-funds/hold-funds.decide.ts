import { limits } from '../../../config/limits.js';
import { toInstant } from '../../../kernel/clock.js';
import { refused, success, type Result } from '../../../kernel/result.js';
import type { Plan, RoadFacts } from '../../posting/road.js';
import type { Refusal } from '../../refusals.js';
import { decideHeldLegs } from '../held-legs.decide.js';
import { expiryRule } from '../hold-rules.js';
import type { HoldFundsRequest } from './hold-funds.command.js';

/**
 * Sets funds aside without moving them. Every leg that lowers a balance is reserved, whether its account has a floor or not;
 * legs that raise one only say where a capture may take the funds.
 */
export function decideHold(request: HoldFundsRequest, facts: RoadFacts): Result<Plan, Refusal> {
  const expiresAtMs =
    request.expiresAt === null ? facts.nowMs + limits.holdDurationMsDefault : Date.parse(request.expiresAt);
  const why = expiryRule(expiresAtMs, facts.nowMs);
  if (why) return refused(why);
  const legs = decideHeldLegs(request.legs, facts);
  if (!legs.ok) return legs;
  const expiresAt = toInstant(expiresAtMs);
  return success({ legs: legs.value, outcome: { kind: 'authorize', expiresAt }, guard: null });
}
