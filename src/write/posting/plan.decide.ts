import type { Direction } from '../../kernel/money.js';
import { refused, success, type Result } from '../../kernel/result.js';
import type { AccountState } from '../accounts/state.js';
import { refusal, type Refusal } from '../refusals.js';
import {
  accountCurrencyRule,
  balanceRule,
  currencyRule,
  effectiveTimeRule,
  findAccounts,
  statusRule,
  type FoundLeg,
} from './ladder.js';

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
  /** The part of a hold's reservation it takes instead; null on a leg that takes none. */
  readonly held: { readonly reservationId: string; readonly afterRevision: string } | null;
  readonly afterRevision: bigint;
}

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
