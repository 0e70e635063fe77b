import type { AccountType } from '../../../src/kernel/money.js';
import type { Order } from './commands.js';
import { loweringSide, opposite, type KnownAccount } from './knowledge.js';

const NO_TEXT = { description: null, reference: null, metadata: {} } as const;

/** The accounts every run begins with; the first of each company are the hottest. Null is no floor. */
const ACCOUNTS: readonly (readonly [
  companyId: string,
  type: AccountType,
  currency: string,
  overdraftLimit: string | null,
])[] = [
  ['acme', 'liability', 'USD', '0'],
  ['acme', 'equity', 'USD', null],
  ['acme', 'liability', 'USD', '0'],
  ['acme', 'liability', 'EUR', '0'],
  ['acme', 'asset', 'USD', '100'],
  ['acme', 'equity', 'EUR', null],
  ['acme', 'income', 'USD', null],
  ['acme', 'liability', 'EUR', '200'],
  ['acme', 'expense', 'USD', '0'],
  ['acme', 'liability', 'USD', '0'],
  ['acme', 'asset', 'USD', '0'],
  ['beta', 'liability', 'USD', '0'],
  ['beta', 'equity', 'USD', null],
  ['beta', 'liability', 'USD', '50'],
];

/** What every account with a floor is given by an account without one, so that there is something to move. */
const FUNDS = '20000';

/** The orders that open the accounts. */
export function openingOrders(): Order[] {
  return ACCOUNTS.map(([companyId, type, currency, overdraftLimit], index) => ({
    companyId,
    key: `account-${index}`,
    command: {
      kind: 'open-account',
      request: { name: `Account ${index}`, type, currency, parentId: null, overdraftLimit, metadata: {} },
    },
  }));
}

/** The orders that put money on the accounts. */
export function fundingOrders(accounts: readonly KnownAccount[]): Order[] {
  return accounts.flatMap((to, index): Order[] => {
    const { companyId, currency, type } = to;
    const from = accounts.find(
      (account) =>
        account.type === 'equity' && account.companyId === companyId && account.currency === currency,
    );
    if (!from || from === to) return [];
    const direction = opposite(loweringSide(type));
    const legs = [
      { accountId: to.accountId, direction, amount: FUNDS, currency },
      { accountId: from.accountId, direction: opposite(direction), amount: FUNDS, currency },
    ];
    const request = { form: 'transaction' as const, legs, effectiveAt: null, kind: 'funding', ...NO_TEXT };
    return [{ companyId, key: `funds-${index}`, command: { kind: 'transaction', request } }];
  });
}
