import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { serveReads, type ReadAnswer, type ServedReads } from '../../test/support/served-reads.js';
import { toInstant } from '../../src/kernel/clock.js';

const MINUTE = 60_000;

describe('counters, over HTTP', () => {
  let reads: ServedReads;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;
  /** A whole minute, two minutes ago. */
  const at = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * MINUTE;

  const send = async (method: string, path: string, body: unknown, company = 'default') => {
    const response = await fetch(`${reads.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'ledger-company': company },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body: answer };
  };
  const click = (id: string, key: string, occurredAtMs: number, value?: string) => ({
    ...{ id, counter: 'clicks', key, occurredAt: toInstant(occurredAtMs) },
    ...(value === undefined ? {} : { value }),
  });
  const get = async (path: string, company?: string): Promise<ReadAnswer> => {
    const joined = `${path}${path.includes('?') ? '&' : '?'}${await reads.head()}`;
    return reads.get(joined, company === undefined ? {} : { company });
  };
  const problem = async (path: string): Promise<unknown> => {
    const { status, body } = await get(path);
    const [error] = (body['errors'] ?? []) as { pointer: string; rule: string }[];
    return [status, body['code'], error?.pointer, error?.rule];
  };

  beforeAll(async () => {
    reads = await serveReads();
    history = new LedgerHistory(reads.store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open();
  });
  afterAll(() => reads.stop());

  it('counts activities once, in a window that slides and in one that tumbles', async () => {
    const activities = [
      click('1', 'home', at),
      click('2', 'home', at + 999, '5'),
      click('3', 'home', at + 1_000),
      click('4', 'a/b c', at + MINUTE, '0'),
    ];
    expect((await send('POST', '/v1/activities', { activities })).status).toBe(202);
    // Sent again, and then one of it under another key: an id is counted once.
    const again = await send('POST', '/v1/activities', { activities });
    const position = again.body['position'] as string;
    const path = '/v1/counters/clicks/home';
    const window = await reads.get(`${path}?window=1m&at=${toInstant(at + MINUTE)}&atLeast=${position}`);
    expect(window.body).toEqual({
      counter: 'clicks',
      key: 'home',
      from: toInstant(at),
      to: toInstant(at + MINUTE),
      count: 3,
      sum: '7',
      complete: true,
      position: expect.stringMatching(/^\d+$/),
    });
    expect((await get(`${path}?window=1s&at=${toInstant(at + 1_500)}`)).body).toMatchObject({
      count: 2,
      sum: '6',
    });
    expect((await get(`/v1/counters/clicks/a%2Fb%20c?window=15m`)).body).toMatchObject({
      key: 'a/b c',
      count: 1,
      sum: '0',
    });
    expect((await get(`/v1/counters/clicks/nobody?window=15m`)).body).toMatchObject({ count: 0, sum: '0' });
    const series = await get(
      `${path}?granularity=1m&from=${toInstant(at - MINUTE)}&to=${toInstant(at + 2 * MINUTE)}`,
    );
    expect(series.body['buckets']).toEqual([
      { start: toInstant(at - MINUTE), count: 0, sum: '0' },
      { start: toInstant(at), count: 3, sum: '7' },
      { start: toInstant(at + MINUTE), count: 0, sum: '0' },
    ]);
    const top = await get(`/v1/counters/clicks?window=1h&top=1&by=sum`);
    expect(top.body['keys']).toEqual([{ key: 'home', count: 3, sum: '7' }]);
  });

  it('does not keep other reads waiting for a position that only counters need', async () => {
    const answer = await send('POST', '/v1/activities', click('seen', 'elsewhere', at));
    const path = `/v1/accounts/${customer.accountId}/balance?atLeast=${answer.body['position'] as string}`;
    expect((await reads.get(path)).status).toBe(200);
  });

  it('counts what is late, what came twice and what went astray, where everyone can see it', async () => {
    await send('POST', '/v1/activities', click('late', 'home', Date.now() - 25 * 60 * MINUTE));
    await get('/v1/counters');
    const { body } = await get('/v1/counters');
    const rows = body['data'] as Record<string, unknown>[];
    expect(rows.find(({ counter }) => counter === 'clicks')).toMatchObject({
      ...{ definition: null, counted: 5, duplicates: 4, late: 1, strays: 0, dropped: 0, backfill: null },
    });
  });

  it('counts the ledger out of the box, and by a definition from its beginning', async () => {
    const legs = [
      { account: bank, direction: 'credit' as const, amount: 30n },
      { account: customer, direction: 'debit' as const, amount: 30n },
    ];
    await history.post(legs, { effectiveAt: toInstant(at), kind: 'pay:out', metadata: { shop: '9%' } });
    const key = encodeURIComponent(`${customer.accountId}:pay%3Aout:debit`);
    const built = await get(`/v1/counters/ledger-postings/${key}?window=15m`);
    expect(built.body).toMatchObject({ count: 1, sum: '30' });

    const definition = { by: ['currency', 'metadata.shop'], where: { direction: 'debit' } };
    expect((await send('PUT', '/v1/counters/shops', definition)).status).toBe(201);
    await history.post(legs, { effectiveAt: toInstant(at), metadata: { shop: '9%' } });
    const shop = encodeURIComponent('EUR:9%25');
    let body: Record<string, unknown> = {};
    for (const deadline = Date.now() + 5_000; body['complete'] !== true && Date.now() < deadline;) {
      ({ body } = await get(`/v1/counters/shops/${shop}?window=15m`));
    }
    expect(body).toMatchObject({ complete: true, count: 2, sum: '60' });
    const list = await get('/v1/counters');
    const [postings, ...others] = list.body['data'] as Record<string, unknown>[];
    expect(postings).toMatchObject({ counter: 'ledger-postings', counted: 4, backfill: null });
    expect(others.find(({ counter }) => counter === 'shops')).toMatchObject({
      definition: { by: definition.by, where: { kind: null, currency: null, direction: 'debit' } },
      backfill: { done: true },
    });
  });

  it('pages the list', async () => {
    const first = await get('/v1/counters?pageSize=1');
    expect((first.body['data'] as unknown[]).length).toBe(1);
    const { next } = first.body['pageInfo'] as { next: string };
    const second = await get(`/v1/counters?pageSize=1&cursor=${next}`);
    expect(second.body['data']).toMatchObject([{ counter: 'clicks' }]);
  });

  it('shows a company its own counters only', async () => {
    await send('POST', '/v1/activities', click('1', 'home', at), 'other');
    expect((await get('/v1/counters/clicks/home?window=1h', 'other')).body).toMatchObject({ count: 1 });
    expect((await get('/v1/counters/shops/x?window=1h', 'other')).status).toBe(404);
    const { body } = await get('/v1/counters', 'other');
    expect((body['data'] as { counter: string }[]).map(({ counter }) => counter)).toEqual([
      'ledger-postings',
      'clicks',
    ]);
  });

  it('refuses, naming the parameter', async () => {
    const valid = 'request-must-be-valid';
    const [from, to] = [toInstant(at), toInstant(at + MINUTE)];
    const key = '/v1/counters/clicks/home';
    expect(await problem('/v1/counters/nothing/home?window=1h')).toEqual([
      404,
      'counter-must-exist',
      '#path/counter',
      'counter-must-exist',
    ]);
    expect(await problem(key)).toEqual([400, valid, '#query/window', 'isPresent']);
    expect(await problem(`${key}?window=0s`)).toEqual([400, valid, '#query/window', 'isWindow']);
    expect(await problem(`${key}?window=9999d`)).toEqual([400, valid, '#query/window', 'isWindow']);
    expect(await problem(`${key}?window=1h&at=2026-03-01T12:00:00`)).toEqual([
      400,
      valid,
      '#query/at',
      'isInstant',
    ]);
    expect(await problem(`${key}?window=1h&at=0001-01-01T00:00:00Z`)).toEqual([
      400,
      valid,
      '#query/at',
      'isInCalendar',
    ]);
    const old = toInstant(at - 5 * 24 * 60 * MINUTE + 1_000);
    expect(await problem(`${key}?window=1h&at=${old}`)).toEqual([400, valid, '#query/window', 'isKept']);
    expect(await problem(`${key}?granularity=1m&from=${from}`)).toEqual([
      400,
      valid,
      '#query/to',
      'isPresent',
    ]);
    expect(await problem(`${key}?granularity=1m&from=${to}&to=${from}`)).toEqual([
      400,
      valid,
      '#query/from',
      'isOrdered',
    ]);
    expect(await problem(`${key}?granularity=1m&from=${toInstant(at + 1_000)}&to=${to}`)).toEqual([
      400,
      valid,
      '#query/from',
      'isAligned',
    ]);
    expect(await problem(`${key}?granularity=1m&from=${from}&to=${to}&window=1h`)).toEqual([
      400,
      valid,
      '#query/window',
      'isAlone',
    ]);
    for (const name of ['from', 'to']) {
      expect(await problem(`${key}?window=15m&${name}=${from}`)).toEqual([
        400,
        valid,
        `#query/${name}`,
        'isAlone',
      ]);
    }
    const far = toInstant(at + 1_501 * MINUTE);
    expect(await problem(`${key}?granularity=1m&from=${from}&to=${far}`)).toEqual([
      400,
      valid,
      '#query/to',
      'isNear',
    ]);
    const gone = toInstant(Math.floor(at / MINUTE) * MINUTE - 50 * 24 * 60 * MINUTE);
    const goneTo = toInstant(Math.floor(at / MINUTE) * MINUTE - 50 * 24 * 60 * MINUTE + MINUTE);
    expect(await problem(`${key}?granularity=1m&from=${gone}&to=${goneTo}`)).toEqual([
      400,
      valid,
      '#query/from',
      'isKept',
    ]);
    expect(await problem('/v1/counters/clicks?window=1h&top=101')).toEqual([
      400,
      valid,
      '#query/top',
      'isTop',
    ]);
    expect(await problem('/v1/counters/Clicks?window=1h')).toEqual([
      400,
      valid,
      '#path/counter',
      'isCounterName',
    ]);
    const { body } = await reads.get(`${key}?window=1h&atLeast=999999999`);
    expect(body['code']).toBe(valid);
  });

  it('answers long windows that end now, at a whole minute, hour or day', async () => {
    for (const [window, end] of [
      ['7d', /:00\.000Z$/],
      ['60d', /:00:00\.000Z$/],
      ['500d', /T00:00:00\.000Z$/],
    ] as const) {
      const { status, body } = await get(`/v1/counters/clicks/home?window=${window}`);
      expect([status, end.test(body['to'] as string)]).toEqual([200, true]);
    }
  });
});
