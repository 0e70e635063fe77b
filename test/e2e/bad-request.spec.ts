import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { limits } from '../../src/config/limits.js';
import { BadInputFixture, testRefusals, type BadInput } from '../support/bad-input.js';
import { call } from '../support/http-client.js';

const fixture = new BadInputFixture();
beforeAll(() => fixture.start());
afterAll(() => fixture.stop());

const nested = (depth: number): unknown => (depth === 0 ? 'x' : { a: nested(depth - 1) });

const ROWS: readonly BadInput[] = [
  {
    what: 'no key',
    send: () => fixture.postWithHeaders({}),
    status: 400,
    code: 'idempotency-key-must-be-present',
    pointer: '#header/Idempotency-Key',
  },
  ...(['', '""', 'with space', '"half', 'ключ', 'a'.repeat(256), 'a/b', '"a"b"'] as const).map(
    (key): BadInput => ({
      what: `the key ${key.length > 20 ? `of ${key.length} characters` : JSON.stringify(key)}`,
      send: () => fixture.postWithHeaders({ 'idempotency-key': Buffer.from(key, 'utf8').toString('latin1') }),
      status: 400,
      code: 'idempotency-key-must-be-well-formed',
      pointer: '#header/Idempotency-Key',
    }),
  ),
  {
    what: 'an address that can not be decoded',
    send: () => call(fixture.url, 'GET /v1/accounts/%ZZ'),
    status: 400,
    code: 'request-must-be-well-formed',
    pointer: null,
  },
  {
    what: 'two keys',
    send: () => fixture.postWithHeaders({ 'Idempotency-Key': ['one', 'two'] }),
    status: 400,
    code: 'idempotency-key-must-be-single',
    pointer: '#header/Idempotency-Key',
  },
  {
    what: 'two equal keys',
    send: () => fixture.postWithHeaders({ 'Idempotency-Key': ['one', 'one'] }),
    status: 400,
    code: 'idempotency-key-must-be-single',
    pointer: '#header/Idempotency-Key',
  },
  {
    what: 'two keys in one line',
    send: () => fixture.postWithHeaders({ 'idempotency-key': '"one", "two"' }),
    status: 400,
    code: 'idempotency-key-must-be-single',
    pointer: '#header/Idempotency-Key',
  },
  ...['', ' ', '-x', 'a b', 'a'.repeat(65), 'a/../b', 'ä'].map((company): BadInput => ({
    what: `the company ${company.length > 20 ? `of ${company.length} characters` : JSON.stringify(company)}`,
    send: () =>
      fixture.postWithHeaders({
        'idempotency-key': 'k',
        'ledger-company': Buffer.from(company, 'utf8').toString('latin1'),
      }),
    status: 400,
    code: 'company-must-be-well-formed',
    pointer: '#header/Ledger-Company',
  })),
  {
    what: 'two companies',
    send: () => fixture.postWithHeaders({ 'idempotency-key': 'k', 'Ledger-Company': ['a', 'b'] }),
    status: 400,
    code: 'company-must-be-well-formed',
    pointer: '#header/Ledger-Company',
  },
  {
    what: 'the wrong content type',
    send: () =>
      fixture.post('/v1/transfers', JSON.stringify(fixture.transfer()), { 'content-type': 'text/plain' }),
    status: 415,
    code: 'content-type-must-be-json',
    pointer: null,
  },
  {
    what: 'a form',
    send: () =>
      fixture.post('/v1/transfers', 'amount=5', { 'content-type': 'application/x-www-form-urlencoded' }),
    status: 415,
    code: 'content-type-must-be-json',
    pointer: null,
  },
  {
    what: 'a body over 1 MiB',
    send: () =>
      fixture.post('/v1/transfers', fixture.transfer({ description: 'x'.repeat(limits.bodyBytesMax) })),
    status: 413,
    code: 'body-must-be-smaller',
    pointer: null,
  },
  {
    what: 'a body of too many values',
    send: () =>
      fixture.post('/v1/transactions', { legs: Array.from({ length: limits.bodyValuesMax + 1 }, () => 0) }),
    status: 413,
    code: 'body-must-be-smaller',
    pointer: null,
  },
  ...['{', '{"amount":}', "{'amount':'5'}", '{"amount":"5"}}', 'null', '[]', '"text"', '5', 'NaN'].map(
    (body): BadInput => ({
      what: `the body ${body}`,
      send: () => fixture.post('/v1/transfers', body),
      status: 400,
      code: 'body-must-be-json',
      pointer: null,
    }),
  ),
  {
    what: 'a member that stands twice',
    send: () =>
      fixture.post(
        '/v1/transfers',
        JSON.stringify(fixture.transfer({ metadata: { a: '1' } })).replace('"a":', '"a":"1","\\u0061":'),
      ),
    status: 400,
    code: 'body-must-be-json',
    pointer: '/metadata/a',
  },
  {
    what: 'deep nesting',
    send: () => fixture.post('/v1/transfers', fixture.transfer({ metadata: nested(20) })),
    status: 400,
    code: 'body-must-be-shallower',
    pointer: `/metadata${'/a'.repeat(7)}`,
  },
  {
    what: 'nesting as deep as a body can be',
    send: () => fixture.post('/v1/transfers', `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`),
    status: 400,
    code: 'body-must-be-shallower',
    pointer: `/a${'/0'.repeat(7)}`,
  },
  {
    what: '__proto__',
    send: () => fixture.post('/v1/transfers', '{"__proto__":{"amount":"5"}}'),
    status: 400,
    code: 'body-must-not-name-prototypes',
    pointer: '/__proto__',
  },
  {
    what: '__proto__, escaped and nested',
    send: () => fixture.post('/v1/transfers', '{"metadata":{"\\u005f_proto__":"x"}}'),
    status: 400,
    code: 'body-must-not-name-prototypes',
    pointer: '/metadata/__proto__',
  },
  {
    what: 'constructor',
    send: () => fixture.post('/v1/transfers', '{"constructor":{"prototype":{"amount":"5"}}}'),
    status: 400,
    code: 'body-must-not-name-prototypes',
    pointer: '/constructor',
  },
];

describe('a bad request, whatever it asks for', () => {
  testRefusals(fixture, ROWS);

  it('never echoes a megabyte', async () => {
    const answer = await fixture.post('/v1/transfers', fixture.transfer({ ['x'.repeat(500_000)]: 1 }));
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(2_000);
  });

  it('answers a flood of broken legs quickly', async () => {
    const startedAtMs = performance.now();
    const answer = await fixture.post('/v1/transactions', {
      legs: Array.from({ length: limits.bodyValuesMax / 2 }, () => ({})),
    });
    expect(answer.status).toBe(400);
    expect((answer.json['errors'] as unknown[]).length).toBeLessThanOrEqual(limits.problemErrorsMax);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });

  it.each([
    ['is no HTTP', 'nonsense\r\n\r\n', 400],
    ['has an impossible length', 'POST /v1/transfers HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['has 20 KB of headers', `GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('answers a problem to what %s', async (_, sent, status) => {
    const { port } = new URL(fixture.url);
    const answer = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(sent));
      socket.on('data', (chunk) => (received += chunk.toString()));
      socket.on('error', reject);
      socket.on('close', () => resolve(received));
    });
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code: 'request-must-be-well-formed', pointer: null });
  });

  it('says so when there is nothing at an address, or not with this method', async () => {
    expect((await call(fixture.url, 'GET /v2/accounts')).json).toMatchObject({
      status: 404,
      code: 'route-must-exist',
    });
    const answer = await call(fixture.url, `DELETE /v1/accounts/${fixture.cash}`);
    expect(answer.json).toMatchObject({ status: 405, code: 'method-must-be-allowed' });
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'PATCH']);
  });
});
