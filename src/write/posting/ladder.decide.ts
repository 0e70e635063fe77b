import { limits } from '../../config/limits.js';
import { currencyExponent } from '../../kernel/currencies.js';
import { imbalances, lowersBalance } from '../../kernel/money.js';
import { refused, success, type Result } from '../../kernel/result.js';
import type { AccountState } from '../accounts/state.js';
import { refusal, type Refusal } from '../refusals.js';
import type { PostingFacts, RequestedPostingLeg } from './legs.js';

/** The steps that every ladder of the posting road is built from. Each asks one rule of every leg. */

/** A leg whose account was found. */
export interface FoundLeg extends RequestedPostingLeg {
  readonly account: AccountState;
  readonly revision: bigint;
  /** It lowers its account's balance. */
  readonly lowers: boolean;
}

/** Effective times lie in the past, or ahead by no more than clocks and zones explain. */
export function effectiveTimeRule(effectiveAtMs: number | null, nowMs: number): Refusal | undefined {
  if (effectiveAtMs === null || effectiveAtMs <= nowMs + limits.effectiveAheadMsMax) return undefined;
  const hoursMax = (limits.effectiveAheadMsMax / 3_600_000).toString();
  return refusal('effective-time-too-far-ahead', '/effectiveAt', { hoursMax });
}

/** Every currency is one of ISO 4217's. */
export function currencyRule(legs: readonly RequestedPostingLeg[]): Refusal | undefined {
  const unknown = legs.find((leg) => currencyExponent(leg.currency) === undefined);
  return unknown && refusal('currency-must-exist', unknown.pointers.currency, { currency: unknown.currency });
}

/** Debits equal credits in every currency; details say by how much debits exceed credits where they don't. */
export function balanceRule(legs: readonly RequestedPostingLeg[], pointer: string): Refusal | undefined {
  const differences = imbalances(legs);
  if (differences.size === 0) return undefined;
  const details = Object.fromEntries([...differences].map(([currency, sum]) => [currency, sum.toString()]));
  return refusal('legs-must-balance', pointer, details);
}

/** Every account exists in the company: another company's is as unknown as one that was never opened. */
export function findAccounts(
  legs: readonly RequestedPostingLeg[],
  { accounts, companyId }: Pick<PostingFacts, 'accounts' | 'companyId'>,
): Result<readonly FoundLeg[], Refusal> {
  const found: FoundLeg[] = [];
  for (const leg of legs) {
    const seen = accounts.get(leg.accountId);
    if (seen?.state.companyId !== companyId) {
      return refused(refusal('account-must-exist', leg.pointers.account, { accountId: leg.accountId }));
    }
    const { state: account, revision } = seen;
    found.push({ ...leg, account, revision, lowers: lowersBalance(account.type, leg.direction) });
  }
  return success(found);
}

/** Every leg is in its account's currency. */
export function accountCurrencyRule(legs: readonly FoundLeg[]): Refusal | undefined {
  const wrong = legs.find(({ account, currency }) => account.currency !== currency);
  if (!wrong) return undefined;
  const { accountId, currency, account, pointers } = wrong;
  const details = { accountId, accountCurrency: account.currency, currency };
  return refusal('currency-must-match-account', pointers.currency, details);
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

/** Every account takes part in new transactions. */
export function statusRule(legs: readonly FoundLeg[]): Refusal | undefined {
  for (const rule of STATUS_RULES) {
    for (const { account, pointers } of legs) {
      const why = rule(account, pointers.account);
      if (why) return why;
    }
  }
  return undefined;
}
