import { assert } from '../../kernel/assert.js';
import { parseNonNegativeAmount } from '../../kernel/money.js';
import type { Condition } from '../posting/road.js';

/** What a request makes its outcome depend on: one of the two. */
export interface RequestedCondition {
  readonly accountId: string;
  /** Minor units as digits, validated at the edge; or null. */
  readonly availableMin: string | null;
  /** Digits, validated at the edge; or null. */
  readonly revision: string | null;
}

/** The part of a request that makes conditions. Absent where it makes none, so that its hash is what it always was. */
export interface Conditional {
  readonly conditions?: readonly RequestedCondition[];
}

/** Brings the `conditions` of a request to the form the posting road knows, remembering where each stood. */
export function toConditions({ conditions = [] }: Conditional): readonly Condition[] {
  return conditions.map((condition, index) => toCondition(condition, `/conditions/${index}`));
}

/** Brings one condition to the form the posting road knows. */
export function toCondition(
  { accountId, availableMin, revision }: RequestedCondition,
  pointer: string,
): Condition {
  if (revision !== null) return { accountId, pointer, availableMin: null, revision: BigInt(revision) };
  const amount = parseNonNegativeAmount(availableMin);
  assert(amount !== undefined, 'The edge lets only conditions pass that name one thing.');
  return { accountId, pointer, availableMin: amount, revision: null };
}
