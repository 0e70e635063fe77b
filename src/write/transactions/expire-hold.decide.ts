import { assert } from '../../kernel/assert.js';
import { restOf } from '../posting/parent.decide.js';
import type { TransactionEvent } from './events.js';
import type { TransactionState } from './state.js';

/**
 * Ends a hold whose time is over, giving back what is not captured. A capture that is under way still takes its part.
 *
 * @returns none when the hold has ended already, or was extended
 */
export function decideExpire({ hold }: TransactionState, now: string): readonly TransactionEvent[] {
  assert(hold, 'Only holds expire.');
  if (hold.status !== 'authorized' || Date.parse(now) < Date.parse(hold.expiresAt)) return [];
  const { transactionId } = hold.authorized.data;
  return [{ type: 'HoldExpired', data: { transactionId, released: restOf(hold, 'expired'), at: now } }];
}
