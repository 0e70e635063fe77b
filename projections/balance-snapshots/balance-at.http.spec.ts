import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { serveReads, type ServedReads } from '../../test/support/served-reads.js';

const FEBRUARY_28 = '2026-02-28T12:00:00.000Z';
const MARCH_1 = '2026-03-01T00:00:00.000Z';
const MARCH_3 = '2026-03-03T12:00:00.000Z';
const MARCH_10 = '2026-03-10T12:00:00.000Z';

describe('balances at two times, over HTTP', () => {
  let reads: ServedReads;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;

  const post = (amount: bigint, effectiveAt: string, recordedAt: string) =>
    history.post(
      [
        { account: bank, direction: 'credit', amount },
        { account: customer, direction: 'debit', amount },
      ],
      { effectiveAt, recordedAt },
    );
  const balanceAt = async (query: string): Promise<unknown> => {
    const path = `/v1/accounts/${customer.accountId}/balance?${query}&${await reads.head()}`;
    const { status, body } = await reads.get(path);
    expect(status).toBe(200);
    return body['balance'];
  };

  beforeAll(async () => {
    reads = await serveReads();
    history = new LedgerHistory(reads.store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open();
    await post(100n, FEBRUARY_28, FEBRUARY_28);
    await post(20n, MARCH_1, MARCH_1);
    // Found ten days later: it belongs to February.
    await post(7n, FEBRUARY_28, MARCH_10);
  });
  afterAll(() => reads.stop());

  it('answers the balance of 28 February as it was believed on 3 March, and as it is known now', async () => {
    expect(await balanceAt(`effectiveAt=${MARCH_1}&knownAt=${MARCH_3}`)).toBe('100');
    expect(await balanceAt(`effectiveAt=${MARCH_1}`)).toBe('107');
    expect(await balanceAt(`knownAt=${MARCH_3}`)).toBe('120');
    expect(await balanceAt('effectiveAt=2026-03-01T01:00:00.001%2B01:00')).toBe('127');
  });

  it('leaves out what happened at the very instant: intervals are half-open', async () => {
    expect(await balanceAt(`effectiveAt=${FEBRUARY_28}`)).toBe('0');
    expect(await balanceAt('effectiveAt=2026-02-28T12:00:00.001Z')).toBe('107');
    expect(await balanceAt(`knownAt=${MARCH_10}`)).toBe('120');
    expect(await balanceAt('knownAt=2026-03-10T12:00:00.001Z')).toBe('127');
  });

  it('explains what changed a balance, and marks what was late, backdated or reversing', async () => {
    const query = `effectiveAt=${MARCH_1}&from=${MARCH_3}&${await reads.head()}`;
    const { status, body } = await reads.get(`/v1/accounts/${customer.accountId}/balance/explain?${query}`);
    expect({ status, ...body }).toMatchObject({
      ...{ status: 200, before: '100', after: '107', from: MARCH_3, to: null, effectiveAt: MARCH_1 },
      data: [{ change: '7', marks: ['late', 'backdated'], recordedAt: MARCH_10, effectiveAt: FEBRUARY_28 }],
      pageInfo: { next: null, hasMore: false },
    });
    const reversed = randomUUID();
    const other = await history.open();
    await history.post(
      [
        { account: bank, direction: 'debit', amount: 1n },
        { account: other, direction: 'credit', amount: 1n },
      ],
      {
        effectiveAt: MARCH_3,
        recordedAt: MARCH_3,
        parent: { relation: 'reversal', transactionId: reversed },
      },
    );
    const path = `/v1/accounts/${other.accountId}/balance/explain?effectiveAt=${MARCH_10}`;
    const answer = await reads.get(`${path}&from=${MARCH_1}&to=${MARCH_10}&${await reads.head()}`);
    expect(answer.body['data']).toMatchObject([{ change: '-1', marks: ['reversing'], reverses: reversed }]);
  });

  it('refuses questions about knowledge that are not whole', async () => {
    for (const [query, pointer] of [
      [`from=${MARCH_1}`, '#query/effectiveAt'],
      [`effectiveAt=${MARCH_1}`, '#query/from'],
      [`effectiveAt=${MARCH_1}&from=${MARCH_3}&to=${MARCH_1}`, '#query/from'],
      [`effectiveAt=${MARCH_1}&from=${MARCH_1}&to=2026-03-01`, '#query/to'],
      [`effectiveAt=${MARCH_1}&from=${MARCH_1}&cursor=abc`, '#query/cursor'],
    ] as const) {
      const path = `/v1/accounts/${customer.accountId}/balance/explain?${query}`;
      const { status, body } = await reads.get(path);
      expect({ query, status, pointer: body['pointer'] }).toEqual({ query, status: 400, pointer });
    }
  });

  it('says what it is valid at, and counts the entries in it', async () => {
    const path = `/v1/accounts/${bank.accountId}/balance?effectiveAt=2026-03-01T01:00:00%2B01:00`;
    const { body, headers } = await reads.get(`${path}&${await reads.head()}`);
    const position = `${await reads.store.headPosition()}`;
    expect(body).toEqual({
      ...{ accountId: bank.accountId, currency: 'EUR', exponent: 2, effectiveAt: MARCH_1, knownAt: null },
      ...{ debits: '0', credits: '107', balance: '107', entries: 2, position },
    });
    expect(headers.get('ledger-position')).toBe(position);
  });

  it('answers zero for an account that was opened a moment ago', async () => {
    const fresh = await history.open();
    const { status, body } = await reads.get(`/v1/accounts/${fresh.accountId}/balance?knownAt=${MARCH_3}`);
    expect({ status, balance: body['balance'], entries: body['entries'] }).toEqual({
      ...{ status: 200, balance: '0', entries: 0 },
    });
  });

  it('names the parameter that it can not read', async () => {
    for (const [query, pointer] of [
      ['effectiveAt=2026-03-01T00:00:00', '#query/effectiveAt'],
      ['effectiveAt=2026-02-30T00:00:00Z', '#query/effectiveAt'],
      ['knownAt=yesterday', '#query/knownAt'],
      ['knownAt=', '#query/knownAt'],
      [`knownAt=${MARCH_1}&knownAt=${MARCH_3}`, '#query/knownAt'],
      [`knownAt=${MARCH_1}&consistency=strong`, '#query/consistency'],
      [`effectiveAt=${MARCH_1}&atLeast=-1`, '#query/atLeast'],
      [`effectiveat=${MARCH_1}`, '#query/effectiveat'],
    ] as const) {
      const { status, body } = await reads.get(`/v1/accounts/${customer.accountId}/balance?${query}`);
      expect({ query, status, code: body['code'], pointer: body['pointer'] }).toEqual({
        ...{ query, status: 400, code: 'request-must-be-valid', pointer },
      });
    }
  });

  it('knows no account of another company, nor one that does not exist', async () => {
    for (const [id, company] of [
      [customer.accountId, 'other'],
      [randomUUID(), 'default'],
      ['nonsense', 'default'],
    ] as const) {
      const path = `/v1/accounts/${id}/balance?effectiveAt=${MARCH_1}`;
      const explain = `/v1/accounts/${id}/balance/explain?effectiveAt=${MARCH_1}&from=${MARCH_1}`;
      for (const each of [path, explain]) {
        const { status, body } = await reads.get(each, { company });
        expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'account-must-exist' });
      }
    }
  });
});
