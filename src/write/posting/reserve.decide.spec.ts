import { describe, expect, it } from '@jest/globals';
import {
  AT,
  byCommand,
  entry,
  fold,
  idOf,
  inStatus,
  opened,
  reserved,
} from '../../../test/support/account-history.js';
import { aLeg } from '../../../test/support/account-tasks.js';
import { limits } from '../../config/limits.js';
import { AssertionFailure } from '../../kernel/assert.js';
import { ACCOUNT_TYPES } from '../../kernel/money.js';
import { SharedMap } from '../../kernel/shared-map.js';
import type { AccountStatus } from '../accounts/account-view.js';
import type { AccountEvent } from '../accounts/events.js';
import { available, evolve, type AccountState } from '../accounts/state.js';
import { REFUSALS } from '../refusals.js';
import { existing } from './reserve.js';
import { decideRelease, decideReserve } from './reserve.decide.js';

const facts = {
  reservationId: idOf('new'),
  transactionId: idOf('transaction new'),
  attemptId: idOf('attempt new'),
  requestHash: 'hash',
  leg: 3,
  now: AT,
};

/** An account that holds 100. */
function withFunds(status: AccountStatus = 'open', ...more: readonly AccountEvent[]): AccountState {
  return inStatus(status, opened(), entry(fold(opened()), 'credit', 100n), ...more);
}

function reserving(account: AccountState, amount: bigint) {
  const decided = decideReserve(account, aLeg(account, amount), facts);
  if ('rivals' in decided) return decided;
  return decided.ok ? decided.value : decided.refusal;
}

describe('reserving', () => {
  it('sets the amount aside for one leg of one attempt', () => {
    expect(reserving(withFunds(), 40n)).toEqual([{ type: 'FundsReserved', data: reservedData('40') }]);
  });

  it('may take everything that is available and not one unit more', () => {
    expect(reserving(withFunds(), 100n)).toHaveLength(1);
    expect(reserving(withFunds(), 101n)).toEqual({
      code: 'insufficient-funds',
      pointer: '/amount',
      details: {
        accountId: fold(opened()).accountId,
        required: '101',
        available: '100',
        overdraftLimit: '0',
        currency: 'USD',
      },
    });
  });

  it('counts what others have reserved as gone', () => {
    const account = withFunds('open', reserved('other', 70n));
    expect(reserving(account, 30n)).toHaveLength(1);
    expect(reserving(account, 31n)).toMatchObject({ details: { available: '30' } });
  });

  it.each(ACCOUNT_TYPES)(
    'reaches down to the overdraft limit of an account of type %s, no further',
    (accountType) => {
      const account = fold(opened({ accountType, overdraftLimit: '50' }));
      expect(reserving(account, 50n)).toHaveLength(1);
      expect(reserving(account, 51n)).toMatchObject({
        code: 'insufficient-funds',
        details: { overdraftLimit: '50' },
      });
    },
  );

  it('is one of at most so many; what would be one more may be asked again, unless its funds are not there', () => {
    const account = withFunds();
    const open = { transactionId: idOf('t'), attemptId: idOf('a'), leg: 0, amount: 1n, releases: [] };
    const holding = (count: number): AccountState => ({
      ...account,
      reservations: SharedMap.of(Array.from({ length: count }, (_, i) => [idOf(`${i}`), open])),
    });
    expect(reserving(holding(limits.openReservationsMax - 1), 1n)).toHaveLength(1);
    const full = holding(limits.openReservationsMax);
    expect(reserving(full, 1n)).toEqual({
      code: 'account-has-too-many-reservations',
      pointer: '/from',
      details: { accountId: account.accountId, reservationsMax: '3500' },
    });
    expect(REFUSALS['account-has-too-many-reservations'].frozen).toBe(false);
    expect(reserving(full, 101n)).toMatchObject({ code: 'insufficient-funds' });
  });

  it('asks for no funds once the limit was lifted', () => {
    expect(reserving(fold(opened({ overdraftLimit: null })), 10n ** 38n - 1n)).toHaveLength(1);
  });

  it.each([
    ['closed', 'account-must-not-be-closed'],
    ['closing', 'account-must-not-be-closing'],
    ['frozen', 'account-must-not-be-frozen'],
  ] as const)('on a %s account is refused before funds are asked', (status, code) => {
    expect(reserving(withFunds(status), 101n)).toEqual({
      code,
      pointer: '/from',
      details: { accountId: fold(opened()).accountId },
    });
  });

  it.each(['open', 'frozen', 'closing'] as const)(
    'what is reserved already appends nothing, though %s',
    (status) => {
      expect(reserving(withFunds(status, reserved('new', 100n)), 100n)).toEqual([]);
    },
  );
});

describe('releasing', () => {
  it('gives back what was reserved, naming whose it was', () => {
    const account = withFunds('open', reserved('held', 30n), reserved('other', 5n));
    expect(decideRelease(account, idOf('held'), AT)).toEqual([
      {
        type: 'ReservationReleased',
        data: {
          reservationId: idOf('held'),
          transactionId: idOf('transaction held'),
          attemptId: idOf('attempt held'),
          amount: '30',
          releaseId: null,
          at: AT,
        },
      },
    ]);
  });

  it('what is not reserved any more, or never was, appends nothing', () => {
    expect(decideRelease(withFunds(), idOf('never'), AT)).toEqual([]);
  });

  it.each(['open', 'frozen', 'closing', 'closed'] as const)(
    'twice appends once, on a %s account',
    (status) => {
      const account = inStatus(status, opened(), reserved('held', 30n));
      const once = decideRelease(account, idOf('held'), AT).reduce(evolve, account);
      expect(decideRelease(once, idOf('held'), AT)).toEqual([]);
    },
  );

  it('the last one in flight ends a close, when nothing is left on the account', () => {
    const closing = inStatus('closing', opened({ overdraftLimit: '30' }), reserved('held', 30n));
    const events = decideRelease(closing, idOf('held'), AT);
    expect(events).toMatchObject([
      { type: 'ReservationReleased' },
      { type: 'AccountClosed', data: { at: AT, transactionId: idOf('transaction held') } },
    ]);
    expect(events.reduce(evolve, closing).status).toBe('closed');
  });

  it.each([
    [
      'something else is in flight',
      inStatus('closing', opened({ overdraftLimit: '30' }), reserved('held', 3n), reserved('b', 3n)),
    ],
    ['money is left', withFunds('closing', reserved('held', 30n))],
    ['nobody asked to close', fold(opened({ overdraftLimit: '30' }), reserved('held', 30n))],
    ['it is frozen', inStatus('frozen', opened({ overdraftLimit: '30' }), reserved('held', 30n))],
  ])('does not close the account while %s', (_, account) => {
    expect(decideRelease(account, idOf('held'), AT).map(({ type }) => type)).toEqual(['ReservationReleased']);
  });

  it('makes available again exactly what was reserved', () => {
    const before = withFunds();
    const events = reserving(before, 40n) as readonly AccountEvent[];
    const during = events.reduce(evolve, before);
    const after = decideRelease(during, facts.reservationId, AT).reduce(evolve, during);
    expect(available(during)).toBe(60n);
    expect(after).toEqual(before);
  });
});

describe('an account that was seen', () => {
  it('exists: null is our own mistake', () => {
    expect(existing(withFunds())).toEqual(withFunds());
    expect(() => existing(null)).toThrow(AssertionFailure);
    expect(byCommand('any').answer.status).toBe('open');
  });
});

function reservedData(amount: string): object {
  const { now, ...rest } = facts;
  return { ...rest, amount, at: now };
}
