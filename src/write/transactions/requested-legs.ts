import { assert } from '../../kernel/assert.js';
import { parsePositiveAmount, type Direction } from '../../kernel/money.js';
import type { RequestedPostingLeg } from '../posting/legs.js';

export interface RequestedLeg {
  readonly accountId: string;
  readonly direction: Direction;
  /** Minor units as digits, validated at the edge. */
  readonly amount: string;
  readonly currency: string;
}

/** Brings the `legs` of a request to the form the posting road knows, remembering where each part stood. */
export function toRequestedLegs(legs: readonly RequestedLeg[]): RequestedPostingLeg[] {
  return legs.map((leg, index) => toRequestedLeg(leg, legPointers(index)));
}

/** Brings one leg to the form the posting road knows. */
export function toRequestedLeg(
  leg: RequestedLeg,
  pointers: RequestedPostingLeg['pointers'],
): RequestedPostingLeg {
  const amount = parsePositiveAmount(leg.amount);
  assert(amount !== undefined, 'The edge lets only positive digit strings pass as amounts.');
  return { ...leg, amount, pointers };
}

function legPointers(index: number): RequestedPostingLeg['pointers'] {
  const leg = `/legs/${index}`;
  return { account: `${leg}/accountId`, amount: `${leg}/amount`, currency: `${leg}/currency` };
}
