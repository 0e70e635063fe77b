import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Served } from '../../src/app/serve.js';
import { limits } from '../../src/config/limits.js';
import { PROBLEMS, type ProblemCode } from '../../src/edges/http/problem.js';
import { call, postWithHeaderLines, type Answer } from '../support/http-client.js';
import { InMemoryEventStore } from '../support/in-memory-event-store.js';
import { serveLedger, stopServing } from '../support/served-ledger.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';

const store = new InMemoryEventStore();
let served: Served;
let cash: string;
let customer: string;
let euros: string;
let foreign: string;

beforeAll(async () => {
  served = await serveLedger(store);
  cash = await open({ name: 'Cash', type: 'asset', currency: 'USD' });
  customer = await open({ name: 'Customer', type: 'liability', currency: 'USD' });
  euros = await open({ name: 'Euros', type: 'asset', currency: 'EUR' });
  foreign = await open({ name: 'Theirs', type: 'asset', currency: 'USD' }, 'other');
});
afterAll(() => stopServing(served));

async function open(body: object, company?: string): Promise<string> {
  const answer = await call(served.url, 'POST /v1/accounts', {
    body,
    ...(company === undefined ? {} : { company }),
  });
  expect(answer.status).toBe(201);
  return String(answer.json['accountId']);
}

const transfer = (changes: object = {}): object => ({
  from: cash,
  to: customer,
  amount: '100',
  currency: 'USD',
  ...changes,
});

const leg = (direction: string, amount: unknown, changes: object = {}): object => ({
  accountId: direction === 'debit' ? cash : customer,
  direction,
  amount,
  currency: 'USD',
  ...changes,
});

const nested = (depth: number): unknown => (depth === 0 ? 'x' : { a: nested(depth - 1) });

interface Row {
  readonly what: string;
  readonly send: () => Promise<Answer>;
  readonly status: number;
  readonly code: ProblemCode;
  readonly pointer: string | null;
  readonly rule?: string;
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  call(served.url, `POST ${path}`, { body, headers });

const withHeaders = (headers: Record<string, string | string[]>): Promise<Answer> =>
  postWithHeaderLines(`${served.url}/v1/transfers`, JSON.stringify(transfer()), {
    'content-type': 'application/json',
    ...headers,
  });

const invalid = (what: string, pointer: string, rule: string, send: () => Promise<Answer>): Row => ({
  what,
  send,
  status: 400,
  code: 'request-must-be-valid',
  pointer,
  rule,
});

const badAmount = (what: string, amount: unknown): Row =>
  invalid(`an amount that is ${what}`, '/amount', 'isAmount', () =>
    post('/v1/transfers', transfer({ amount })),
  );

const ROWS: readonly Row[] = [
  badAmount('a JSON number', 100),
  badAmount('zero', '0'),
  badAmount('negative', '-5'),
  badAmount('signed', '+5'),
  badAmount('a decimal', '1.50'),
  badAmount('an exponent', '1e3'),
  badAmount('in other digits', '١٢'),
  badAmount('padded', ' 5'),
  badAmount('zero-led', '007'),
  badAmount('of 39 digits', '9'.repeat(39)),
  badAmount('empty', ''),
  badAmount('null', null),
  badAmount('a list', ['5']),
  invalid('no amount', '/amount', 'isPresent', () => post('/v1/transfers', transfer({ amount: undefined }))),
  invalid('a bad amount in a leg', '/legs/1/amount', 'isAmount', () =>
    post('/v1/transactions', { legs: [leg('debit', '5'), leg('credit', 5)] }),
  ),
  {
    what: 'an unknown currency',
    send: () => post('/v1/accounts', { name: 'X', type: 'asset', currency: 'XYZ' }),
    status: 422,
    code: 'currency-must-exist',
    pointer: '/currency',
  },
  invalid('a currency in small letters', '/currency', 'isCurrencyCode', () =>
    post('/v1/transfers', transfer({ currency: 'usd' })),
  ),
  {
    what: "a currency that is not the account's",
    send: () => post('/v1/transfers', transfer({ from: euros })),
    status: 422,
    code: 'currency-must-match-account',
    pointer: '/currency',
  },
  {
    what: 'legs that do not balance',
    send: () => post('/v1/transactions', { legs: [leg('debit', '100'), leg('credit', '99')] }),
    status: 422,
    code: 'legs-must-balance',
    pointer: '/legs',
  },
  invalid('one leg', '/legs', 'arrayMinSize', () => post('/v1/transactions', { legs: [leg('debit', '5')] })),
  invalid('101 legs', '/legs', 'arrayMaxSize', () =>
    post('/v1/transactions', { legs: Array.from({ length: 101 }, () => leg('debit', '5')) }),
  ),
  invalid('legs that are no list', '/legs', 'isArray', () =>
    post('/v1/transactions', { legs: { 0: leg('debit', '5') } }),
  ),
  invalid('a leg that is no object', '/legs/1', 'isObject', () =>
    post('/v1/transactions', { legs: [leg('debit', '5'), 'leg'] }),
  ),
  invalid('a direction that is none', '/legs/0/direction', 'isIn', () =>
    post('/v1/transactions', { legs: [leg('up', '5'), leg('credit', '5')] }),
  ),
  {
    what: 'an unknown account',
    send: () => post('/v1/transfers', transfer({ to: NOBODY })),
    status: 422,
    code: 'account-must-exist',
    pointer: '/to',
  },
  {
    what: "another company's account",
    send: () => post('/v1/transfers', transfer({ to: foreign })),
    status: 422,
    code: 'account-must-exist',
    pointer: '/to',
  },
  {
    what: "another company's account in a leg",
    send: () =>
      post('/v1/transactions', { legs: [leg('debit', '5'), leg('credit', '5', { accountId: foreign })] }),
    status: 422,
    code: 'account-must-exist',
    pointer: '/legs/1/accountId',
  },
  {
    what: "another company's account in the path",
    send: () => call(served.url, `POST /v1/accounts/${foreign}/freeze`),
    status: 404,
    code: 'account-must-exist',
    pointer: null,
  },
  {
    what: 'an unknown account in the path',
    send: () => call(served.url, `PATCH /v1/accounts/${NOBODY}`, { body: { name: 'X' } }),
    status: 404,
    code: 'account-must-exist',
    pointer: null,
  },
  {
    what: 'a path id that is no id',
    send: () => call(served.url, 'POST /v1/accounts/..%2Fetc/freeze'),
    status: 404,
    code: 'account-must-exist',
    pointer: null,
  },
  invalid('an account id that is no UUID', '/from', 'isUuid', () =>
    post('/v1/transfers', transfer({ from: 'cash' })),
  ),
  {
    what: 'the same account twice',
    send: () => post('/v1/transfers', transfer({ to: cash })),
    status: 422,
    code: 'accounts-must-differ',
    pointer: '/to',
  },
  {
    what: 'no key',
    send: () => withHeaders({}),
    status: 400,
    code: 'idempotency-key-must-be-present',
    pointer: '#header/Idempotency-Key',
  },
  ...(['', '""', 'with space', '"half', 'ключ', 'a'.repeat(256), 'a/b', '"a"b"'] as const).map(
    (key): Row => ({
      what: `the key ${key.length > 20 ? `of ${key.length} characters` : JSON.stringify(key)}`,
      send: () => withHeaders({ 'idempotency-key': Buffer.from(key, 'utf8').toString('latin1') }),
      status: 400,
      code: 'idempotency-key-must-be-well-formed',
      pointer: '#header/Idempotency-Key',
    }),
  ),
  {
    what: 'two keys',
    send: () => withHeaders({ 'Idempotency-Key': ['one', 'two'] }),
    status: 400,
    code: 'idempotency-key-must-be-single',
    pointer: '#header/Idempotency-Key',
  },
  {
    what: 'two equal keys',
    send: () => withHeaders({ 'Idempotency-Key': ['one', 'one'] }),
    status: 400,
    code: 'idempotency-key-must-be-single',
    pointer: '#header/Idempotency-Key',
  },
  {
    what: 'two keys in one line',
    send: () => withHeaders({ 'idempotency-key': '"one", "two"' }),
    status: 400,
    code: 'idempotency-key-must-be-single',
    pointer: '#header/Idempotency-Key',
  },
  ...['', ' ', '-x', 'a b', 'a'.repeat(65), 'a/../b', 'ä'].map((company): Row => ({
    what: `the company ${company.length > 20 ? `of ${company.length} characters` : JSON.stringify(company)}`,
    send: () =>
      withHeaders({
        'idempotency-key': 'k',
        'ledger-company': Buffer.from(company, 'utf8').toString('latin1'),
      }),
    status: 400,
    code: 'company-must-be-well-formed',
    pointer: '#header/Ledger-Company',
  })),
  {
    what: 'two companies',
    send: () => withHeaders({ 'idempotency-key': 'k', 'Ledger-Company': ['a', 'b'] }),
    status: 400,
    code: 'company-must-be-well-formed',
    pointer: '#header/Ledger-Company',
  },
  {
    what: 'an effective time more than 24 hours ahead',
    send: () =>
      post(
        '/v1/transfers',
        transfer({ effectiveAt: new Date(Date.now() + limits.effectiveAheadMsMax + 60_000).toISOString() }),
      ),
    status: 422,
    code: 'effective-time-too-far-ahead',
    pointer: '/effectiveAt',
  },
  ...[
    '2026-03-01T09:30:00',
    '2026-03-01',
    '2026-02-30T00:00:00Z',
    '2026-03-01T25:00:00Z',
    'now',
    1772357400,
  ].map((effectiveAt): Row =>
    invalid(`the effective time ${effectiveAt}`, '/effectiveAt', 'isInstant', () =>
      post('/v1/transfers', transfer({ effectiveAt })),
    ),
  ),
  invalid('an unknown field', '/memo', 'isKnown', () => post('/v1/transfers', transfer({ memo: 'x' }))),
  invalid('an unknown field in a leg', '/legs/0/memo', 'isKnown', () =>
    post('/v1/transactions', { legs: [leg('debit', '5', { memo: 'x' }), leg('credit', '5')] }),
  ),
  invalid('a name with a control character', '/name', 'isText', () =>
    post('/v1/accounts', { name: 'a\u0000b', type: 'asset', currency: 'USD' }),
  ),
  invalid('a name with half a character', '/name', 'isText', () =>
    post('/v1/accounts', '{"name":"a\\ud800","type":"asset","currency":"USD"}'),
  ),
  invalid('a name of blanks', '/name', 'isText', () =>
    post('/v1/accounts', { name: '   ', type: 'asset', currency: 'USD' }),
  ),
  invalid('a name that is too long', '/name', 'isText', () =>
    post('/v1/accounts', { name: 'x'.repeat(limits.nameCharsMax + 1), type: 'asset', currency: 'USD' }),
  ),
  invalid('an account type that is none', '/type', 'isIn', () =>
    post('/v1/accounts', { name: 'X', type: 'revenue', currency: 'USD' }),
  ),
  invalid('a negative overdraft limit', '/overdraftLimit', 'isAmountOrZero', () =>
    post('/v1/accounts', { name: 'X', type: 'asset', currency: 'USD', overdraftLimit: '-1' }),
  ),
  invalid('metadata that is not flat', '/metadata/a', 'isMetadata', () =>
    post('/v1/transfers', transfer({ metadata: { ok: 'x', a: { b: 'c' } } })),
  ),
  invalid('a metadata value that is no text', '/metadata/a~1b', 'isMetadata', () =>
    post('/v1/transfers', transfer({ metadata: { 'a/b': 1 } })),
  ),
  invalid('too many metadata keys', '/metadata', 'isMetadata', () =>
    post(
      '/v1/transfers',
      transfer({ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'x'])) }),
    ),
  ),
  invalid('a change of nothing', '', 'isNotEmpty', () =>
    call(served.url, `PATCH /v1/accounts/${cash}`, { body: {} }),
  ),
  invalid('a name changed to null', '/name', 'isText', () =>
    call(served.url, `PATCH /v1/accounts/${cash}`, { body: { name: null } }),
  ),
  {
    what: 'the wrong content type',
    send: () => post('/v1/transfers', JSON.stringify(transfer()), { 'content-type': 'text/plain' }),
    status: 415,
    code: 'content-type-must-be-json',
    pointer: null,
  },
  {
    what: 'a form',
    send: () => post('/v1/transfers', 'amount=5', { 'content-type': 'application/x-www-form-urlencoded' }),
    status: 415,
    code: 'content-type-must-be-json',
    pointer: null,
  },
  {
    what: 'a body over 1 MiB',
    send: () => post('/v1/transfers', transfer({ description: 'x'.repeat(limits.bodyBytesMax) })),
    status: 413,
    code: 'body-must-be-smaller',
    pointer: null,
  },
  {
    what: 'a body of too many values',
    send: () => post('/v1/transactions', { legs: Array.from({ length: limits.bodyValuesMax + 1 }, () => 0) }),
    status: 413,
    code: 'body-must-be-smaller',
    pointer: null,
  },
  ...['{', '{"amount":}', "{'amount':'5'}", '{"amount":"5"}}', 'null', '[]', '"text"', '5', 'NaN'].map(
    (body): Row => ({
      what: `the body ${body}`,
      send: () => post('/v1/transfers', body),
      status: 400,
      code: 'body-must-be-json',
      pointer: null,
    }),
  ),
  {
    what: 'deep nesting',
    send: () => post('/v1/transfers', transfer({ metadata: nested(20) })),
    status: 400,
    code: 'body-must-be-shallower',
    pointer: `/metadata${'/a'.repeat(7)}`,
  },
  {
    what: 'nesting as deep as a body can be',
    send: () => post('/v1/transfers', `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`),
    status: 400,
    code: 'body-must-be-shallower',
    pointer: `/a${'/0'.repeat(7)}`,
  },
  {
    what: '__proto__',
    send: () => post('/v1/transfers', '{"__proto__":{"amount":"5"}}'),
    status: 400,
    code: 'body-must-not-name-prototypes',
    pointer: '/__proto__',
  },
  {
    what: '__proto__, escaped and nested',
    send: () => post('/v1/transfers', '{"metadata":{"\\u005f_proto__":"x"}}'),
    status: 400,
    code: 'body-must-not-name-prototypes',
    pointer: '/metadata/__proto__',
  },
  {
    what: 'constructor',
    send: () => post('/v1/transfers', '{"constructor":{"prototype":{"amount":"5"}}}'),
    status: 400,
    code: 'body-must-not-name-prototypes',
    pointer: '/constructor',
  },
];

describe('bad input', () => {
  it.each(ROWS.map((row) => [row.what, row] as const))(
    '%s: a problem that names it, and nothing stored',
    async (_, row) => {
      const storedBefore = store.log.length;
      const answer = await row.send();
      expect(answer.json).toMatchObject({
        type: `/problems/${row.code}`,
        title: PROBLEMS[row.code].title,
        status: row.status,
        code: row.code,
        pointer: row.pointer,
      });
      expect(answer.status).toBe(row.status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.json['requestId']).toBe(answer.headers.get('x-request-id'));
      if (row.rule !== undefined) {
        expect(answer.json['errors']).toContainEqual({
          pointer: row.pointer,
          rule: row.rule,
          detail: expect.any(String),
        });
      }
      expect(store.log).toHaveLength(storedBefore);
    },
  );

  it('tells by how much each currency is out of balance', async () => {
    const answer = await post('/v1/transactions', {
      legs: [
        leg('debit', '100'),
        leg('credit', '40'),
        leg('debit', '7', { accountId: euros, currency: 'EUR' }),
        leg('credit', '7', { accountId: customer, currency: 'EUR' }),
      ],
    });
    expect(answer.json).toMatchObject({ code: 'legs-must-balance', details: { USD: '60' } });
    expect(answer.json['details']).not.toHaveProperty('EUR');
  });

  it('tells everything that is wrong at once', async () => {
    const answer = await post('/v1/transfers', { from: 'x', amount: 5, currency: 'usd', memo: 1 });
    const errors = answer.json['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/amount',
      '/currency',
      '/from',
      '/memo',
      '/to',
    ]);
  });

  it('never echoes a megabyte', async () => {
    const answer = await post('/v1/transfers', transfer({ ['x'.repeat(500_000)]: 1 }));
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(2_000);
  });

  it('answers a flood of broken legs quickly', async () => {
    const startedAtMs = performance.now();
    const answer = await post('/v1/transactions', {
      legs: Array.from({ length: limits.bodyValuesMax / 2 }, () => ({})),
    });
    expect(answer.status).toBe(400);
    expect((answer.json['errors'] as unknown[]).length).toBeLessThanOrEqual(limits.problemErrorsMax);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });

  it('says so when there is nothing at an address, or not with this method', async () => {
    expect((await call(served.url, 'GET /v2/accounts')).json).toMatchObject({
      status: 404,
      code: 'route-must-exist',
    });
    const answer = await call(served.url, `DELETE /v1/accounts/${cash}`);
    expect(answer.json).toMatchObject({ status: 405, code: 'method-must-be-allowed' });
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'PATCH']);
  });
});
