import { describe, expect, it } from '@jest/globals';
import { imbalances } from '../../src/kernel/money.js';
import { planMarketplace, type Order } from './marketplace.js';
import { SeededRandom } from './random.js';

const plan = planMarketplace({ seed: 'spec', movements: 3_000 });
const orders = plan.days.flat();
const share = (holds: (order: Order) => boolean): number => orders.filter(holds).length / orders.length;

describe('chance from a seed', () => {
  const draws = (seed: string): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 2_000 }, () => random.integer(1, 6));
  };

  it('repeats itself, and differs with the seed', () => {
    expect(draws('a')).toEqual(draws('a'));
    expect(draws('a')).not.toEqual(draws('b'));
  });

  it('gives every number of its range, and no other', () => {
    expect([...new Set(draws('a'))].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('shuffles without loss', () => {
    const shuffled = new SeededRandom('a').shuffled([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shuffled).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shuffled.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('the marketplace', () => {
  it('is the same for the same seed and another for another', () => {
    const again = planMarketplace({ seed: 'spec', movements: 3_000 });
    expect(again).toEqual(plan);
    expect(planMarketplace({ seed: 'other', movements: 3_000 }).days).not.toEqual(plan.days);
  });

  it('posts at least as many movements as asked for, whatever the races come to', () => {
    expect(orders.filter(({ expected }) => expected === 'posted').length).toBeGreaterThanOrEqual(3_000);
  });

  it('gives every movement a key of its own', () => {
    expect(new Set(orders.map(({ movement }) => movement.key)).size).toBe(orders.length);
  });

  it('balances every movement in every currency', () => {
    expect(orders.filter(({ movement }) => imbalances(movement.legs).size > 0)).toEqual([]);
  });

  it('repeats a tenth of the orders, and sends another body for a hundredth', () => {
    const repeated = share(({ repeat }) => repeat === 'afterwards' || repeat === 'at-once');
    expect(repeated).toBeGreaterThan(0.08);
    expect(repeated).toBeLessThan(0.12);
    expect(share(({ repeat }) => repeat === 'another-body')).toBeGreaterThan(0.003);
  });

  it('dates some movements back', () => {
    expect(share(({ movement }) => movement.effectiveAt !== null)).toBeGreaterThan(0.1);
  });

  it('has every kind of movement', () => {
    const kinds = new Set(orders.map(({ movement }) => movement.kind));
    expect([...kinds].sort()).toEqual([
      'deposit',
      'exchange',
      'gift-card',
      'overdraft',
      'payout',
      'purchase',
      'refund',
      'transfer',
      'withdrawal',
    ]);
  });

  it('spends, of an account with a floor, at most a third of what it held when the day began', () => {
    const floored = new Set(
      plan.accounts.filter(({ overdraftLimit }) => overdraftLimit !== null).map(({ label }) => label),
    );
    const held = new Map<string, bigint>();
    const overspent: string[] = [];
    for (const day of plan.days) {
      const legs = day
        .filter(({ expected }) => expected === 'posted')
        .flatMap(({ movement }) => movement.legs.filter(({ account }) => floored.has(account)));
      const sums = (direction: string): Map<string, bigint> => {
        const sum = new Map<string, bigint>();
        for (const leg of legs.filter((each) => each.direction === direction)) {
          sum.set(leg.account, (sum.get(leg.account) ?? 0n) + leg.amount);
        }
        return sum;
      };
      const [taken, given] = [sums('debit'), sums('credit')];
      for (const [account, amount] of taken) {
        if (amount * 3n > (held.get(account) ?? 0n)) overspent.push(account);
      }
      for (const account of floored) {
        const change = (given.get(account) ?? 0n) - (taken.get(account) ?? 0n);
        held.set(account, (held.get(account) ?? 0n) + change);
      }
    }
    expect(overspent).toEqual([]);
  });

  it('asks for four times what is on a gift card', () => {
    const asked = orders
      .filter(({ movement }) => movement.legs[0]?.account === 'card-1.USD')
      .reduce((sum, { movement }) => sum + (movement.legs[0]?.amount ?? 0n), 0n);
    expect(asked).toBe(400_000n);
  });
});
