import { describe, expect, it } from '@jest/globals';
import { Requests, type HttpPhase } from './requests.js';

const ACCOUNTS = Array.from({ length: 100 }, (_, index) => `account-${index}`);

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly currency: string;
}

/** Chance that goes evenly through its range, so that shares come out nearly exact. */
function evenly(): () => number {
  let at = 0;
  return () => {
    at = (at + 0.618_033_988_749_895) % 1;
    return at;
  };
}

function transfers(phase: HttpPhase, count: number): Transfer[] {
  const requests = new Requests(ACCOUNTS, 'run', evenly());
  return Array.from({ length: count }, () => JSON.parse(requests.next(phase).body) as Transfer);
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.filter(holds).length / items.length;
}

describe('Requests', () => {
  it('never repeats a key, within commands and across them', () => {
    const requests = new Requests(ACCOUNTS, 'run');
    const single = Array.from({ length: 50 }, () => requests.next('uniform').key);
    const bulk = requests.next('bulk');
    const inBulk = (JSON.parse(bulk.body) as { idempotencyKey: string }[]).map(
      ({ idempotencyKey }) => idempotencyKey,
    );
    const keys = [...single, bulk.key, ...inBulk];
    expect(new Set(keys).size).toBe(keys.length);
    expect(bulk.commands).toBe(inBulk.length);
  });

  it.each(['uniform', 'hot-credit', 'hot-debit', 'zipf', 'noop'] as const)(
    'always moves between two accounts in %s',
    (phase) => {
      expect(transfers(phase, 2_000).filter(({ from, to }) => from === to)).toEqual([]);
    },
  );

  it('credits the hot account in 95 % of its phase, and debits the other one in its own', () => {
    expect(share(transfers('hot-credit', 10_000), ({ to }) => to === 'account-0')).toBeCloseTo(0.95, 1);
    expect(share(transfers('hot-debit', 10_000), ({ from }) => from === 'account-1')).toBeCloseTo(0.95, 1);
  });

  it('sends a thousand activities at a time, each with an id of its own, and 95 % of the hot ones for one key', () => {
    const requests = new Requests(ACCOUNTS, 'run', evenly());
    const sent = (phase: HttpPhase) =>
      (JSON.parse(requests.next(phase).body) as { activities: { id: string; key: string }[] }).activities;
    const [even, hot] = [sent('activities'), sent('hot-activities')];
    expect([even.length, hot.length]).toEqual([1_000, 1_000]);
    expect(new Set([...even, ...hot].map(({ id }) => id)).size).toBe(2_000);
    expect(share(hot, ({ key }) => key === 'page-0')).toBeCloseTo(0.95, 1);
    expect(share(even, ({ key }) => key === 'page-0')).toBeLessThan(0.01);
  });

  it('prefers low ranks under zipf and none under uniform', () => {
    const skewed = share(transfers('zipf', 20_000), ({ from }) => from === 'account-0');
    const even = share(transfers('uniform', 20_000), ({ from }) => from === 'account-0');
    expect(skewed).toBeGreaterThan(0.1);
    expect(even).toBeLessThan(0.02);
  });

  it('breaks a rule of the schema in noop, in a body as long as a good one', () => {
    const [noop] = transfers('noop', 1);
    expect(noop?.currency).toBe('usd');
    const requests = new Requests(ACCOUNTS.slice(0, 2), 'run');
    expect(requests.next('noop').body.length).toBe(requests.next('uniform').body.length);
  });

  it('credits a given account', () => {
    const { body } = new Requests(ACCOUNTS, 'run').credit('account-big');
    expect(JSON.parse(body)).toMatchObject({ from: 'account-0', to: 'account-big', currency: 'USD' });
  });
});
