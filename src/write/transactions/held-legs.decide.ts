import { refused, success, type Result } from '../../kernel/result.js';
import {
  accountCurrencyRule,
  balanceRule,
  currencyRule,
  findAccounts,
  statusRule,
  type FoundLeg,
} from '../posting/ladder.decide.js';
import type { PlannedLeg } from '../posting/legs.js';
import type { RoadFacts } from '../posting/road.js';
import { refusal, type Refusal } from '../refusals.js';
import { toRequestedLegs, type RequestedLeg } from './requested-legs.js';

/** The ladder of legs that are to be held. */
export function decideHeldLegs(
  requested: readonly RequestedLeg[],
  facts: RoadFacts,
): Result<readonly PlannedLeg[], Refusal> {
  const legs = toRequestedLegs(requested);
  const unknown = currencyRule(legs);
  if (unknown) return refused(unknown);
  const found = findAccounts(legs, facts);
  if (!found.ok) return found;
  const isOneSided = found.value.every(({ lowers }) => lowers);
  const why =
    (isOneSided ? undefined : balanceRule(legs, '/legs')) ??
    accountCurrencyRule(found.value) ??
    (found.value.some(({ lowers }) => lowers) ? undefined : refusal('hold-must-reserve', '/legs')) ??
    statusRule(found.value);
  return why ? refused(why) : success(found.value.map(toHeldLeg));
}

function toHeldLeg(leg: FoundLeg): PlannedLeg {
  return { ...leg, checked: leg.lowers, held: null, afterRevision: leg.revision };
}
