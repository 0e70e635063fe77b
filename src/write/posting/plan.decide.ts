import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import { currencyExponent } from '../../kernel/currencies.js';
import { imbalances, lowersBalance, type Direction } from '../../kernel/money.js';
import { refused, success, type Result } from '../../kernel/result.js';
import type { AccountState } from '../accounts/state.js';
import { refusal, type Refusal } from '../refusals.js';

/** One leg of a request, with where its parts stand in the request's JSON. */
export interface RequestedPostingLeg {
  readonly accountId: string;
  readonly direction: Direction;
  /** Minor units, greater than zero. */
  readonly amount: bigint;
  readonly currency: string;
  readonly pointers: { readonly account: string; readonly amount: string; readonly currency: string };
}

/** A request to move money, whatever its form was. */
export interface RequestedPosting {
  readonly legs: readonly RequestedPostingLeg[];
  /** Where unbalanced legs are reported: the list of legs. */
  readonly legsPointer: string;
  /** True where one account must not stand on both sides. */
  readonly accountsMustDiffer: boolean;
  /** Epoch milliseconds, or null for now. */
  readonly effectiveAtMs: number | null;
}

/** An account as the decision saw it. */
export interface SeenAccount {
  readonly state: AccountState;
  readonly revision: bigint;
}

export interface PostingFacts {
  readonly companyId: string;
  readonly nowMs: number;
  /** By id; an account that does not exist is missing. */
  readonly accounts: ReadonlyMap<string, SeenAccount>;
}

/** A leg that may be posted, once its funds are reserved where it is checked. */
export interface PlannedLeg extends RequestedPostingLeg {
  /** It lowers the available balance of an account with a floor, so it needs a reservation. */
  readonly checked: boolean;
  readonly afterRevision: bigint;
}

/**
 * The refusal ladder of everything that moves money. One rule a step, each asked of every leg before the next rule is;
 * the order is part of the API (docs/reference/errors.md). Funds are asked last, by the reservation itself.
 */
export function decidePlan(
  { legs, legsPointer, accountsMustDiffer, effectiveAtMs }: RequestedPosting,
  { companyId, nowMs, accounts }: PostingFacts,
): Result<readonly PlannedLeg[], Refusal> {
  if (effectiveAtMs !== null && effectiveAtMs > nowMs + limits.effectiveAheadMsMax) {
    const hours = (limits.effectiveAheadMsMax / 3_600_000).toString();
    return refused(refusal('effective-time-too-far-ahead', '/effectiveAt', { hoursMax: hours }));
  }
  for (const leg of legs) {
    if (currencyExponent(leg.currency) === undefined) {
      return refused(refusal('currency-must-exist', leg.pointers.currency, { currency: leg.currency }));
    }
  }
  if (accountsMustDiffer) {
    const [first, second] = legs;
    if (first && second && first.accountId === second.accountId) {
      return refused(
        refusal('accounts-must-differ', second.pointers.account, { accountId: second.accountId }),
      );
    }
  }
  const differences = imbalances(legs);
  if (differences.size > 0) {
    const details = Object.fromEntries([...differences].map(([currency, sum]) => [currency, sum.toString()]));
    return refused(refusal('legs-must-balance', legsPointer, details));
  }
  const planned: PlannedLeg[] = [];
  for (const leg of legs) {
    const account = accounts.get(leg.accountId);
    // Another company's account is as unknown as one that was never opened.
    if (account?.state.companyId !== companyId) {
      return refused(refusal('account-must-exist', leg.pointers.account, { accountId: leg.accountId }));
    }
    const { overdraftLimit, type } = account.state;
    const checked = overdraftLimit !== null && lowersBalance(type, leg.direction);
    planned.push({ ...leg, checked, afterRevision: account.revision });
  }
  for (const leg of planned) {
    const { currency } = stateOf(accounts, leg);
    if (currency !== leg.currency) {
      const details = { accountId: leg.accountId, accountCurrency: currency, currency: leg.currency };
      return refused(refusal('currency-must-match-account', leg.pointers.currency, details));
    }
  }
  for (const rule of STATUS_RULES) {
    for (const leg of planned) {
      const why = rule(stateOf(accounts, leg), leg.pointers.account);
      if (why) return refused(why);
    }
  }
  return success(planned);
}

function stateOf(accounts: ReadonlyMap<string, SeenAccount>, leg: PlannedLeg): AccountState {
  const account = accounts.get(leg.accountId);
  assert(account, 'A planned leg names an account that was found.');
  return account.state;
}

type StatusRule = (account: AccountState, pointer: string) => Refusal | undefined;

/** Which statuses take part in new transactions, in the ladder's order. Asked again by each reservation. */
export const STATUS_RULES: readonly StatusRule[] = [
  ({ status, accountId }, pointer) =>
    status === 'closed' ? refusal('account-must-not-be-closed', pointer, { accountId }) : undefined,
  ({ status, accountId }, pointer) =>
    status === 'closing' ? refusal('account-must-not-be-closing', pointer, { accountId }) : undefined,
  ({ status, accountId }, pointer) =>
    status === 'frozen' ? refusal('account-must-not-be-frozen', pointer, { accountId }) : undefined,
];
