import { refused, success, type Result } from '../../kernel/result.js';
import { refusal, type Refusal } from '../refusals.js';
import {
  accountCurrencyRule,
  balanceRule,
  currencyRule,
  effectiveTimeRule,
  findAccounts,
  statusRule,
  type FoundLeg,
} from './ladder.decide.js';
import type { PlannedLeg, PostingFacts, RequestedPosting, RequestedPostingLeg } from './legs.js';

/**
 * The refusal ladder of everything that moves money. One rule a step, each asked of every leg before the next rule is;
 * the order is part of the API (docs/reference/errors.md). Funds are asked last, by the reservation itself.
 */
export function decidePlan(
  { legs, legsPointer, accountsMustDiffer, effectiveAtMs }: RequestedPosting,
  facts: PostingFacts,
): Result<readonly PlannedLeg[], Refusal> {
  const malformed =
    effectiveTimeRule(effectiveAtMs, facts.nowMs) ??
    currencyRule(legs) ??
    (accountsMustDiffer ? differentAccountsRule(legs) : undefined) ??
    balanceRule(legs, legsPointer);
  if (malformed) return refused(malformed);
  const found = findAccounts(legs, facts);
  if (!found.ok) return found;
  const why = accountCurrencyRule(found.value) ?? statusRule(found.value);
  return why ? refused(why) : success(found.value.map(toPlannedLeg));
}

/** A leg that lowers the balance of an account with a floor needs its funds reserved. */
export function toPlannedLeg(leg: FoundLeg): PlannedLeg {
  const { accountId, direction, amount, currency, pointers, revision } = leg;
  const checked = leg.lowers && leg.account.overdraftLimit !== null;
  return { accountId, direction, amount, currency, pointers, checked, held: null, afterRevision: revision };
}

function differentAccountsRule([first, second]: readonly RequestedPostingLeg[]): Refusal | undefined {
  if (!first || !second || first.accountId !== second.accountId) return undefined;
  return refusal('accounts-must-differ', second.pointers.account, { accountId: second.accountId });
}
