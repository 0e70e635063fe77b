import { assert } from '../../../kernel/assert.js';
import { parsePositiveAmount } from '../../../kernel/money.js';
import { refused, success, type Result } from '../../../kernel/result.js';
import { balanceRule, findAccounts, statusRule } from '../../posting/ladder.decide.js';
import { toPlannedLeg } from '../../posting/plan.decide.js';
import type { RequestedPostingLeg } from '../../posting/legs.js';
import type { Rival } from '../../posting/road.js';
import type { Guard, Plan, RoadFacts } from '../../posting/road.js';
import { refusal, type Refusal } from '../../refusals.js';
import { attemptKey } from '../attempt-key.js';
import type { PostedState, TransactionState } from '../state.js';
import type { ReverseTransactionRequest } from './reverse-transaction.command.js';

/** Names the reversal that is decided. */
export interface ReversalFacts {
  readonly originalId: string;
  readonly reversalId: string;
}

interface Part {
  readonly leg: number;
  readonly amount: bigint;
  readonly pointer: string;
}

/**
 * Takes a posted transaction back, whole or in parts, by opposite legs. All reversals together never exceed what was posted.
 * A reversal itself is not reversed: post the transaction again instead.
 */
export function decideReversal(
  request: ReverseTransactionRequest,
  { originalId, reversalId }: ReversalFacts,
  facts: RoadFacts,
): Result<Plan, Refusal> {
  const original = visibleTransaction(facts.parent, facts.companyId);
  if (!original) return refused(refusal('transaction-must-exist', null, { transactionId: originalId }));
  const { posted } = original;
  if (posted.data.parent?.relation === 'reversal') {
    return refused(refusal('transaction-must-be-reversible', null, { transactionId: originalId }));
  }
  const reversible = freeAmounts(original, reversalId);
  const parts: readonly Part[] = request.legs
    ? request.legs.map(({ leg, amount }, index) => ({
        leg,
        amount: positive(amount),
        pointer: `/legs/${index}`,
      }))
    : reversible.flatMap((amount, leg) => (amount > 0n ? [{ leg, amount, pointer: '' }] : []));
  for (const { leg, pointer } of parts) {
    if (posted.data.legs[leg]) continue;
    const legsMax = (posted.data.legs.length - 1).toString();
    return refused(refusal('reversed-leg-must-exist', `${pointer}/leg`, { leg: leg.toString(), legsMax }));
  }
  const legs = parts.map((part) => oppositeLeg(original, part));
  const unbalanced = balanceRule(legs, '/legs');
  if (unbalanced) return refused(unbalanced);
  if (reversible.every((amount) => amount === 0n)) {
    return refused(refusal('transaction-is-already-reversed', null, { transactionId: originalId }));
  }
  const tooMuch = exceedingPart(parts, reversible);
  if (tooMuch) {
    const details = {
      leg: tooMuch.leg.toString(),
      required: tooMuch.amount.toString(),
      reversible: (reversible[tooMuch.leg] ?? 0n).toString(),
    };
    return refused(refusal('reversal-exceeds-posted', `${tooMuch.pointer}/amount`, details));
  }
  const found = findAccounts(legs, facts);
  if (!found.ok) return found;
  const why = statusRule(found.value);
  if (why) return refused(why);
  const effectiveAtMs = request.effective === 'original' ? Date.parse(posted.data.effectiveAt) : facts.nowMs;
  return success({
    legs: found.value.map(toPlannedLeg),
    outcome: { kind: 'post', effectiveAtMs },
    guard: reversalGuard(reversalId, parts),
  });
}

/** The accounts a reversal needs to see. */
export function reversalAccountIds(parent: TransactionState | null): string[] {
  return (parent?.posted?.posted.data.legs ?? []).map(({ accountId }) => accountId);
}

function visibleTransaction(parent: TransactionState | null, companyId: string): PostedState | null {
  const state = parent?.posted ?? null;
  return state?.posted.data.companyId === companyId ? state : null;
}

function positive(text: string): bigint {
  const amount = parsePositiveAmount(text);
  assert(amount !== undefined, 'The edge lets only positive digit strings pass as amounts.');
  return amount;
}

/** Per leg, what may still be reversed; what this reversal's own earlier attempts claim counts as free. */
function freeAmounts(original: PostedState, reversalId: string): readonly bigint[] {
  const free = original.posted.data.legs.map(
    ({ amount }, leg) => BigInt(amount) - (original.reversed[leg] ?? 0n),
  );
  for (const { parts } of ownClaims(original, reversalId)) {
    for (const { leg, amount } of parts) free[leg] = (free[leg] ?? 0n) + amount;
  }
  return free;
}

function ownClaims(original: PostedState, reversalId: string) {
  return [...original.reversals].flatMap(([key, claim]) =>
    key === attemptKey(reversalId, claim.attemptId) ? [claim] : [],
  );
}

function oppositeLeg(original: PostedState, { leg, amount, pointer }: Part): RequestedPostingLeg {
  const posted = original.posted.data.legs[leg];
  assert(posted, 'Only legs that exist are turned round.');
  const { accountId, currency, direction } = posted;
  return {
    accountId,
    currency,
    amount,
    direction: direction === 'debit' ? 'credit' : 'debit',
    pointers: { account: `${pointer}/leg`, amount: `${pointer}/amount`, currency: `${pointer}/leg` },
  };
}

/** The first part that, with those before it on the same leg, takes more than may be reversed. */
function exceedingPart(parts: readonly Part[], reversible: readonly bigint[]): Part | undefined {
  const rest = [...reversible];
  return parts.find(({ leg, amount }) => {
    rest[leg] = (rest[leg] ?? 0n) - amount;
    return rest[leg] < 0n;
  });
}

/** Claims the parts on the original's stream, as long as they are still free there. */
function reversalGuard(reversalId: string, parts: readonly Part[]): Guard {
  return (parent, { attemptId, now }) => {
    const original = parent.posted;
    assert(original, 'A reversal was planned on a posted transaction.');
    const { transactionId, legs } = original.posted.data;
    const free = legs.map(({ amount }, leg) => BigInt(amount) - (original.reversed[leg] ?? 0n));
    if (exceedingPart(parts, free)) return { rivals: rivalsOf(original, reversalId) };
    const data = {
      transactionId,
      reversalId,
      attemptId,
      parts: parts.map(({ leg, amount }) => ({ leg, amount: amount.toString() })),
      at: now,
    };
    return success({ events: [{ type: 'ReversalReserved', data }], legs: null });
  };
}

function rivalsOf(original: PostedState, reversalId: string): Rival[] {
  const parent = { relation: 'reversal', transactionId: original.posted.data.transactionId } as const;
  return ownClaims(original, reversalId).map(({ attemptId }) => ({
    attemptId,
    holds: { kind: 'claim', parent },
  }));
}
