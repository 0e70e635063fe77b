import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Served } from '../../src/app/serve.js';
import { call, freshKey, type Answer } from '../support/http-client.js';
import { InMemoryEventStore } from '../support/in-memory-event-store.js';
import { serveLedger, stopServing } from '../support/served-ledger.js';

const store = new InMemoryEventStore();
let served: Served;
let bank: string;
let customer: string;

beforeAll(async () => {
  served = await serveLedger(store);
  bank = await opened({ name: 'Bank', type: 'asset', currency: 'USD' });
});
beforeEach(async () => {
  customer = await opened({ name: 'Customer', type: 'liability', currency: 'USD', overdraftLimit: '0' });
  expect((await transfer(bank, customer, '1000')).status).toBe(201);
});
afterAll(() => stopServing(served));

async function opened(body: object): Promise<string> {
  const answer = await call(served.url, 'POST /v1/accounts', { body });
  expect(answer.status).toBe(201);
  return String(answer.json['accountId']);
}

function transfer(
  from: string,
  to: string,
  amount: string,
  more: { readonly body?: object; readonly ifMatch?: string; readonly key?: string } = {},
): Promise<Answer> {
  return call(served.url, 'POST /v1/transfers', {
    body: { from, to, amount, currency: 'USD', ...more.body },
    key: more.key ?? freshKey(),
    headers: more.ifMatch === undefined ? {} : { 'if-match': more.ifMatch },
  });
}

async function etagOf(accountId: string): Promise<string> {
  return String((await call(served.url, `GET /v1/accounts/${accountId}`)).headers.get('etag'));
}

describe('If-Match on a transfer', () => {
  it('lets it through while `from` is as the client saw it, and not after that', async () => {
    const ifMatch = await etagOf(customer);
    expect((await transfer(customer, bank, '1', { ifMatch })).status).toBe(201);
    const late = await transfer(customer, bank, '1', { ifMatch });
    expect(late.status).toBe(412);
    expect(late.json).toMatchObject({
      code: 'condition-must-hold',
      pointer: '#header/If-Match',
      details: { accountId: customer, expectedRevision: ifMatch.slice(1, -1) },
      retryable: false,
    });
    const now = await etagOf(customer);
    expect(now).toBe(`"${String((late.json['details'] as Record<string, string>)['revision'])}"`);
    expect((await transfer(customer, bank, '1', { ifMatch: now })).status).toBe(201);
  });

  it('is part of the request its key stands for, and its refusal is final', async () => {
    const key = freshKey();
    const first = await transfer(customer, bank, '1', { ifMatch: '"0"', key });
    const again = await transfer(customer, bank, '1', { ifMatch: '"0"', key });
    expect([first.status, again.status]).toEqual([412, 412]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await transfer(customer, bank, '1', { key });
    expect(other.json).toMatchObject({
      status: 409,
      code: 'idempotency-key-reused',
      pointer: '#header/If-Match',
    });
  });

  it.each(['*', '7', 'W/"7"', '"7", "8"', '"seven"', '"-1"', '"01"', '""', ''])(
    'may not be %s',
    async (ifMatch) => {
      const storedBefore = store.log.length;
      const answer = await transfer(customer, bank, '1', { ifMatch });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({
        code: 'request-must-be-valid',
        errors: [{ pointer: '#header/If-Match', rule: 'isRevision' }],
      });
      expect(store.log).toHaveLength(storedBefore);
    },
  );
});

describe('conditions', () => {
  const legs = (amount: string): object[] => [
    { accountId: customer, direction: 'debit', amount, currency: 'USD' },
    { accountId: bank, direction: 'credit', amount, currency: 'USD' },
  ];

  it('are asked of transactions, transfers, holds and captures', async () => {
    const accountId = customer.toUpperCase();
    const met = [{ accountId, availableMin: '1000' }];
    const unmet = [{ accountId, availableMin: '1001', revision: null }];
    const refusal = { status: 412, code: 'condition-must-hold', pointer: '/conditions/0' };
    const post = (path: string, body: object): Promise<Answer> =>
      call(served.url, `POST ${path}`, { body, key: freshKey() });
    expect((await transfer(customer, bank, '1', { body: { conditions: unmet } })).json).toMatchObject(
      refusal,
    );
    expect((await post('/v1/transactions', { legs: legs('1'), conditions: unmet })).json).toMatchObject(
      refusal,
    );
    expect((await post('/v1/holds', { legs: legs('1'), conditions: unmet })).json).toMatchObject(refusal);
    const hold = await post('/v1/holds', { legs: legs('1'), conditions: met });
    expect(hold.status).toBe(201);
    const capture = `/v1/holds/${String(hold.json['holdId'])}/capture`;
    expect((await post(capture, { legs: legs('1'), conditions: met })).json).toMatchObject(refusal);
    const left = [{ accountId, availableMin: '999' }];
    expect((await post(capture, { legs: legs('1'), conditions: left })).status).toBe(201);
    expect((await post('/v1/transactions', { legs: legs('1'), conditions: left })).status).toBe(201);
  });

  it('leave one out or send null: the same request', async () => {
    const key = freshKey();
    expect((await transfer(customer, bank, '1', { key })).status).toBe(201);
    const again = await transfer(customer, bank, '1', { key, body: { conditions: null } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });
});
