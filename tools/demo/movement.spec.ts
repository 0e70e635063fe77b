import { describe, expect, it } from '@jest/globals';
import { toOtherRequest, toRequest, type Movement } from './movement.js';

const ids = new Map([
  ['customer', 'id-1'],
  ['shop', 'id-2'],
  ['fees', 'id-3'],
]);
const transfer: Movement = {
  key: 'k',
  form: 'transfer',
  kind: 'payment',
  reference: 'r',
  effectiveAt: null,
  legs: [
    { account: 'customer', direction: 'debit', amount: 100n, currency: 'USD' },
    { account: 'shop', direction: 'credit', amount: 100n, currency: 'USD' },
  ],
};
const purchase: Movement = {
  ...transfer,
  form: 'transaction',
  effectiveAt: '2024-02-29T00:00:00.000Z',
  legs: [
    { account: 'customer', direction: 'debit', amount: 100n, currency: 'USD' },
    { account: 'shop', direction: 'credit', amount: 97n, currency: 'USD' },
    { account: 'fees', direction: 'credit', amount: 3n, currency: 'USD' },
  ],
};

describe('a movement as a request', () => {
  it('debits `from` and credits `to` in a transfer', () => {
    expect(toRequest(transfer, ids)).toEqual({
      path: '/v1/transfers',
      key: 'k',
      body: { kind: 'payment', reference: 'r', from: 'id-1', to: 'id-2', amount: '100', currency: 'USD' },
    });
  });

  it('lists the legs of a transaction, with its effective time', () => {
    expect(toRequest(purchase, ids)).toMatchObject({
      path: '/v1/transactions',
      body: {
        effectiveAt: '2024-02-29T00:00:00.000Z',
        legs: [
          { accountId: 'id-1', direction: 'debit', amount: '100', currency: 'USD' },
          { accountId: 'id-2', direction: 'credit', amount: '97', currency: 'USD' },
          { accountId: 'id-3', direction: 'credit', amount: '3', currency: 'USD' },
        ],
      },
    });
  });

  it.each([
    ['an account that was not opened', { ...transfer, legs: purchase.legs.slice(2) }],
    ['a transfer of three legs', { ...purchase, form: 'transfer' as const }],
  ])('is refused for %s', (_, movement) => {
    expect(() => toRequest(movement, new Map([...ids].slice(0, 2)))).toThrow(RangeError);
  });
});

describe('another request under the same key', () => {
  it.each([
    ['the amount of a transfer', transfer, ['/amount']],
    [
      'the amounts of two legs',
      { ...transfer, form: 'transaction' as const },
      ['/legs/0/amount', '/legs/1/amount'],
    ],
    ['the description of more legs', purchase, ['/description']],
  ])('differs in %s', (_, movement, pointers) => {
    const other = toOtherRequest(movement, ids);
    expect(other.pointers).toEqual(pointers);
    expect(other.request.key).toBe('k');
    expect(other.request.body).not.toEqual(toRequest(movement, ids).body);
  });
});
