import { describe, expect, it } from '@jest/globals';
import { Findings } from './findings.js';
import { History } from './history.js';
import { Model } from './model.js';
import type { Movement, PlannedAccount } from './movement.js';
import { describeFailure, describeLatencies, drawTable } from './report.js';

const accounts: PlannedAccount[] = [
  { label: 'cash', type: 'asset', currency: 'USD', overdraftLimit: null },
  { label: 'customer', type: 'liability', currency: 'USD', overdraftLimit: '0' },
];
const deposit: Movement = {
  key: 'k1',
  form: 'transfer',
  kind: 'deposit',
  reference: 'r1',
  effectiveAt: null,
  legs: [
    { account: 'cash', direction: 'debit', amount: 100n, currency: 'USD' },
    { account: 'customer', direction: 'credit', amount: 100n, currency: 'USD' },
  ],
};

describe("the clients' books", () => {
  it('sign a balance by the normal side of its account', () => {
    const model = new Model(accounts);
    model.post(deposit, 't1', 7n);
    expect(model.expected('cash')).toEqual({ debits: 100n, credits: 0n, balance: 100n });
    expect(model.expected('customer')).toEqual({ debits: 0n, credits: 100n, balance: 100n });
  });

  it('count a key once, however often it is acknowledged', () => {
    const model = new Model(accounts);
    model.post(deposit, 't1', 7n);
    model.post(deposit, 't1', 7n);
    expect(model.expected('cash').balance).toBe(100n);
  });

  it('know the newest position of all answers', () => {
    const model = new Model(accounts);
    model.post(deposit, 't1', 9n);
    model.post({ ...deposit, key: 'k2' }, 't2', 8n);
    expect(model.newestPosition).toBe(9n);
  });
});

describe('the history', () => {
  const history = (...spans: readonly (readonly [string, number, number, bigint])[]): History => {
    const made = new History();
    for (const [key, invoked, answered, position] of spans) {
      made.invoke(1, key, invoked);
      made.answer(1, key, 'ok', position, answered);
    }
    return made;
  };

  it('lets commands that overlap stand in any order', () => {
    expect(history(['a', 0, 10, 2n], ['b', 5, 15, 1n]).outOfOrder()).toEqual([]);
  });

  it('finds a command that stands before one that was over when it began', () => {
    expect(history(['a', 0, 10, 2n], ['b', 11, 15, 1n], ['c', 20, 30, 3n]).outOfOrder()).toEqual(['b']);
  });

  it('takes the first sending and the first answer of a key that is repeated', () => {
    const repeated = history(['a', 0, 10, 1n], ['b', 11, 20, 2n]);
    repeated.invoke(1, 'a', 30);
    repeated.answer(1, 'a', 'ok', 1n, 40);
    expect(repeated.outOfOrder()).toEqual([]);
  });

  it('knows which keys lost an answer, and which never got one', () => {
    const lossy = new History();
    lossy.invoke(1, 'a', 0);
    lossy.lose(1, 'a', 1);
    lossy.invoke(1, 'a', 2);
    lossy.lose(1, 'a', 3);
    lossy.invoke(2, 'b', 4);
    lossy.lose(2, 'b', 5);
    lossy.invoke(2, 'b', 6);
    lossy.answer(2, 'b', 'fail', null, 7);
    expect(lossy.lostKeys).toBe(2);
    expect(lossy.unanswered()).toEqual(['a']);
  });
});

describe('the report', () => {
  it('marks the lines of broken promises and says what was found', () => {
    const findings = new Findings();
    expect(describeFailure(findings)).toBeNull();
    for (let found = 0; found < 7; found += 1) findings.add('floor', `Account ${found} is below its floor.`);
    const rows = [
      { what: 'overdrafts', value: '7', promise: 'floor' as const },
      { what: 'duplicates', value: '0', promise: 'once' as const },
      { what: 'latency', value: '1 ms' },
    ];
    expect(drawTable(rows, findings).split('\n')).toEqual([
      '  NO  overdrafts  7',
      '  ok  duplicates  0',
      '      latency     1 ms',
    ]);
    expect(describeFailure(findings)).toContain('Broken: No account with a floor is ever below it.');
    expect(describeFailure(findings)).toContain('... and 2 more.');
  });

  it('sums latencies up', () => {
    const latencies = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(describeLatencies(latencies)).toBe('p50 50.0   p95 95.0   p99 99.0   max 100.0 ms');
  });
});
