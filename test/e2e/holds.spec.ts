import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, freshKey, type Answer } from '../support/http-client.js';
import { InMemoryEventStore } from '../support/in-memory-event-store.js';
import { serveLedger, stopServing } from '../support/served-ledger.js';
import type { Served } from '../../src/app/serve.js';

const store = new InMemoryEventStore();
let served: Served;
let bank: string;
let customer: string;
let merchant: string;

beforeAll(async () => {
  served = await serveLedger(store);
  bank = await opened({ name: 'Bank', type: 'asset', currency: 'USD' });
  merchant = await opened({ name: 'Merchant', type: 'liability', currency: 'USD', overdraftLimit: '0' });
});
afterAll(() => stopServing(served));

function post(path: string, body: unknown = {}, key = freshKey()): Promise<Answer> {
  return call(served.url, `POST ${path}`, { body, key });
}

function get(path: string, company?: string): Promise<Answer> {
  return call(served.url, `GET ${path}`, company === undefined ? {} : { company });
}

async function opened(body: object): Promise<string> {
  const answer = await post('/v1/accounts', body);
  expect(answer.status).toBe(201);
  return String(answer.json['accountId']);
}

function legs(amount: string): object[] {
  return [
    { accountId: customer, direction: 'debit', amount, currency: 'USD' },
    { accountId: merchant, direction: 'credit', amount, currency: 'USD' },
  ];
}

/** A fresh customer with 10.00, and a hold of 4.00 in favour of the merchant. */
async function aHold(): Promise<Answer> {
  customer = await opened({ name: 'Customer', type: 'liability', currency: 'USD', overdraftLimit: '0' });
  const funding = { from: bank, to: customer, amount: '1000', currency: 'USD' };
  expect((await post('/v1/transfers', funding)).status).toBe(201);
  const answer = await post('/v1/holds', { legs: legs('400'), reference: 'order-1' });
  expect(answer.status).toBe(201);
  return answer;
}

async function holdId(): Promise<string> {
  return String((await aHold()).json['holdId']);
}

describe('POST /v1/holds', () => {
  it('answers the hold with its place, its revision and its position, and reads it back the same', async () => {
    const answer = await aHold();
    const id = String(answer.json['holdId']);
    expect(answer.json).toMatchObject({
      status: 'authorized',
      kind: 'hold',
      reference: 'order-1',
      legs: [
        { accountId: customer, amount: '400', captured: '0', remaining: '400' },
        { accountId: merchant, amount: '400', captured: '0', remaining: '0' },
      ],
      capturedBy: [],
      revision: '0',
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      location: `/v1/holds/${id}`,
      etag: '"0"',
      'ledger-position': answer.json['position'],
    });
    const read = await get(`/v1/holds/${id.toUpperCase()}`);
    expect([read.status, read.headers.get('etag'), read.json]).toEqual([200, '"0"', answer.json]);
  });

  it('answers a retry with the hold as it was made, whatever became of it', async () => {
    customer = await opened({ name: 'Customer', type: 'liability', currency: 'USD' });
    const key = freshKey();
    const first = await post('/v1/holds', { legs: legs('1') }, key);
    await post(`/v1/holds/${String(first.json['holdId'])}/void`);
    const again = await post('/v1/holds', { legs: legs('1') }, key);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('etag')).toBe('"0"');
  });

  it('takes one leg, and an expiry with its offset', async () => {
    await aHold();
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const expiresAt = inAnHour.replace('Z', '+00:00');
    const answer = await post('/v1/holds', { legs: legs('5').slice(0, 1), expiresAt });
    expect([answer.status, answer.json['expiresAt']]).toEqual([201, inAnHour]);
  });

  it('belongs to its company, and is no transaction', async () => {
    const id = await holdId();
    expect((await get(`/v1/holds/${id}`, 'other')).json).toMatchObject({
      status: 404,
      code: 'hold-must-exist',
    });
    expect((await get('/v1/holds/none')).json).toMatchObject({ status: 404, code: 'hold-must-exist' });
    expect((await get(`/v1/transactions/${id}`)).json).toMatchObject({ code: 'transaction-must-exist' });
    expect((await post(`/v1/transactions/${id}/reverse`)).json).toMatchObject({
      status: 404,
      code: 'transaction-must-exist',
    });
  });
});

describe('POST /v1/holds/{holdId}/...', () => {
  it('captures in parts; each capture is a transaction that names its hold', async () => {
    const id = await holdId();
    const part = await post(`/v1/holds/${id}/capture`, {
      legs: legs('150'),
      effectiveAt: '2026-03-01T10:00:00+01:00',
    });
    expect(part.status).toBe(201);
    expect(part.json).toMatchObject({
      kind: 'capture',
      parent: { relation: 'capture', transactionId: id },
      effectiveAt: '2026-03-01T09:00:00.000Z',
    });
    const transaction = await get(String(part.headers.get('location')));
    expect(transaction.json).toEqual({ ...part.json, reversedBy: [] });
    expect((await get(`/v1/holds/${id}`)).json).toMatchObject({
      status: 'authorized',
      legs: [{ captured: '150', remaining: '250' }, {}],
      capturedBy: [part.json['transactionId']],
    });
    const tooMuch = await post(`/v1/holds/${id}/capture`, { legs: legs('251') });
    expect(tooMuch.json).toMatchObject({
      status: 422,
      code: 'capture-exceeds-held',
      pointer: '/legs/0/amount',
      details: { held: '250', required: '251' },
    });
    const last = await post(`/v1/holds/${id}/capture`, { legs: legs('100'), final: true });
    expect(last.status).toBe(201);
    expect((await get(`/v1/holds/${id}`)).json).toMatchObject({ status: 'captured', legs: [{}, {}] });
    const late = await post(`/v1/holds/${id}/capture`);
    expect(late.json).toMatchObject({ status: 409, code: 'hold-is-already-captured' });
  });

  it('captures the whole of it with an empty body', async () => {
    const id = await holdId();
    const answer = await call(served.url, `POST /v1/holds/${id}/capture`);
    expect([answer.status, answer.json['legs']]).toEqual([201, legs('400')]);
  });

  it('voids it once, with a reason', async () => {
    const id = await holdId();
    const key = freshKey();
    const first = await post(`/v1/holds/${id}/void`, { reason: 'cancelled' }, key);
    expect(first.json).toMatchObject({ status: 'voided', revision: '1', legs: [{ remaining: '0' }, {}] });
    expect([first.status, first.headers.get('etag')]).toEqual([200, '"1"']);
    const again = await post(`/v1/holds/${id}/void`, { reason: 'cancelled' }, key);
    expect([again.json, again.headers.get('idempotency-replayed')]).toEqual([first.json, 'true']);
    expect((await post(`/v1/holds/${id}/void`)).json).toMatchObject({
      status: 409,
      code: 'hold-is-already-voided',
    });
    expect((await post(`/v1/holds/${id}/extend`, { expiresAt: '2099-01-01T00:00:00Z' })).json).toMatchObject({
      code: 'hold-is-already-voided',
    });
  });

  it('increases it and lets it live longer', async () => {
    const id = await holdId();
    const increase = await post(`/v1/holds/${id}/increase`, { legs: legs('100').slice(0, 1) });
    expect(increase.status).toBe(201);
    expect(increase.headers.get('location')).toBe(`/v1/holds/${id}`);
    expect(increase.json).toMatchObject({ holdId: id, legs: legs('100').slice(0, 1), description: null });
    expect((await post(`/v1/holds/${id}/increase`, { legs: legs('501').slice(0, 1) })).json).toMatchObject({
      status: 422,
      code: 'insufficient-funds',
      pointer: '/legs/0/amount',
    });
    const expiresAt = new Date(Date.now() + 20 * 86_400_000).toISOString();
    const extended = await post(`/v1/holds/${id}/extend`, { expiresAt });
    expect(extended.json).toMatchObject({
      status: 'authorized',
      expiresAt,
      legs: [{}, {}, { amount: '100' }],
    });
    expect((await post(`/v1/holds/${id}/extend`, { expiresAt })).json).toMatchObject({
      status: 422,
      code: 'expiry-must-be-later',
      pointer: '/expiresAt',
    });
  });

  it.each(['capture', 'void', 'increase', 'extend'])('%s finds no hold that is not there', async (step) => {
    customer = bank;
    const bodies: Readonly<Record<string, object>> = {
      increase: { legs: legs('1') },
      extend: { expiresAt: '2099-01-01T00:00:00Z' },
    };
    for (const id of ['00000000-0000-4000-8000-000000000000', 'x']) {
      const answer = await post(`/v1/holds/${id}/${step}`, bodies[step]);
      expect(answer.json).toMatchObject({ status: 404, code: 'hold-must-exist', pointer: '#path/holdId' });
    }
  });
});

describe('POST /v1/transactions/{transactionId}/reverse', () => {
  async function aPurchase(): Promise<string> {
    await aHold();
    const purchase = await post('/v1/transfers', {
      from: customer,
      to: merchant,
      amount: '300',
      currency: 'USD',
    });
    expect(purchase.json['parent']).toBeNull();
    return String(purchase.json['transactionId']);
  }

  it('takes it back in parts, and both sides show the link', async () => {
    const id = await aPurchase();
    const parts = [
      { leg: 0, amount: '100' },
      { leg: 1, amount: '100' },
    ];
    const first = await post(`/v1/transactions/${id}/reverse`, { legs: parts, effective: 'original' });
    expect(first.status).toBe(201);
    const original = await get(`/v1/transactions/${id}`);
    expect(first.json).toMatchObject({
      kind: 'reversal',
      parent: { relation: 'reversal', transactionId: id },
      effectiveAt: original.json['effectiveAt'],
      legs: [
        { accountId: customer, direction: 'credit', amount: '100' },
        { accountId: merchant, direction: 'debit', amount: '100' },
      ],
    });
    const second = await post(`/v1/transactions/${id}/reverse`);
    expect((await get(`/v1/transactions/${id}`)).json['reversedBy']).toEqual([
      first.json['transactionId'],
      second.json['transactionId'],
    ]);
    expect((await post(`/v1/transactions/${id}/reverse`)).json).toMatchObject({
      status: 409,
      code: 'transaction-is-already-reversed',
    });
    const key = String(second.json['idempotencyKey']);
    expect((await get(`/v1/transactions/by-idempotency-key/${key}`)).json).toMatchObject({
      parent: { transactionId: id },
      reversedBy: [],
    });
  });

  it('is frozen: a retry gets the first answer, without links', async () => {
    const id = await aPurchase();
    const key = freshKey();
    const first = await post(`/v1/transactions/${id}/reverse`, {}, key);
    const again = await post(`/v1/transactions/${id}/reverse`, { effective: 'now', legs: null }, key);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.json).not.toHaveProperty('reversedBy');
    const other = await post(`/v1/transactions/${id}/reverse`, { effective: 'original' }, key);
    expect(other.json).toMatchObject({ code: 'idempotency-key-reused', pointer: '/effective' });
  });

  it('names the leg that is not there, and the transaction that is not', async () => {
    const id = await aPurchase();
    const none = [
      { leg: 0, amount: '1' },
      { leg: 2, amount: '1' },
    ];
    expect((await post(`/v1/transactions/${id}/reverse`, { legs: none })).json).toMatchObject({
      status: 422,
      code: 'reversed-leg-must-exist',
      pointer: '/legs/1/leg',
    });
    expect((await post('/v1/transactions/x/reverse')).json).toMatchObject({
      status: 404,
      code: 'transaction-must-exist',
    });
  });
});
