import { describe, expect, it } from '@jest/globals';
import {
  ACCOUNT_ID,
  AT,
  entry,
  fold,
  idOf,
  opened,
  reserved,
} from '../../../test/support/account-history.js';
import { refused, success } from '../../kernel/result.js';
import type { AccountEvent } from '../accounts/events.js';
import { evolve } from '../accounts/state.js';
import { refusal, type RefusalCode } from '../refusals.js';
import { decideConditions, firstRefusal, withConditions } from './conditions.decide.js';
import type { Condition, Plan } from './road.js';

const attempt = { transactionId: idOf('transaction new'), attemptId: idOf('attempt new'), now: AT };

function atLeast(availableMin: bigint, pointer = '/conditions/0'): Condition {
  return { accountId: ACCOUNT_ID, pointer, availableMin, revision: null };
}

function atRevision(revision: bigint, pointer = '/conditions/0'): Condition {
  return { accountId: ACCOUNT_ID, pointer, availableMin: null, revision };
}

/** An account that holds 100, of which 30 are reserved by another transaction. */
const account = fold(opened(), entry(fold(opened()), 'credit', 100n), reserved('other', 30n));
const seen = { state: account, revision: 2n };

function ask(...conditions: readonly Condition[]) {
  const decided = decideConditions(seen, conditions, attempt);
  if ('rivals' in decided) return decided;
  return decided.ok ? decided.value : decided.refusal;
}

describe('a condition on what is available', () => {
  it('holds down to the last unit, and is proved by an event that changes nothing', () => {
    const met = ask(atLeast(70n));
    if (!Array.isArray(met)) throw new Error('It holds.');
    expect(met).toEqual([
      {
        type: 'ConditionMet',
        data: {
          transactionId: attempt.transactionId,
          attemptId: attempt.attemptId,
          condition: { availableMin: '70', revision: null },
          at: AT,
        },
      },
    ]);
    expect((met as readonly AccountEvent[]).reduce(evolve, account)).toBe(account);
  });

  it('does not hold one unit above, and says what is available', () => {
    expect(ask(atLeast(71n))).toEqual(
      refusal('condition-must-hold', '/conditions/0', {
        accountId: ACCOUNT_ID,
        availableMin: '71',
        available: '70',
        currency: 'USD',
      }),
    );
  });

  it('is not refused for what another attempt of the same transaction set aside', () => {
    const state = fold(opened(), entry(fold(opened()), 'credit', 100n), reserved('same', 30n));
    const [mine] = state.reservations.values();
    const retry = { ...attempt, transactionId: mine?.transactionId ?? '' };
    expect(decideConditions({ state, revision: 2n }, [atLeast(71n)], retry)).toMatchObject({
      rivals: [{ attemptId: mine?.attemptId, holds: { kind: 'reservation', accountId: ACCOUNT_ID } }],
    });
  });
});

describe('a condition on the revision', () => {
  it('holds at that revision and at no other', () => {
    expect(ask(atRevision(2n))).toMatchObject([
      { data: { condition: { availableMin: null, revision: '2' } } },
    ]);
    for (const expected of [1n, 3n]) {
      expect(ask(atRevision(expected))).toEqual(
        refusal('condition-must-hold', '/conditions/0', {
          accountId: ACCOUNT_ID,
          expectedRevision: expected.toString(),
          revision: '2',
        }),
      );
    }
  });
});

describe('several conditions on one account', () => {
  it('are proved by one event: the most that was asked, and the revision', () => {
    expect(ask(atLeast(5n), atRevision(2n), atLeast(60n), atLeast(7n))).toMatchObject([
      { data: { condition: { availableMin: '60', revision: '2' } } },
    ]);
  });

  it('are refused for the first that does not hold', () => {
    expect(ask(atLeast(5n, '/a'), atRevision(1n, '/b'), atLeast(500n, '/c'))).toMatchObject({
      pointer: '/b',
    });
  });

  it('none needs no event', () => {
    expect(ask()).toEqual([]);
  });
});

describe('the account of a condition', () => {
  const accounts = new Map([[ACCOUNT_ID, seen]]);
  const plan: Plan = { legs: [], outcome: { kind: 'authorize', expiresAt: null }, guard: null };
  const planned = success(plan);
  const elsewhere = { ...atLeast(1n, '/conditions/1'), accountId: idOf('nobody') };

  it('exists in the company', () => {
    const conditions = [atLeast(1n), elsewhere];
    expect(withConditions(planned, [atLeast(1n)], { accounts, companyId: 'default' })).toEqual(planned);
    expect(withConditions(planned, conditions, { accounts, companyId: 'default' })).toEqual(
      refused(refusal('account-must-exist', '/conditions/1/accountId', { accountId: elsewhere.accountId })),
    );
    expect(withConditions(planned, [atLeast(1n)], { accounts, companyId: 'other' })).toMatchObject({
      refusal: { code: 'account-must-exist', pointer: '/conditions/0/accountId' },
    });
  });

  it.each<[RefusalCode, RefusalCode]>([
    ['legs-must-balance', 'legs-must-balance'],
    ['account-must-not-be-frozen', 'account-must-exist'],
  ])('is asked after %s only if that stores nothing: %s', (code, told) => {
    const answer = withConditions(refused(refusal(code)), [elsewhere], { accounts, companyId: 'default' });
    expect(answer).toMatchObject({ refusal: { code: told } });
  });
});

describe('of several refusals', () => {
  it('conditions are told first, in their order', () => {
    const conditions = [atLeast(1n, '/a'), atLeast(1n, '/b')];
    const funds = refusal('insufficient-funds', '/legs/0/amount');
    const [a, b] = conditions.map(({ pointer }) => refusal('condition-must-hold', pointer));
    if (!a || !b) throw new Error('two conditions');
    expect(firstRefusal([funds, b, a], conditions)).toBe(a);
    expect(firstRefusal([funds, b], conditions)).toBe(b);
    expect(firstRefusal([funds], conditions)).toBe(funds);
    expect(firstRefusal([], conditions)).toBeNull();
  });
});
