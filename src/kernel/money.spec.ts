import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AssertionFailure } from './assert.js';
import {
  ACCOUNT_TYPES,
  AMOUNT_DIGITS_MAX,
  balanceOf,
  imbalances,
  lowersBalance,
  normalSide,
  parseNonNegativeAmount,
  parsePositiveAmount,
  signedAmount,
  type Direction,
} from './money.js';

const MOST = 10n ** BigInt(AMOUNT_DIGITS_MAX) - 1n;
const DIRECTIONS: readonly Direction[] = ['debit', 'credit'];
const anAmount = fc.bigInt({ min: 1n, max: MOST });
const aSum = fc.bigInt({ min: 0n, max: MOST });
const aDirection = fc.constantFrom(...DIRECTIONS);
const aLeg = fc.record({
  direction: aDirection,
  amount: anAmount,
  currency: fc.constantFrom('USD', 'EUR', 'JPY'),
});
type Leg = Readonly<{ direction: Direction; amount: bigint; currency: string }>;

/** Legs of one currency that balance: the same total, cut differently, on both sides. */
const aBalancedSet = fc
  .record({
    parts: fc.array(fc.bigInt({ min: 1n, max: 10n ** 37n }), { minLength: 1, maxLength: 5 }),
    cuts: fc.array(fc.bigInt({ min: 1n, max: 10n ** 30n }), { maxLength: 4 }),
    currency: fc.constantFrom('USD', 'EUR', 'JPY'),
  })
  .map(({ parts, cuts, currency }): Leg[] => {
    let rest = parts.reduce((sum, part) => sum + part, 0n);
    const others: bigint[] = [];
    for (const cut of cuts) {
      if (cut >= rest) break;
      others.push(cut);
      rest -= cut;
    }
    return [
      ...parts.map((amount) => ({ direction: 'debit' as const, amount, currency })),
      ...[...others, rest].map((amount) => ({ direction: 'credit' as const, amount, currency })),
    ];
  });

describe('an amount', () => {
  it('written as text reads as the same amount, up to 38 digits', () => {
    fc.assert(
      fc.property(anAmount, (amount) => {
        expect(parsePositiveAmount(amount.toString())).toBe(amount);
        expect(parseNonNegativeAmount(amount.toString())).toBe(amount);
      }),
      { examples: [[1n], [MOST], [9_007_199_254_740_993n]] },
    );
  });

  it('has one text: whatever is read writes itself back exactly', () => {
    const digitsAndMore = fc.string({
      unit: fc.constantFrom(...'0123456789', '-', '+', '.', 'e', ' ', 'n', '_', ','),
      maxLength: 41,
    });
    fc.assert(
      fc.property(digitsAndMore, (text) => {
        for (const parse of [parsePositiveAmount, parseNonNegativeAmount]) {
          const amount = parse(text);
          if (amount !== undefined) expect(amount.toString()).toBe(text);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['a minus', '-1'],
    ['a plus', '+1'],
    ['a leading zero', '01'],
    ['a point', '1.0'],
    ['a comma', '1,000'],
    ['an exponent', '1e3'],
    ['hexadecimal digits', '0x10'],
    ['a bigint suffix', '1n'],
    ['a digit separator', '1_000'],
    ['a space', ' 1'],
    ['a line break', '1\n'],
    ['digits of another script', '١٢٣'],
    ['full-width digits', '１２'],
    ['words', 'NaN'],
    ['39 digits', '1'.repeat(39)],
    ['39 digits of which one is zero', `1${'0'.repeat(38)}`],
    ['a number', 1050],
    ['a bigint', 1050n],
    ['null', null],
    ['undefined', undefined],
    ['a list of one', ['1050']],
    ['an object that reads as digits', { toString: () => '1050' }],
  ])('is not %s', (_, text) => {
    expect(parsePositiveAmount(text)).toBeUndefined();
    expect(parseNonNegativeAmount(text)).toBeUndefined();
  });

  it('may be zero only where that has a meaning, and then has one text too', () => {
    expect(parsePositiveAmount('0')).toBeUndefined();
    expect(parseNonNegativeAmount('0')).toBe(0n);
    expect(['00', '-0', '+0', '0.0'].map(parseNonNegativeAmount)).toEqual(Array(4).fill(undefined));
  });
});

describe('the side of an account', () => {
  it.each([
    ['asset', 'debit'],
    ['expense', 'debit'],
    ['liability', 'credit'],
    ['equity', 'credit'],
    ['income', 'credit'],
  ] as const)('that raises an account of type %s is %s', (type, side) => {
    expect(normalSide(type)).toBe(side);
  });

  it('covers every type', () => {
    expect([...ACCOUNT_TYPES].sort()).toEqual(['asset', 'equity', 'expense', 'income', 'liability']);
  });

  it.each(ACCOUNT_TYPES.flatMap((type) => DIRECTIONS.map((direction) => [type, direction] as const)))(
    'on %s: a %s lowers the balance exactly when it makes it smaller',
    (type, direction) => {
      fc.assert(
        fc.property(aSum, aSum, anAmount, (debits, credits, amount) => {
          const before = balanceOf(type, debits, credits);
          const after =
            direction === 'debit'
              ? balanceOf(type, debits + amount, credits)
              : balanceOf(type, debits, credits + amount);
          expect(after < before).toBe(lowersBalance(type, direction));
          expect(after > before).toBe(normalSide(type) === direction);
          expect(after - before).toBe(lowersBalance(type, direction) ? -amount : amount);
        }),
        { numRuns: 50 },
      );
    },
  );

  it('turns a balance around: what a debit-normal account owes, a credit-normal one has', () => {
    fc.assert(
      fc.property(aSum, aSum, (debits, credits) => {
        expect(balanceOf('asset', debits, credits)).toBe(-balanceOf('liability', debits, credits));
      }),
    );
  });
});

describe('imbalances', () => {
  it('of a balanced set are none, in however many currencies and whatever order', () => {
    const shuffled = fc
      .array(aBalancedSet, { maxLength: 4 })
      .chain((sets) => fc.shuffledSubarray(sets.flat(), { minLength: sets.flat().length }));
    fc.assert(
      fc.property(shuffled, (legs) => {
        expect([...imbalances(legs)]).toEqual([]);
      }),
    );
  });

  it('of any set are debits - credits of each currency in which they differ', () => {
    fc.assert(
      fc.property(fc.array(aLeg, { maxLength: 8 }), (legs) => {
        const found = imbalances(legs);
        for (const currency of ['USD', 'EUR', 'JPY']) {
          const sum = (direction: Direction): bigint =>
            legs
              .filter((leg) => leg.currency === currency && leg.direction === direction)
              .reduce((total, { amount }) => total + amount, 0n);
          const difference = sum('debit') - sum('credit');
          expect(found.get(currency)).toBe(difference === 0n ? undefined : difference);
        }
      }),
    );
  });

  it('show a single minor unit among the largest amounts', () => {
    fc.assert(
      fc.property(aBalancedSet, aDirection, (legs, direction) => {
        const [{ currency }] = legs as [Leg, ...Leg[]];
        expect([...imbalances([...legs, { direction, amount: 1n, currency }])]).toEqual([
          [currency, signedAmount(direction, 1n)],
        ]);
      }),
    );
  });

  it.each([0n, -1n])('are not asked of a leg of %s: its amount is our own mistake', (amount) => {
    expect(() => imbalances([{ direction: 'debit', amount, currency: 'USD' }])).toThrow(AssertionFailure);
  });
});
