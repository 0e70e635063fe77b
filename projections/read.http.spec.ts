import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { LedgerHistory, type HistoryAccount } from '../test/support/ledger-history.js';
import { serveReads, type ServedReads } from '../test/support/served-reads.js';

interface ListAnswer {
  readonly data: readonly Record<string, unknown>[];
  readonly pageInfo: { readonly next: string | null; readonly hasMore: boolean };
  readonly position: string;
}

describe('reading over HTTP', () => {
  let reads: ServedReads;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;

  const get = async (path: string, company = 'default') => reads.get(path, { company });
  const list = async (path: string): Promise<ListAnswer> => {
    const { status, body } = await get(path);
    expect(status).toBe(200);
    return body as unknown as ListAnswer;
  };
  const head = (): Promise<string> => reads.head();

  beforeAll(async () => {
    reads = await serveReads();
    history = new LedgerHistory(reads.store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open({ overdraftLimit: '0', parent: bank });
    await history.open({ companyId: 'other' });
    await history.open({ currency: 'USD', type: 'income' });
    for (let i = 1n; i <= 7n; i += 1n) await history.transfer(bank, customer, i, { reference: `r${i % 2n}` });
    await history.reject('default', 'r1');
  });
  afterAll(() => reads.stop());

  it('answers a balance with the position it is valid at, projected and strong alike', async () => {
    const projected = await get(`/v1/accounts/${customer.accountId}/balance?${await head()}`);
    expect(projected).toMatchObject({
      status: 200,
      body: {
        accountId: customer.accountId,
        currency: 'EUR',
        exponent: 2,
        debits: '28',
        credits: '0',
        balance: '28',
        reserved: '0',
        available: '28',
        position: `${await reads.store.headPosition()}`,
        sequence: 7,
      },
    });
    const strong = await get(`/v1/accounts/${customer.accountId}/balance?consistency=strong`);
    expect({ ...strong.body, position: null }).toEqual({ ...projected.body, position: null });
  });

  it('shows what was just written when asked for its position', async () => {
    for (let i = 0; i < 20; i += 1) {
      const { position } = await history.transfer(bank, customer, 1n);
      const { body } = await get(`/v1/accounts/${customer.accountId}/balance?atLeast=${position}`);
      expect(body['debits']).toBe(`${29 + i}`);
      expect(BigInt(body['position'] as string)).toBeGreaterThanOrEqual(position);
    }
  });

  it('never shows an account of another company, nor one that does not exist', async () => {
    for (const path of ['balance', 'balance?consistency=strong', 'entries']) {
      for (const [id, company] of [
        [customer.accountId, 'other'],
        [randomUUID(), 'default'],
        ['nonsense', 'default'],
      ] as const) {
        const { status, body } = await get(`/v1/accounts/${id}/${path}`, company);
        const pointer = '#path/accountId';
        expect({ status, body }).toMatchObject({
          status: 404,
          body: { code: 'account-must-exist', pointer, errors: [{ pointer }] },
        });
      }
    }
    for (const [list, name] of [
      ['transactions', 'accountId'],
      ['accounts', 'parentId'],
    ] as const) {
      const pointer = `#query/${name}`;
      for (const [id, company] of [
        [bank.accountId, 'other'],
        [randomUUID(), 'default'],
      ] as const) {
        expect(await get(`/v1/${list}?${name}=${id}`, company)).toMatchObject({
          status: 404,
          body: { code: 'account-must-exist', pointer, errors: [{ pointer }], details: { accountId: id } },
        });
      }
      const fresh = await history.open();
      const { status, body } = await get(`/v1/${list}?${name}=${fresh.accountId}`);
      expect({ status, data: body['data'] }).toEqual({ status: 200, data: [] });
    }
    expect((await get(`/v1/accounts?${await head()}`, 'other')).body['data']).toHaveLength(1);
    expect((await get('/v1/transactions', 'other')).body['data']).toEqual([]);
  });

  it('answers an account the read model has not met yet from the log', async () => {
    const fresh = await history.open();
    expect((await get(`/v1/accounts/${fresh.accountId}/balance`)).status).toBe(200);
    expect((await get(`/v1/accounts/${fresh.accountId}/entries`)).body['data']).toEqual([]);
  });

  it('lists accounts by parent, status, type and currency', async () => {
    const ids = async (query: string) =>
      (await list(`/v1/accounts?${await head()}&${query}`)).data.map((each) => each['accountId']);
    expect(await ids(`parentId=${bank.accountId}`)).toEqual([customer.accountId]);
    expect(await ids('currency=USD')).toHaveLength(1);
    expect(await ids('type=liability&status=open')).toEqual([bank.accountId]);
    expect(await ids('status=closed')).toEqual([]);
  });

  it('pages through entries, neither skipping nor repeating any while more are written', async () => {
    const first = await list(`/v1/accounts/${customer.accountId}/entries?pageSize=2&${await head()}`);
    const total = customer.sequence;
    const sequences = first.data.map((each) => each['sequence']);
    for (let next = first.pageInfo.next; next !== null;) {
      await history.transfer(bank, customer, 1n);
      const page = await list(
        `/v1/accounts/${customer.accountId}/entries?pageSize=5&cursor=${next}&${await head()}`,
      );
      sequences.push(...page.data.map((each) => each['sequence']));
      next = page.pageInfo.next;
    }
    expect(sequences).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(first.data[1]).toMatchObject({ direction: 'debit', amount: '2', balance: '3', currency: 'EUR' });
  });

  it('lists transactions by reference and by key, newest first, refusals included', async () => {
    const found = await list(`/v1/transactions?reference=r1&${await head()}`);
    expect(found.data.map((each) => each['status'])).toEqual([
      'rejected',
      'posted',
      'posted',
      'posted',
      'posted',
    ]);
    expect(found.data[0]).toMatchObject({ code: 'insufficient-funds', details: { available: '0' } });
    expect(found.data[1]).toMatchObject({ reference: 'r1', legs: [{ amount: '7' }, { amount: '7' }] });
    const [one] = found.data;
    const key = one?.['idempotencyKey'] as string;
    expect((await list(`/v1/transactions?idempotencyKey=${key}`)).data).toEqual([one]);
    const pages: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: ListAnswer = await list(
        `/v1/transactions?reference=r1&pageSize=2${cursor && `&cursor=${cursor}`}`,
      );
      pages.push(...page.data);
      cursor = page.pageInfo.next;
    }
    expect(pages).toEqual(found.data);
  });

  it('refuses parameters it does not know, can not read, or did not give out', async () => {
    const { pageInfo } = await list('/v1/transactions?reference=r1&pageSize=1');
    const accounts = '/v1/accounts';
    for (const [path, code] of [
      [`${accounts}?pageSize=0`, 'request-must-be-valid'],
      [`${accounts}?pageSize=1001`, 'request-must-be-valid'],
      [`${accounts}?colour=blue`, 'request-must-be-valid'],
      [`${accounts}?status=odd`, 'request-must-be-valid'],
      [`${accounts}?parentId=1`, 'request-must-be-valid'],
      [`${accounts}?atLeast=-1`, 'request-must-be-valid'],
      [`${accounts}?atLeast=99999999999999999999`, 'request-must-be-valid'],
      [`${accounts}?atLeast=1&atLeast=2`, 'request-must-be-valid'],
      [`${accounts}?cursor=abc`, 'cursor-must-be-well-formed'],
      [`${accounts}?cursor=${pageInfo.next}`, 'cursor-must-be-well-formed'],
      [`/v1/transactions?reference=r0&cursor=${pageInfo.next}`, 'cursor-must-be-well-formed'],
      [`/v1/transactions?reference=r1&cursor=${pageInfo.next}A`, 'cursor-must-be-well-formed'],
      [`/v1/transactions?reference=r1&cursor=*${pageInfo.next}*`, 'cursor-must-be-well-formed'],
      [`${accounts}/${customer.accountId}/balance?consistency=eventual`, 'request-must-be-valid'],
    ] as const) {
      const { status, body } = await get(path);
      expect({ path, status, code: body['code'] }).toEqual({ path, status: 400, code });
    }
  });

  it('says so when a position is not reached in time', async () => {
    const never = (await reads.store.headPosition()) + 1000n;
    // The log says that it has it, and does not deliver it.
    reads.store.headPosition = () => Promise.resolve(never);
    const { status, body } = await get(`/v1/accounts?atLeast=${never}`);
    expect({ status, code: body['code'], pointer: body['pointer'] }).toEqual({
      status: 503,
      code: 'projection-is-behind',
      pointer: '#query/atLeast',
    });
  });
});
