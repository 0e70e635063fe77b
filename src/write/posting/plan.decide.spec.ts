import { describe, expect, it } from '@jest/globals';
import { fold, idOf, inStatus, opened } from '../../../test/support/account-history.js';
import { limits } from '../../config/limits.js';
import { AssertionFailure } from '../../kernel/assert.js';
import { ACCOUNT_TYPES, lowersBalance, type Direction } from '../../kernel/money.js';
import type { AccountOpened } from '../accounts/events.js';
import type { AccountState } from '../accounts/state.js';
import type { AccountStatus } from '../accounts/account-view.js';
import { decidePlan } from './plan.decide.js';
import type { RequestedPosting, RequestedPostingLeg } from './legs.js';

const NOW_MS = Date.parse('2026-11-20T00:00:00.000Z');

function leg(
  index: number,
  account: string,
  direction: Direction,
  overrides: Partial<RequestedPostingLeg> = {},
): RequestedPostingLeg {
  const pointers = {
    account: `/legs/${index}/accountId`,
    amount: `/legs/${index}/amount`,
    currency: `/legs/${index}/currency`,
  };
  return { accountId: idOf(account), direction, amount: 5n, currency: 'USD', pointers, ...overrides };
}

function anAccount(name: string, overrides: Partial<AccountOpened['data']> = {}): AccountState {
  return fold(opened({ accountId: idOf(name), ...overrides }));
}

function standing(name: string, status: AccountStatus): AccountState {
  return inStatus(status, opened({ accountId: idOf(name) }));
}

function deciding(
  legs: readonly RequestedPostingLeg[],
  accounts: readonly AccountState[],
  overrides: Partial<RequestedPosting> = {},
) {
  const requested = {
    legs,
    legsPointer: '/legs',
    accountsMustDiffer: false,
    effectiveAtMs: null,
    ...overrides,
  };
  return decidePlan(requested, {
    companyId: 'default',
    nowMs: NOW_MS,
    accounts: new Map(
      accounts.map((state, index) => [state.accountId, { state, revision: BigInt(index + 7) }]),
    ),
  });
}

/** The code and pointer of a refusal; fails when there was none. */
function refusalOf(decided: ReturnType<typeof deciding>) {
  if (decided.ok) throw new Error('It was expected to be refused.');
  return decided.refusal;
}

const twoLegs = [leg(0, 'from', 'debit'), leg(1, 'to', 'credit')];
const bothAccounts = [anAccount('from'), anAccount('to')];

describe('a planned posting', () => {
  it('keeps its legs in order and remembers at which revision each account was seen', () => {
    const decided = deciding(twoLegs, bothAccounts);
    expect(decided).toEqual({
      ok: true,
      value: [
        { ...twoLegs[0], checked: true, held: null, afterRevision: 7n },
        { ...twoLegs[1], checked: false, held: null, afterRevision: 8n },
      ],
    });
  });

  it.each(
    ACCOUNT_TYPES.flatMap((type) =>
      (['debit', 'credit'] as const).flatMap((direction) =>
        ['0', '100', null].map((limit) => [type, direction, limit] as const),
      ),
    ),
  )(
    'checks a leg that lowers an account with a floor, and no other: %s, %s, limit %p',
    (type, direction, limit) => {
      const other = direction === 'debit' ? 'credit' : 'debit';
      const decided = deciding(
        [leg(0, 'from', direction), leg(1, 'to', other)],
        [anAccount('from', { accountType: type, overdraftLimit: limit }), anAccount('to')],
      );
      expect(decided.ok && decided.value[0]?.checked).toBe(limit !== null && lowersBalance(type, direction));
    },
  );

  it('may name an account on both sides, unless its form forbids it', () => {
    const legs = [leg(0, 'from', 'debit'), leg(1, 'from', 'credit')];
    expect(deciding(legs, bothAccounts).ok).toBe(true);
    expect(refusalOf(deciding(legs, bothAccounts, { accountsMustDiffer: true }))).toEqual({
      code: 'accounts-must-differ',
      pointer: '/legs/1/accountId',
      details: { accountId: idOf('from') },
    });
  });

  it('balances in several currencies at once', () => {
    const legs = [
      leg(0, 'from', 'debit'),
      leg(1, 'to', 'credit'),
      leg(2, 'euro from', 'debit', { currency: 'EUR', amount: 9n }),
      leg(3, 'euro to', 'credit', { currency: 'EUR', amount: 9n }),
    ];
    const euros = [anAccount('euro from', { currency: 'EUR' }), anAccount('euro to', { currency: 'EUR' })];
    expect(deciding(legs, [...bothAccounts, ...euros]).ok).toBe(true);
  });

  it('may take effect up to 24 hours from now, to the millisecond, and at any time before', () => {
    const ahead = (ms: number) => deciding(twoLegs, bothAccounts, { effectiveAtMs: NOW_MS + ms });
    expect(ahead(limits.effectiveAheadMsMax).ok).toBe(true);
    expect(refusalOf(ahead(limits.effectiveAheadMsMax + 1))).toEqual({
      code: 'effective-time-too-far-ahead',
      pointer: '/effectiveAt',
      details: { hoursMax: '24' },
    });
    expect(deciding(twoLegs, bothAccounts, { effectiveAtMs: -62_135_596_800_000 }).ok).toBe(true);
  });

  it('does not ask for funds: the reservation does', () => {
    expect(
      deciding(
        twoLegs.map((each) => ({ ...each, amount: 10n ** 38n - 1n })),
        bothAccounts,
      ).ok,
    ).toBe(true);
  });
});

describe('the refusal ladder of a posting', () => {
  const tooFar = { effectiveAtMs: NOW_MS + limits.effectiveAheadMsMax + 1 };
  const unknownCurrency = { currency: 'XXQ' };

  it('asks rule by rule: each request breaks one and every later one that it can', () => {
    const rows: [string, string, ReturnType<typeof deciding>][] = [
      [
        'effective-time-too-far-ahead',
        '/effectiveAt',
        deciding([leg(0, 'x', 'debit', unknownCurrency), leg(1, 'x', 'credit', { amount: 6n })], [], {
          ...tooFar,
          accountsMustDiffer: true,
        }),
      ],
      [
        'currency-must-exist',
        '/legs/0/currency',
        deciding([leg(0, 'x', 'debit', unknownCurrency), leg(1, 'x', 'credit')], [], {
          accountsMustDiffer: true,
        }),
      ],
      [
        'accounts-must-differ',
        '/legs/1/accountId',
        deciding([leg(0, 'x', 'debit'), leg(1, 'x', 'credit', { amount: 6n })], [], {
          accountsMustDiffer: true,
        }),
      ],
      [
        'legs-must-balance',
        '/legs',
        deciding([leg(0, 'x', 'debit'), leg(1, 'y', 'credit', { amount: 6n })], []),
      ],
      [
        'account-must-exist',
        '/legs/1/accountId',
        deciding(
          [leg(0, 'closed', 'debit'), leg(1, 'y', 'credit')],
          [{ ...standing('closed', 'closed'), currency: 'EUR' }],
        ),
      ],
      [
        'currency-must-match-account',
        '/legs/0/currency',
        deciding(
          [leg(0, 'closed', 'debit'), leg(1, 'frozen', 'credit')],
          [{ ...standing('closed', 'closed'), currency: 'EUR' }, standing('frozen', 'frozen')],
        ),
      ],
      [
        'account-must-not-be-closed',
        '/legs/2/accountId',
        deciding(
          [
            leg(0, 'frozen', 'debit'),
            leg(1, 'closing', 'debit'),
            leg(2, 'closed', 'credit', { amount: 10n }),
          ],
          [standing('frozen', 'frozen'), standing('closing', 'closing'), standing('closed', 'closed')],
        ),
      ],
      [
        'account-must-not-be-closing',
        '/legs/1/accountId',
        deciding(
          [leg(0, 'frozen', 'debit'), leg(1, 'closing', 'credit')],
          [standing('frozen', 'frozen'), standing('closing', 'closing')],
        ),
      ],
      [
        'account-must-not-be-frozen',
        '/legs/1/accountId',
        deciding(
          [leg(0, 'from', 'debit'), leg(1, 'frozen', 'credit')],
          [anAccount('from'), standing('frozen', 'frozen')],
        ),
      ],
    ];
    for (const [code, pointer, decided] of rows) expect(refusalOf(decided)).toMatchObject({ code, pointer });
  });

  it('names the first leg at fault', () => {
    const legs = [leg(0, 'from', 'debit'), leg(1, 'x', 'debit'), leg(2, 'y', 'credit', { amount: 10n })];
    expect(refusalOf(deciding(legs, bothAccounts))).toMatchObject({ pointer: '/legs/1/accountId' });
  });

  it('says by how much each currency that does not balance is out', () => {
    const legs = [
      leg(0, 'x', 'debit', { amount: 7n }),
      leg(1, 'x', 'credit', { amount: 9n }),
      leg(2, 'x', 'debit', { currency: 'EUR', amount: 3n }),
      leg(3, 'x', 'debit', { currency: 'JPY', amount: 4n }),
      leg(4, 'x', 'credit', { currency: 'JPY', amount: 4n }),
    ];
    expect(refusalOf(deciding(legs, [])).details).toEqual({ USD: '-2', EUR: '3' });
  });

  it("does not tell another company's account from one that was never opened", () => {
    const foreign = deciding(twoLegs, [anAccount('from'), anAccount('to', { companyId: 'other' })]);
    const missing = deciding(twoLegs, [anAccount('from')]);
    expect(foreign).toEqual(missing);
    expect(refusalOf(foreign)).toEqual({
      code: 'account-must-exist',
      pointer: '/legs/1/accountId',
      details: { accountId: idOf('to') },
    });
  });

  it('says in which currency the account is', () => {
    const decided = deciding(twoLegs, [anAccount('from'), anAccount('to', { currency: 'EUR' })]);
    expect(refusalOf(decided).details).toEqual({
      accountId: idOf('to'),
      accountCurrency: 'EUR',
      currency: 'USD',
    });
  });

  it('crashes on a leg without an amount: the edge lets none pass', () => {
    expect(() => deciding([leg(0, 'from', 'debit', { amount: 0n })], bothAccounts)).toThrow(AssertionFailure);
  });
});
