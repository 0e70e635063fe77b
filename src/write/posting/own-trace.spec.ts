import { describe, expect, it } from '@jest/globals';
import { ACCOUNT_ID, AT, idOf, opened, reserved } from '../../../test/support/account-history.js';
import { asNew, STREAM } from '../../../test/support/account-tasks.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { limits } from '../../config/limits.js';
import type { AccountEvent } from '../accounts/events.js';
import { isOwnTrace } from './own-trace.js';

const MINE = idOf('mine');

function met(transactionId: string): AccountEvent {
  const condition = { availableMin: null, revision: '0' };
  return { type: 'ConditionMet', data: { transactionId, attemptId: idOf('attempt'), condition, at: AT } };
}

/** A store whose account has these events after it was opened. */
async function having(...events: readonly AccountEvent[]): Promise<InMemoryEventStore> {
  const store = new InMemoryEventStore();
  const all = [opened(), ...events].map((event, index) => asNew(String(index), event));
  await store.append(STREAM, 'no_stream', all);
  return store;
}

describe('what an earlier attempt left on an account', () => {
  it('is its own when everything since that revision is', async () => {
    const store = await having(met(MINE), met(MINE));
    expect(await isOwnTrace(store, ACCOUNT_ID, { from: 0n, to: 2n }, MINE)).toBe(true);
    expect(await isOwnTrace(store, ACCOUNT_ID, { from: 0n, to: 2n }, idOf('other'))).toBe(false);
  });

  it.each<[string, AccountEvent]>([
    ["another transaction's condition", met(idOf('other'))],
    ["another transaction's reservation", reserved('other', 5n)],
    ['a change of the account', { type: 'AccountClosed', data: { at: AT, transactionId: MINE } }],
  ])('is not, with %s among it', async (_, event) => {
    const store = await having(met(MINE), event, met(MINE));
    expect(await isOwnTrace(store, ACCOUNT_ID, { from: 0n, to: 3n }, MINE)).toBe(false);
    expect(await isOwnTrace(store, ACCOUNT_ID, { from: 2n, to: 3n }, MINE)).toBe(true);
  });

  it('is not looked for where the account has not come that far, or too far', async () => {
    const store = await having(...Array.from({ length: limits.ownTraceEventsMax + 1 }, () => met(MINE)));
    const to = BigInt(limits.ownTraceEventsMax);
    expect(await isOwnTrace(store, ACCOUNT_ID, { from: 7n, to: 3n }, MINE)).toBe(false);
    expect(await isOwnTrace(store, ACCOUNT_ID, { from: 0n, to }, MINE)).toBe(true);
    expect(await isOwnTrace(store, ACCOUNT_ID, { from: 0n, to: to + 1n }, MINE)).toBe(false);
  });
});
