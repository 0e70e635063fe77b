import { lowersBalance } from '../../kernel/money.js';
import { refused, success, type Result } from '../../kernel/result.js';
import type { ConditionMet } from '../accounts/events.js';
import { available } from '../accounts/state.js';
import { refusal, REFUSALS, type Refusal } from '../refusals.js';
import type { PlannedLeg, PostingFacts, SeenAccount } from './legs.js';
import { rivalsOn } from './reserve.decide.js';
import type { AttemptName, Condition, Plan, Rival } from './road.js';

/**
 * The accounts of conditions exist in the company. Asked beside the command's own ladder: what depends on the request alone
 * comes before what depends on the state of the ledger and is frozen.
 *
 * @param planned what the ladder came to
 * @returns the plan, in which legs that take from an account whose available funds are asked about need a reservation there
 */
export function withConditions(
  planned: Result<Plan, Refusal>,
  conditions: readonly Condition[],
  { accounts, companyId }: Pick<PostingFacts, 'accounts' | 'companyId'>,
): Result<Plan, Refusal> {
  if (!planned.ok && !REFUSALS[planned.refusal.code].frozen) return planned;
  const unknown = conditions.find(({ accountId }) => accounts.get(accountId)?.state.companyId !== companyId);
  if (!unknown) return planned.ok ? success(bindToConditions(planned.value, conditions, accounts)) : planned;
  const { accountId, pointer } = unknown;
  return refused(refusal('account-must-exist', `${pointer}/accountId`, { accountId }));
}

/**
 * Of many requests that each ask for the same funds and take them, only as many may be carried out as there are funds for. So
 * what such a request takes is set aside in the append that asks, also where no floor would demand it.
 */
function bindToConditions(
  plan: Plan,
  conditions: readonly Condition[],
  accounts: ReadonlyMap<string, SeenAccount>,
): Plan {
  const asked = new Set(conditions.flatMap((each) => (each.availableMin === null ? [] : [each.accountId])));
  const takesWhatIsAsked = ({ accountId, direction, held }: PlannedLeg): boolean => {
    const account = accounts.get(accountId)?.state;
    return held === null && asked.has(accountId) && !!account && lowersBalance(account.type, direction);
  };
  if (!plan.legs.some((leg) => !leg.checked && takesWhatIsAsked(leg))) return plan;
  return {
    ...plan,
    legs: plan.legs.map((leg) => (takesWhatIsAsked(leg) ? { ...leg, checked: true } : leg)),
  };
}

/**
 * Asks the conditions on one account at one revision, before the transaction's own reservation there.
 *
 * @param account its state and revision; the revision may be an earlier one when all that followed is this transaction's own
 * @returns the event that proves at which revision they held, the first that does not hold, or the rivals whose reservations
 *   are why it does not
 */
export function decideConditions(
  { state: account, revision }: SeenAccount,
  conditions: readonly Condition[],
  attempt: AttemptName,
): Result<readonly ConditionMet[], Refusal> | { readonly rivals: readonly Rival[] } {
  const [first] = conditions;
  if (!first) return success([]);
  const { accountId } = account;
  let availableMin: bigint | null = null;
  let expected: bigint | null = null;
  for (const condition of conditions) {
    if (condition.revision !== null) {
      expected = condition.revision;
      if (expected === revision) continue;
      const details = { accountId, expectedRevision: expected.toString(), revision: revision.toString() };
      return refused(refusal('condition-must-hold', condition.pointer, details));
    }
    if (available(account) < condition.availableMin) {
      // What the same transaction set aside in another attempt is no reason to refuse it.
      const rivals = rivalsOn(account, attempt);
      if (rivals.length > 0) return { rivals };
      const details = {
        accountId,
        availableMin: condition.availableMin.toString(),
        available: available(account).toString(),
        currency: account.currency,
      };
      return refused(refusal('condition-must-hold', condition.pointer, details));
    }
    if (availableMin === null || condition.availableMin > availableMin) ({ availableMin } = condition);
  }
  const { transactionId, attemptId, now } = attempt;
  const condition = {
    availableMin: availableMin?.toString() ?? null,
    revision: expected?.toString() ?? null,
  };
  return success([{ type: 'ConditionMet', data: { transactionId, attemptId, condition, at: now } }]);
}

/** Of several refusals the one that is told: conditions in their order, then the order in which the others were asked. */
export function firstRefusal(refusals: readonly Refusal[], conditions: readonly Condition[]): Refusal | null {
  const unmet = refusals.filter(({ code }) => code === 'condition-must-hold');
  const inOrder = conditions.flatMap(({ pointer }) => unmet.filter((each) => each.pointer === pointer));
  return inOrder[0] ?? refusals[0] ?? null;
}
