import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limits } from '../../src/config/limits.js';
import { AppendOutcomeUnknown } from '../../src/edges/event-store/event-store.js';
import { transactionIdOf } from '../../src/write/identity.js';
import { BadInputFixture, testRefusals, type BadInput } from '../support/bad-input.js';
import { converse, resultsOf, sendArray, sendLines, toLines } from '../support/bulk.js';
import { Gate } from '../support/held-reads-store.js';
import { call, freshKey, type Answer } from '../support/http-client.js';

const fixture = new BadInputFixture();
beforeAll(() => fixture.start());
afterAll(() => fixture.stop());

const NOBODY = '00000000-0000-4000-8000-000000000000';

const bulk = (body: unknown): Promise<Answer> => sendArray(fixture.url, body);

/** A sound transfer as an item. */
function item(changes: object = {}, key = freshKey()): { idempotencyKey: string; transfer: object } {
  return { idempotencyKey: key, transfer: fixture.transfer(changes) };
}

/** A bulk request in both of its forms. */
const FORMS = [
  ['a JSON array', (items: readonly unknown[]) => bulk(items)],
  ['lines of JSON', (items: readonly unknown[]) => sendLines(fixture.url, toLines(items))],
] as const;

describe.each(FORMS)('a bulk request as %s', (_, send) => {
  it('gives each command its result, in order; one that fails does not stop the others', async () => {
    const items = [
      item(),
      item({ amount: 5 }),
      item({ to: NOBODY }),
      {
        idempotencyKey: freshKey(),
        transaction: { legs: [fixture.leg('debit', '7'), fixture.leg('credit', '7')] },
      },
      'no command',
      item({ amount: '2' }),
    ];
    const results = resultsOf(await send(items));
    expect(results.map(({ index, status }) => [index, status])).toEqual([
      [0, 201],
      [1, 400],
      [2, 422],
      [3, 201],
      [4, 400],
      [5, 201],
    ]);
    expect(results.map(({ idempotencyKey }) => idempotencyKey)).toEqual(
      items.map((each) => (typeof each === 'string' ? null : each.idempotencyKey)),
    );
    expect(results[0]).toMatchObject({ replayed: false, body: { status: 'posted', kind: 'transfer' } });
    expect(results[1]?.problem).toMatchObject({
      code: 'request-must-be-valid',
      pointer: '/transfer/amount',
      instance: '/v1/transactions/bulk',
      errors: [{ pointer: '/transfer/amount', rule: 'isAmount' }],
    });
    expect(results[2]?.problem).toMatchObject({ code: 'account-must-exist', pointer: '/transfer/to' });
    expect(results[3]).toMatchObject({
      body: { kind: 'transaction', legs: [{ amount: '7' }, { amount: '7' }] },
    });
  });

  it('answers each command as it would be answered alone, and again when it is sent again', async () => {
    const alone = freshKey();
    const first = await call(fixture.url, 'POST /v1/transfers', { body: fixture.transfer(), key: alone });
    const inBulk = item();
    const once = resultsOf(await send([{ idempotencyKey: alone, transfer: fixture.transfer() }, inBulk]));
    expect(once[0]).toEqual({
      index: 0,
      idempotencyKey: alone,
      status: 201,
      replayed: true,
      body: first.json,
    });
    const twice = resultsOf(await send([inBulk]));
    expect(twice[0]).toEqual({ ...once[1], index: 0, replayed: true });
    const again = await call(fixture.url, 'POST /v1/transfers', {
      body: fixture.transfer(),
      key: inBulk.idempotencyKey,
    });
    expect([again.json, again.headers.get('idempotency-replayed')]).toEqual([once[1]?.body, 'true']);
  });

  it('names what differs from the first request with a key, from the item on', async () => {
    const first = item({ metadata: { a: '1' } });
    const second = { ...first, transfer: fixture.transfer({ metadata: { a: '2' }, amount: '9' }) };
    const [, reused] = resultsOf(await send([first, second]));
    expect(reused?.problem).toMatchObject({
      status: 409,
      code: 'idempotency-key-reused',
      errors: [{ pointer: '/transfer/amount' }, { pointer: '/transfer/metadata/a' }],
    });
  });

  it('carries out the same command once, however often it is named', async () => {
    const same = item();
    const results = resultsOf(await send(Array.from({ length: 10 }, () => same)));
    expect(new Set(results.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  it('holds, captures and reverses', async () => {
    const held = [
      fixture.leg('credit', '30', { accountId: fixture.cash }),
      fixture.leg('debit', '30', { accountId: fixture.customer }),
    ];
    const [holding, posting] = resultsOf(
      await send([{ idempotencyKey: freshKey(), hold: { legs: held } }, item()]),
    );
    expect(holding).toMatchObject({
      status: 201,
      body: { status: 'authorized', position: expect.any(String) },
    });
    const { holdId } = holding?.body as { holdId: string };
    const { transactionId } = posting?.body as { transactionId: string };
    const results = resultsOf(
      await send([
        { idempotencyKey: freshKey(), capture: { holdId: holdId.toUpperCase(), final: true } },
        { idempotencyKey: freshKey(), reversal: { transactionId, effective: 'original' } },
        { idempotencyKey: freshKey(), capture: { holdId: NOBODY } },
        { idempotencyKey: freshKey(), reversal: { transactionId, legs: [{ leg: 0, amount: '1' }] } },
      ]),
    );
    expect(results).toMatchObject([
      { status: 201, body: { parent: { relation: 'capture', transactionId: holdId } } },
      { status: 201, body: { parent: { relation: 'reversal', transactionId } } },
      { status: 404, problem: { code: 'hold-must-exist', pointer: null } },
      { status: 400, problem: { pointer: '/reversal/legs', errors: [{ rule: 'arrayMinSize' }] } },
    ]);
  });

  it('takes 1,000 commands and gives 1,000 results', async () => {
    const items = Array.from({ length: limits.bulkCommandsMax }, () => item({ amount: '1' }));
    const results = resultsOf(await send(items));
    expect(results.map(({ index, idempotencyKey }) => [index, idempotencyKey])).toEqual(
      items.map(({ idempotencyKey }, index) => [index, idempotencyKey]),
    );
    expect(results.every(({ status }) => status === 201)).toBe(true);
  });

  it('of nothing is answered with nothing', async () => {
    expect(resultsOf(await send([]))).toEqual([]);
  });
});

const MALFORMED: readonly [string, () => unknown, string, string][] = [
  ['a number', () => 7, '', 'isObject'],
  ['null', () => null, '', 'isObject'],
  ['a list', () => [item()], '', 'isObject'],
  ['nothing but a key', () => ({ idempotencyKey: freshKey() }), '', 'isOneCommand'],
  [
    'two commands',
    () => ({ ...item(), transaction: { legs: [fixture.leg('debit', '1'), fixture.leg('credit', '1')] } }),
    '',
    'isOneCommand',
  ],
  ['no key', () => ({ transfer: fixture.transfer() }), '/idempotencyKey', 'isPresent'],
  ['a key that is none', () => item({}, 'a b'), '/idempotencyKey', 'matches'],
  ['an empty key', () => item({}, ''), '/idempotencyKey', 'matches'],
  ['a key that is a number', () => ({ ...item(), idempotencyKey: 7 }), '/idempotencyKey', 'matches'],
  ['an unknown field', () => ({ ...item(), memo: 'x' }), '/memo', 'isKnown'],
  ['an unknown field of a command', () => item({ memo: 'x' }), '/transfer/memo', 'isKnown'],
  ['a command that is no object', () => ({ ...item(), transfer: 'x' }), '/transfer', 'isObject'],
  ['a command that is null', () => ({ ...item(), transfer: null }), '/transfer', 'isObject'],
  [
    'a bad leg',
    () => ({ idempotencyKey: freshKey(), hold: { legs: [fixture.leg('up', '1')] } }),
    '/hold/legs/0/direction',
    'isIn',
  ],
  [
    'a capture of nothing',
    () => ({ idempotencyKey: freshKey(), capture: {} }),
    '/capture/holdId',
    'isPresent',
  ],
  [
    'a reversal of no id',
    () => ({ idempotencyKey: freshKey(), reversal: { transactionId: 'x' } }),
    '/reversal/transactionId',
    'isUuid',
  ],
];

describe('trouble in a bulk request', () => {
  it('is told of the command that met it, which may be sent again; the others are done', async () => {
    const items = [item(), item(), item()];
    const unlucky = transactionIdOf('default', items[1]?.idempotencyKey ?? '');
    fixture.store.afterAppend = (stream) => {
      if (stream === `transaction-${unlucky}`) throw new AppendOutcomeUnknown('silence');
    };
    const results = resultsOf(await bulk(items));
    fixture.store.afterAppend = () => undefined;
    expect(results.map(({ status }) => status)).toEqual([201, 503, 201]);
    expect(results[1]).toMatchObject({
      idempotencyKey: items[1]?.idempotencyKey,
      problem: { code: 'outcome-is-not-known-yet', retryable: true },
    });
    const again = resultsOf(await bulk(items));
    expect(again.map(({ status, replayed }) => [status, replayed])).toEqual(items.map(() => [201, true]));
  });

  it('is told of the whole when too many are under way', async () => {
    const idle = converse(fixture.url);
    idle.write(toLines([item()]));
    expect(await idle.line()).toMatchObject({ index: 0, status: 201 });
    const gate = new Gate();
    let waiting = 0;
    const isFull = new Promise<void>((resolve) => {
      fixture.store.beforeAppend = () => {
        waiting += 1;
        if (waiting === limits.bulkRequestsAtOnceMax) resolve();
        return gate.wait();
      };
    });
    // Accounts without a floor: each command begins with an append of its own, its commit.
    const sent = Array.from({ length: limits.bulkRequestsAtOnceMax }, () => bulk([item()]));
    await isFull;
    fixture.store.beforeAppend = () => undefined;
    const busy = await bulk([item()]);
    expect(busy.json).toMatchObject({ status: 429, code: 'ledger-is-busy' });
    expect(busy.headers.get('retry-after')).toBe('1');
    // A request that began before is told line by line.
    const refused = item();
    idle.write(toLines([refused]));
    expect(await idle.line()).toMatchObject({ index: 1, status: 429, problem: { code: 'ledger-is-busy' } });
    gate.open();
    for (const answer of sent) expect(resultsOf(await answer)).toMatchObject([{ status: 201 }]);
    idle.write(toLines([refused]));
    expect(await idle.line()).toMatchObject({ index: 2, status: 201, replayed: false });
    idle.end();
    expect(await idle.line()).toBeNull();
  });

  it('does not come from clients that send nothing more', async () => {
    const idle = Array.from({ length: limits.bulkRequestsAtOnceMax }, () => converse(fixture.url));
    for (const each of idle) each.write(toLines([item()]));
    for (const each of idle) expect(await each.line()).toMatchObject({ status: 201 });
    expect(resultsOf(await bulk([item()]))).toMatchObject([{ status: 201 }]);
    for (const each of idle) each.end();
    for (const each of idle) expect(await each.line()).toBeNull();
  });
});

describe('an item of a bulk request', () => {
  it.each(MALFORMED)('that is %s gets a problem of its own', async (_, make, pointer, rule) => {
    const storedBefore = fixture.store.log.length;
    const [result] = resultsOf(await bulk([make()]));
    expect(result).toMatchObject({ status: 400, problem: { code: 'request-must-be-valid' } });
    expect(result?.problem?.errors).toContainEqual({ pointer, rule, detail: expect.any(String) });
    expect(fixture.store.log).toHaveLength(storedBefore);
  });

  it('that is nested too deeply, or names a prototype, is refused alone', async () => {
    const deep = `{"idempotencyKey":"${freshKey()}","transfer":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const reserved = `{"idempotencyKey":"${freshKey()}","transfer":{"__proto__":{}}}`;
    const results = resultsOf(await bulk(`[${deep},${reserved},${JSON.stringify(item())}]`));
    expect(results.map(({ status, problem }) => [status, problem?.code])).toEqual([
      [400, 'body-must-be-shallower'],
      [400, 'body-must-not-name-prototypes'],
      [201, undefined],
    ]);
  });
});

const ROWS: readonly BadInput[] = [
  {
    what: 'a bulk request that is one object',
    send: () => bulk({ results: [] }),
    status: 400,
    code: 'body-must-be-json',
    pointer: null,
  },
  {
    what: 'a bulk request that is no JSON',
    send: () => bulk('[{]'),
    status: 400,
    code: 'body-must-be-json',
    pointer: null,
  },
  {
    what: 'a bulk request that names a member twice',
    send: () => bulk(JSON.stringify([item(), item()]).replace(/"amount":/g, '"amount":"7",$&')),
    status: 400,
    code: 'body-must-be-json',
    pointer: '/0/transfer/amount',
  },
  {
    what: 'a bulk request of 1,001 commands',
    send: () => bulk(Array.from({ length: limits.bulkCommandsMax + 1 }, () => item())),
    status: 400,
    code: 'request-must-be-valid',
    pointer: '',
    rule: 'arrayMaxSize',
  },
  {
    what: 'a bulk request over 1 MiB',
    send: () => bulk([item({ description: 'x'.repeat(limits.bodyBytesMax) })]),
    status: 413,
    code: 'body-must-be-smaller',
    pointer: null,
  },
  {
    what: 'a bulk request without a body',
    send: () => call(fixture.url, 'POST /v1/transactions/bulk', { key: null }),
    status: 415,
    code: 'content-type-must-be-json',
    pointer: null,
  },
  {
    what: 'lines of JSON where one object is expected',
    send: () =>
      fixture.post('/v1/transfers', JSON.stringify(fixture.transfer()), {
        'content-type': 'application/x-ndjson',
      }),
    status: 415,
    code: 'content-type-must-be-json',
    pointer: null,
  },
];

describe('a bulk request that is refused whole', () => {
  testRefusals(fixture, ROWS);
});
