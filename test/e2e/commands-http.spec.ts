import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Served } from '../../src/app/serve.js';
import { limits } from '../../src/config/limits.js';
import { AppendOutcomeUnknown, EventStoreUnavailable } from '../../src/edges/event-store/event-store.js';
import { PROBLEM_CODES, PROBLEMS } from '../../src/edges/http/problem.js';
import { PostgresUnavailable } from '../../src/edges/postgres/sqlstate.js';
import { AppLogger } from '../../src/observability/logger.js';
import { TooBusy, TryAgain } from '../../src/write/command.js';
import { REFUSALS, refusal, type RefusalCode } from '../../src/write/refusals.js';
import { FakeLedger, serveFake } from '../support/fake-ledger.js';
import { call } from '../support/http-client.js';
import { stopServing } from '../support/served-ledger.js';

const ACCOUNT = 'A2D6B5C4-0F1E-4D3C-8B2A-190817263544';
const account = ACCOUNT.toLowerCase();
const OTHER = 'b2d6b5c4-0f1e-4d3c-8b2a-190817263544';

const ledger = new FakeLedger();
const logged: string[] = [];
let served: Served;

const TRANSFER = { from: account, to: OTHER, amount: '5', currency: 'USD' };

beforeAll(async () => {
  const logger = new AppLogger('debug', { write: (line) => logged.push(line) });
  served = await serveFake(ledger, { logger });
});
afterAll(() => stopServing(served));
beforeEach(() => {
  ledger.dispatched.length = 0;
  logged.length = 0;
  ledger.answer = () => accepted({});
});

function accepted(body: object, changes: object = {}): object {
  return { kind: 'accepted', body, position: 42n, replayed: false, settled: true, ...changes };
}

/** Makes the ledger throw. */
function failing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe('commands over HTTP', () => {
  const nothing = { effectiveAt: null, description: null, reference: null, metadata: {} };

  it.each([
    [
      'POST /v1/accounts',
      { name: 'Cash', type: 'asset', currency: 'USD' },
      'OpenAccountCommand',
      { name: 'Cash', type: 'asset', currency: 'USD', parentId: null, overdraftLimit: null, metadata: {} },
    ],
    [
      'POST /v1/accounts',
      {
        name: 'Cash',
        type: 'asset',
        currency: 'USD',
        parentId: ACCOUNT,
        overdraftLimit: '0',
        metadata: { a: 'b' },
      },
      'OpenAccountCommand',
      {
        name: 'Cash',
        type: 'asset',
        currency: 'USD',
        parentId: account,
        overdraftLimit: '0',
        metadata: { a: 'b' },
      },
    ],
    [`PATCH /v1/accounts/${ACCOUNT}`, { name: 'New' }, 'ChangeAccountCommand', { name: 'New' }],
    [
      `PATCH /v1/accounts/${ACCOUNT}`,
      { overdraftLimit: null, metadata: {} },
      'ChangeAccountCommand',
      { overdraftLimit: null, metadata: {} },
    ],
    [`POST /v1/accounts/${ACCOUNT}/freeze`, { reason: 'why' }, 'FreezeAccountCommand', { reason: 'why' }],
    [`POST /v1/accounts/${ACCOUNT}/freeze`, undefined, 'FreezeAccountCommand', { reason: null }],
    [`POST /v1/accounts/${ACCOUNT}/unfreeze`, {}, 'UnfreezeAccountCommand', { reason: null }],
    [`POST /v1/accounts/${ACCOUNT}/close`, { reason: null }, 'CloseAccountCommand', { reason: null }],
    [`POST /v1/accounts/${ACCOUNT}/reopen`, '', 'ReopenAccountCommand', { reason: null }],
    [
      'POST /v1/transfers',
      { from: ACCOUNT, to: OTHER, amount: '5', currency: 'USD' },
      'PostTransactionCommand',
      { form: 'transfer', kind: 'transfer', ...nothing, ...TRANSFER },
    ],
    [
      'POST /v1/transfers',
      {
        ...TRANSFER,
        effectiveAt: '2026-03-01T10:30:00.1239+01:00',
        kind: 'fee',
        description: 'd',
        reference: 'r',
      },
      'PostTransactionCommand',
      {
        form: 'transfer',
        ...nothing,
        ...TRANSFER,
        kind: 'fee',
        description: 'd',
        reference: 'r',
        effectiveAt: '2026-03-01T09:30:00.123Z',
      },
    ],
    [
      'POST /v1/transactions',
      {
        legs: [
          { accountId: ACCOUNT, direction: 'debit', amount: '5', currency: 'USD' },
          { accountId: OTHER, direction: 'credit', amount: '5', currency: 'USD' },
        ],
      },
      'PostTransactionCommand',
      {
        form: 'transaction',
        kind: 'transaction',
        ...nothing,
        legs: [
          { accountId: account, direction: 'debit', amount: '5', currency: 'USD' },
          { accountId: OTHER, direction: 'credit', amount: '5', currency: 'USD' },
        ],
      },
    ],
  ])('%s %j becomes a %s with every default filled in', async (route, body, name, request) => {
    const answer = await call(served.url, route, {
      ...(body === undefined ? {} : { body }),
      headers: body === '' ? { 'content-type': 'application/json' } : {},
    });
    expect(answer.json['errors'] ?? []).toEqual([]);
    expect(ledger.dispatched).toEqual([expect.objectContaining({ name, request })]);
    if (route.includes(ACCOUNT)) expect(ledger.dispatched[0]).toMatchObject({ accountId: account });
  });

  it('hands on who asks, the key, the request id and the trace', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await call(served.url, 'POST /v1/transfers', {
      body: TRANSFER,
      key: '"quoted-key"',
      company: 'acme',
      headers: { 'x-request-id': 'mine-1', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    expect(answer.headers.get('x-request-id')).toBe('mine-1');
    expect(ledger.dispatched[0]?.context).toMatchObject({
      principal: { subject: 'anonymous', companyId: 'acme' },
      idempotencyKey: 'quoted-key',
      requestId: 'mine-1',
      correlationId: traceId,
    });
  });

  it.each([
    ['an id that is not sane', { 'x-request-id': 'a b"' }],
    ['an invalid trace', { traceparent: '00-00000000000000000000000000000000-00f067aa0ba902b7-01' }],
  ])('makes its own ids when it is sent %s', async (_, headers) => {
    const answer = await call(served.url, 'POST /v1/transfers', { body: TRANSFER, headers });
    const requestId = answer.headers.get('x-request-id') ?? '';
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(ledger.dispatched[0]?.context).toMatchObject({ requestId, correlationId: requestId });
  });

  it('counts the same key bare and quoted as one', async () => {
    for (const key of ['same', '"same"'])
      await call(served.url, 'POST /v1/transfers', { body: TRANSFER, key });
    expect(ledger.dispatched.map(({ context }) => context?.idempotencyKey)).toEqual(['same', 'same']);
  });

  it('answers an opened account with its place, its revision and its position', async () => {
    ledger.answer = () => accepted({ accountId: account, revision: '7' });
    const answer = await call(served.url, 'POST /v1/accounts', {
      body: { name: 'Cash', type: 'asset', currency: 'USD' },
    });
    expect(answer.status).toBe(201);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      location: `/v1/accounts/${account}`,
      etag: '"7"',
      'ledger-position': '42',
    });
    expect(answer.headers.has('idempotency-replayed')).toBe(false);
    expect(answer.json).toEqual({ accountId: account, revision: '7', position: '42' });
  });

  it('says when an answer is a replay', async () => {
    ledger.answer = () => accepted({ transactionId: OTHER }, { replayed: true });
    const answer = await call(served.url, 'POST /v1/transfers', { body: TRANSFER });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
  });

  it('answers 202 while entries are still owed', async () => {
    ledger.answer = () => accepted({ transactionId: OTHER }, { settled: false });
    const answer = await call(served.url, 'POST /v1/transfers', { body: TRANSFER });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/transactions/${OTHER}`);
  });
});

const NAMED_IN_PATH: Partial<Record<RefusalCode, string>> = {
  'account-must-exist': '#path/accountId',
  'hold-must-exist': '#path/holdId',
  'transaction-must-exist': '#path/transactionId',
};

describe('refusals over HTTP', () => {
  it.each(
    (Object.keys(REFUSALS) as RefusalCode[]).flatMap((code) => [
      [code, null] as const,
      [code, '/from'] as const,
    ]),
  )('%s at %s is a problem document', async (code, pointer) => {
    ledger.answer = () => ({
      kind: 'refused',
      refusal: refusal(code, pointer, { currency: 'USD', needed: '5' }),
      position: 9n,
      replayed: true,
    });
    const answer = await call(served.url, 'POST /v1/transfers', { body: TRANSFER });
    const { status, statusInBody, title, retryable } = PROBLEMS[code];
    // What is named nowhere in a body is named in the path.
    const named = pointer ?? NAMED_IN_PATH[code] ?? null;
    expect(answer.status).toBe(pointer === null ? status : (statusInBody ?? status));
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers.get('ledger-position')).toBe('9');
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
    expect(answer.headers.get('retry-after')).toBe(retryable ? `${limits.retryAfterBusySeconds}` : null);
    expect(answer.json).toEqual({
      type: `/problems/${code}`,
      title,
      status: answer.status,
      detail: `${title.slice(0, -1)}: currency USD, needed 5.`,
      instance: '/v1/transfers',
      code,
      pointer: named,
      errors: named === null ? [] : [{ pointer: named, rule: code, detail: title }],
      details: { currency: 'USD', needed: '5' },
      requestId: answer.headers.get('x-request-id'),
      retryable,
    });
  });

  it('lists the fields that differ when a key is used for another request', async () => {
    ledger.answer = () => ({
      kind: 'refused',
      refusal: refusal('idempotency-key-reused', null, { fields: '/amount,/metadata/a' }),
      position: null,
      replayed: false,
    });
    const answer = await call(served.url, 'POST /v1/transfers', { body: TRANSFER });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ code: 'idempotency-key-reused', pointer: '/amount' });
    const errors = answer.json['errors'] as { pointer: string; rule: string }[];
    expect(errors.map(({ pointer, rule }) => [pointer, rule])).toEqual([
      ['/amount', 'idempotency-key-reused'],
      ['/metadata/a', 'idempotency-key-reused'],
    ]);
    expect(answer.headers.has('ledger-position')).toBe(false);
  });

  it('gives every code a client error or a passing status, and only passing ones are retryable', () => {
    for (const code of PROBLEM_CODES) {
      const { status, retryable, title, howToFix } = PROBLEMS[code];
      expect([code, retryable]).toEqual([code, [408, 429, 500, 503].includes(status)]);
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect([title, howToFix].every((sentence) => /^[A-Z].*\.$/.test(sentence))).toBe(true);
    }
  });
});

describe('trouble over HTTP', () => {
  it.each([
    [new TooBusy('full'), 429, 'ledger-is-busy'],
    [new TryAgain('late'), 503, 'outcome-is-not-known-yet'],
    [new AppendOutcomeUnknown('silence'), 503, 'outcome-is-not-known-yet'],
    [new EventStoreUnavailable('gone'), 503, 'event-store-is-unavailable'],
    [new PostgresUnavailable('gone'), 503, 'reads-are-unavailable'],
  ])('%s is answered with when to come back', async (error, status, code) => {
    ledger.answer = failing(error);
    const answer = await call(served.url, 'POST /v1/transfers', { body: TRANSFER });
    expect(answer.json).toMatchObject({ status, code, retryable: true });
    expect(answer.status).toBe(status);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(answer.text).not.toContain(error.message);
  });

  it.each([new Error('secret detail'), 'thrown text', undefined])(
    'tells the log, not the caller, about %s',
    async (error) => {
      ledger.answer = failing(error);
      const answer = await call(served.url, 'POST /v1/transfers', { body: TRANSFER });
      expect(answer.json).toMatchObject({ status: 500, code: 'internal-error', errors: [], details: {} });
      expect(answer.text).not.toContain('secret detail');
      const line = logged.find((each) => each.includes('"level":"error"')) ?? '';
      expect(JSON.parse(line)).toMatchObject({ requestId: answer.headers.get('x-request-id') });
      if (error instanceof Error) expect(line).toContain('secret detail');
    },
  );

  it('writes neither keys, nor credentials, nor bodies to the log', async () => {
    ledger.answer = failing(new Error('x'));
    await call(served.url, 'POST /v1/transfers', {
      body: { ...TRANSFER, description: 'canary-body' },
      key: 'canary-key',
      headers: { authorization: 'Bearer canary-token', cookie: 'session=canary-cookie' },
    });
    await call(served.url, 'POST /v1/transfers', { body: '{"canary-broken', key: 'canary-key' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(logged.length).toBeGreaterThanOrEqual(2);
    expect(logged.join('')).not.toContain('canary');
  });
});

describe('every answer', () => {
  it.each(['GET /livez', 'GET /nowhere', 'POST /v1/transfers', 'GET /openapi.json', 'GET /metrics'])(
    '%s is not sniffed, not cached, not framed',
    async (route) => {
      const { headers } = await call(served.url, route);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-request-id')).toBeTruthy();
    },
  );

  it('is counted by route pattern, never by address', async () => {
    await call(served.url, `POST /v1/accounts/${account}/freeze`);
    await call(served.url, 'GET /nowhere/secret-place');
    const { text } = await call(served.url, 'GET /metrics');
    expect(text).toContain('route="/v1/accounts/:accountId/freeze"');
    expect(text).not.toContain(account);
    expect(text).not.toContain('secret-place');
  });
});
