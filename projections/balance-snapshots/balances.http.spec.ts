import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { serveReads, type ServedReads } from '../../test/support/served-reads.js';
import type { BalanceList } from './balances.http.js';

const MARCH_1 = '2026-03-01T00:00:00.000Z';
const MARCH_5 = '2026-03-05T00:00:00.000Z';
const MARCH_9 = '2026-03-09T00:00:00.000Z';

describe('balances of many accounts', () => {
  let reads: ServedReads;
  let history: LedgerHistory;
  let root: HistoryAccount;
  let child: HistoryAccount;
  let dollars: HistoryAccount;
  let outside: HistoryAccount;

  const post = (
    to: HistoryAccount,
    from: HistoryAccount,
    amount: bigint,
    effectiveAt: string,
    recordedAt: string,
  ) =>
    history.post(
      [
        { account: from, direction: 'credit', amount },
        { account: to, direction: 'debit', amount },
      ],
      { effectiveAt, recordedAt },
    );
  const list = async (query: string): Promise<BalanceList> => {
    const { status, body } = await reads.get(`/v1/balances?${query}&${await reads.head()}`);
    expect({ query, status }).toEqual({ query, status: 200 });
    return body as unknown as BalanceList;
  };

  beforeAll(async () => {
    reads = await serveReads();
    history = new LedgerHistory(reads.store);
    root = await history.open();
    child = await history.open({ parent: root });
    dollars = await history.open({ parent: root, currency: 'USD' });
    outside = await history.open({ type: 'liability' });
    const bank = await history.open({ type: 'liability', currency: 'USD' });
    await history.open({ companyId: 'other' });
    await post(root, outside, 100n, MARCH_1, MARCH_1);
    await post(child, outside, 20n, MARCH_5, MARCH_5);
    await post(dollars, bank, 7n, MARCH_1, MARCH_9);
  });
  afterAll(() => reads.stop());

  it('roll up into their parent, per currency, at any two times', async () => {
    const parent = `parent=${root.accountId}`;
    const now = await list(parent);
    expect(now.data.map(({ accountId, balance }) => [accountId, balance])).toEqual([
      [root.accountId, '100'],
      [child.accountId, '20'],
      [dollars.accountId, '7'],
    ]);
    const totals = async (query: string) =>
      (await list(`${parent}&${query}`)).totals.map(({ currency, balance, accounts }) => [
        currency,
        balance,
        accounts,
      ]);
    expect(await totals('')).toEqual([
      ['EUR', '120', 2],
      ['USD', '7', 1],
    ]);
    expect(await totals(`effectiveAt=${MARCH_5}`)).toEqual([
      ['EUR', '100', 2],
      ['USD', '7', 1],
    ]);
    expect(await totals(`knownAt=${MARCH_9}&currency=USD`)).toEqual([['USD', '0', 1]]);
    expect(await totals(`effectiveAt=${MARCH_5}&knownAt=${MARCH_5}&currency=EUR`)).toEqual([
      ['EUR', '100', 2],
    ]);
  });

  it('are those that were asked for, and of the company: debits equal credits over all of it', async () => {
    const two = await list(`account=${outside.accountId}&account=${child.accountId.toUpperCase()}`);
    expect(two.data.map(({ balance }) => balance)).toEqual(['20', '120']);
    expect(two.totals).toEqual([
      { currency: 'EUR', exponent: 2, accounts: 2, debits: '20', credits: '120', balance: null, entries: 3 },
    ]);
    for (const { debits, credits } of (await list('')).totals) expect(debits).toBe(credits);
    const { body } = await reads.get('/v1/balances', { company: 'other' });
    expect(body['data']).toHaveLength(1);
  });

  it('come in pages that are held to one position while writes go on', async () => {
    const first = await list('pageSize=2');
    const found = [...first.data];
    for (let { next } = first.pageInfo; next !== null;) {
      await post(root, outside, 1n, MARCH_1, MARCH_9);
      await history.open();
      const page = await list(`pageSize=2&cursor=${next}`);
      expect(page.totals).toEqual(first.totals);
      found.push(...page.data);
      ({ next } = page.pageInfo);
    }
    expect(found.map(({ accountId }) => accountId)).toEqual(
      history.accounts
        .filter(({ companyId }) => companyId === 'default')
        .slice(0, 5)
        .map((each) => each.accountId),
    );
  });

  it('name the parameter that is wrong', async () => {
    const { pageInfo } = await list('pageSize=1');
    const unknown = randomUUID();
    const ids = Array.from({ length: 101 }, () => `account=${randomUUID()}`).join('&');
    for (const [query, status, code, pointer] of [
      ['account=7', 400, 'request-must-be-valid', '#query/account'],
      [ids, 400, 'request-must-be-valid', '#query/account'],
      ['parent=7', 400, 'request-must-be-valid', '#query/parent'],
      ['effectiveAt=2026-03-01', 400, 'request-must-be-valid', '#query/effectiveAt'],
      [`currency=EUR&cursor=${pageInfo.next}`, 400, 'cursor-must-be-well-formed', '#query/cursor'],
      [`account=${root.accountId}&account=${unknown}`, 404, 'account-must-exist', '#query/account'],
      [`parent=${unknown}`, 404, 'account-must-exist', '#query/parent'],
    ] as const) {
      const answer = await reads.get(`/v1/balances?${query}`);
      const { code: found, pointer: at } = answer.body;
      expect({ query, status: answer.status, code: found, pointer: at }).toEqual({
        query,
        status,
        code,
        pointer,
      });
    }
    const { status, body } = await reads.get(`/v1/balances?account=${root.accountId}`, { company: 'other' });
    expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'account-must-exist' });
  });

  it('answer for an account that was opened a moment ago', async () => {
    const fresh = await history.open();
    expect((await reads.get(`/v1/balances?account=${fresh.accountId}`)).status).toBe(200);
    expect((await list(`account=${fresh.accountId}`)).data).toMatchObject([{ balance: '0', entries: 0 }]);
  });
});
