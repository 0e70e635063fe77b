import { describe, expect, it } from '@jest/globals';
import {
  ACCOUNT_ID,
  AT,
  byCommand,
  deepFrozen,
  entry,
  fold,
  idOf,
  inStatus,
  opened,
  released,
  reserved,
} from '../../../test/support/account-history.js';
import { AssertionFailure } from '../../kernel/assert.js';
import { ACCOUNT_TYPES } from '../../kernel/money.js';
import { SharedMap } from '../../kernel/shared-map.js';
import type { AccountEvent } from './events.js';
import { available, balance, evolve, toAccountView, toBalanceView } from './state.js';

/** An account that holds 100 and has 30 of it set aside as `held`. */
function withFunds() {
  const open = fold(opened());
  return fold(opened(), entry(open, 'credit', 100n), reserved('held', 30n));
}

describe('AccountOpened', () => {
  it('begins an empty, open account with everything it was opened with', () => {
    const account = fold(
      opened({
        accountType: 'asset',
        currency: 'JPY',
        exponent: 0,
        parentId: idOf('parent'),
        ancestorIds: [idOf('root'), idOf('parent')],
        overdraftLimit: '500',
        metadata: { branch: 'Nara' },
      }),
    );
    expect(account).toEqual({
      accountId: ACCOUNT_ID,
      companyId: 'default',
      name: 'Account',
      type: 'asset',
      currency: 'JPY',
      exponent: 0,
      parentId: idOf('parent'),
      ancestorIds: [idOf('root'), idOf('parent')],
      overdraftLimit: 500n,
      metadata: { branch: 'Nara' },
      status: 'open',
      openedAt: AT,
      debits: 0n,
      credits: 0n,
      reserved: 0n,
      reservations: SharedMap.of(),
      sequence: 0,
    });
  });

  it('without a limit begins an account that may go below zero without end', () => {
    expect(fold(opened({ overdraftLimit: null })).overdraftLimit).toBeNull();
  });
});

describe('an administrative event', () => {
  const changes: readonly [AccountEvent, object][] = [
    [
      { type: 'AccountMetadataChanged', data: { ...byCommand('c'), name: 'New', metadata: { a: 'b' } } },
      { name: 'New', metadata: { a: 'b' } },
    ],
    [
      { type: 'OverdraftLimitChanged', data: { ...byCommand('c'), overdraftLimit: '25' } },
      { overdraftLimit: 25n },
    ],
    [
      { type: 'OverdraftLimitChanged', data: { ...byCommand('c'), overdraftLimit: null } },
      { overdraftLimit: null },
    ],
    [{ type: 'AccountFrozen', data: { ...byCommand('c'), reason: 'why' } }, { status: 'frozen' }],
    [{ type: 'AccountClosing', data: { ...byCommand('c'), reason: null } }, { status: 'closing' }],
  ];

  it.each(changes.map(([event, change]) => [event.type, event, change] as const))(
    '%s changes what it says and nothing else',
    (_, event, change) => {
      const before = withFunds();
      expect(evolve(before, event)).toEqual({ ...before, ...change });
    },
  );

  it.each([
    ['frozen', { type: 'AccountUnfrozen', data: { ...byCommand('c'), reason: null } }, 'open'],
    ['closing', { type: 'AccountClosed', data: { at: AT, transactionId: idOf('t') } }, 'closed'],
    ['closing', { type: 'AccountClosed', data: byCommand('c') }, 'closed'],
    ['closing', { type: 'AccountReopened', data: { ...byCommand('c'), reason: null } }, 'open'],
    ['closed', { type: 'AccountReopened', data: { at: AT, transactionId: idOf('t') } }, 'open'],
  ] as const)('on a %s account: %s', (status, event, after) => {
    const before = inStatus(status);
    expect(evolve(before, event)).toEqual({ ...before, status: after });
  });
});

describe('FundsReserved', () => {
  it('sets the amount aside and leaves the balance', () => {
    const account = withFunds();
    expect(account.reserved).toBe(30n);
    expect(balance(account)).toBe(100n);
    expect(available(account)).toBe(70n);
    expect(account.reservations.get(idOf('held'))).toEqual({
      transactionId: idOf('transaction held'),
      attemptId: idOf('attempt held'),
      leg: 0,
      amount: 30n,
      releases: [],
    });
  });

  it('of several transactions adds up', () => {
    expect(fold(opened(), reserved('a', 1n), reserved('b', 2n), reserved('c', 3n)).reserved).toBe(6n);
  });
});

describe('ReservationReleased', () => {
  it('gives back the one it names, and only that', () => {
    const account = fold(opened(), reserved('a', 1n), reserved('b', 2n), released('a', 1n));
    expect(account.reserved).toBe(2n);
    expect([...account.reservations.keys()]).toEqual([idOf('b')]);
  });
});

describe('EntryPosted', () => {
  it.each(ACCOUNT_TYPES)(
    'books debits and credits of an account of type %s on their sides',
    (accountType) => {
      const open = fold(opened({ accountType }));
      const once = evolve(open, entry(open, 'debit', 7n));
      const twice = evolve(once, entry(once, 'credit', 10n));
      expect(twice).toMatchObject({ debits: 7n, credits: 10n, sequence: 2 });
      const debitNormal = accountType === 'asset' || accountType === 'expense';
      expect(balance(twice)).toBe(debitNormal ? -3n : 3n);
    },
  );

  it('consumes the reservation it names: the money leaves what is set aside as it leaves the balance', () => {
    const before = withFunds();
    const account = evolve(before, entry(before, 'debit', 30n, 'held'));
    expect(account).toMatchObject({ reserved: 0n, reservations: SharedMap.of(), sequence: 2 });
    expect(balance(account)).toBe(70n);
    expect(available(account)).toBe(available(before));
  });

  it('may carry amounts beyond 2^53', () => {
    const open = fold(opened());
    const once = evolve(open, entry(open, 'credit', 10n ** 38n - 1n));
    expect(balance(evolve(once, entry(once, 'credit', 1n)))).toBe(10n ** 38n);
  });
});

describe('what can not have happened', () => {
  const account = withFunds();
  const booked = entry(account, 'credit', 5n);
  const impossible: readonly (readonly [string, () => unknown])[] = [
    ['an account opened twice', () => evolve(account, opened())],
    ['a stream that begins with anything else', () => evolve(null, reserved('a', 1n))],
    ['a reservation made twice', () => evolve(account, reserved('held', 30n))],
    ['a release of what was never reserved', () => evolve(account, released('other', 1n))],
    [
      'a release of what was released',
      () => fold(opened(), reserved('a', 1n), released('a', 1n), released('a', 1n)),
    ],
    [
      'an entry that consumes what was never reserved',
      () => evolve(account, entry(account, 'debit', 1n, 'other')),
    ],
    ['an entry that is booked twice', () => evolve(evolve(account, booked), booked)],
    [
      'an entry that skips a number',
      () => evolve(account, { ...booked, data: { ...booked.data, sequence: 3 } }),
    ],
    [
      'an entry that states another balance',
      () => evolve(account, { ...booked, data: { ...booked.data, balance: '104' } }),
    ],
    [
      'an entry in another currency',
      () => evolve(account, { ...booked, data: { ...booked.data, currency: 'EUR' } }),
    ],
    ['an event of no known type', () => evolve(account, { type: 'Unheard', data: {} } as never)],
  ];

  it.each(impossible)('is an assertion: %s', (_, fold) => {
    expect(fold).toThrow(AssertionFailure);
  });

  it('leaves the state it could not follow as it was', () => {
    const before = withFunds();
    expect(() => evolve(before, reserved('held', 30n))).toThrow(AssertionFailure);
    expect(before).toEqual(withFunds());
  });
});

describe('folding', () => {
  it('changes neither the state nor the event it is given', () => {
    // Every history of this file is folded onto frozen states already; this proves that frozen means frozen.
    const frozen = deepFrozen({ map: new Map([['a', { b: 1 }]]), list: [{ c: 1 }] });
    expect(() => frozen.map.set('z', { b: 2 })).toThrow(TypeError);
    expect(() => {
      (frozen.map.get('a') as { b: number }).b = 2;
    }).toThrow(TypeError);
    expect(() => frozen.list.push({ c: 2 })).toThrow(TypeError);
  });

  it('of the same events gives the same account, and older states stay what they were', () => {
    const first = withFunds();
    const later = evolve(first, entry(first, 'debit', 30n, 'held'));
    expect(later).not.toEqual(first);
    expect(withFunds()).toEqual(first);
  });
});

describe('an account as it is answered', () => {
  it('shows its amounts as digits and its revision', () => {
    const account = fold(opened({ overdraftLimit: '500', metadata: { a: 'b' } }));
    expect(toAccountView(account, 7n)).toEqual({
      accountId: ACCOUNT_ID,
      name: 'Account',
      type: 'liability',
      currency: 'USD',
      exponent: 2,
      parentId: null,
      overdraftLimit: '500',
      metadata: { a: 'b' },
      status: 'open',
      openedAt: AT,
      revision: '7',
    });
    expect(toAccountView(fold(opened({ overdraftLimit: null })), 0n).overdraftLimit).toBeNull();
  });

  it('shows its money: signed where it is below zero, never as a JSON number', () => {
    const open = fold(opened({ overdraftLimit: null }));
    const account = fold(opened({ overdraftLimit: null }), entry(open, 'debit', 40n), reserved('held', 2n));
    const view = toBalanceView(account, 1234n);
    expect(view).toEqual({
      accountId: ACCOUNT_ID,
      currency: 'USD',
      exponent: 2,
      debits: '40',
      credits: '0',
      balance: '-40',
      reserved: '2',
      available: '-42',
      position: '1234',
      sequence: 1,
    });
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });
});
