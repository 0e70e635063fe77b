import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { toInstant } from '../../src/kernel/clock.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { serveReads, type ServedReads } from '../../test/support/served-reads.js';
import type { Statement } from './statement.view.js';

const START_MS = Date.UTC(2026, 1, 1);
const HOUR_MS = 3_600_000;
const hourAt = (hour: number): string => toInstant(START_MS + hour * HOUR_MS);

/** An entry as this spec wrote it: positive when it raises the balance. */
interface Written {
  readonly transactionId: string;
  readonly change: bigint;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly position: bigint;
  readonly order: number;
}

describe('statements', () => {
  let reads: ServedReads;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;
  const written: Written[] = [];

  const post = async (
    amount: bigint,
    effectiveAt: string,
    recordedAt: string,
    options: { readonly description?: string; readonly reference?: string } = {},
  ): Promise<void> => {
    const back = amount < 0n;
    const { transactionId, position } = await history.post(
      [
        { account: bank, direction: back ? 'debit' : 'credit', amount: back ? -amount : amount },
        { account: customer, direction: back ? 'credit' : 'debit', amount: back ? -amount : amount },
      ],
      { effectiveAt, recordedAt, ...options },
    );
    const order = written.length;
    written.push({ transactionId, change: amount, effectiveAt, recordedAt, position, order });
  };
  const path = (query: string): string => `/v1/accounts/${customer.accountId}/statement?${query}`;
  const page = async (query: string): Promise<Statement> => {
    const { status, body } = await reads.get(path(query));
    expect({ query, status }).toEqual({ query, status: 200 });
    return body as unknown as Statement;
  };
  /** What stands in a period, in the order of statements. */
  const within = (from: string, to: string, knownAt: string | null, position: bigint): Written[] =>
    written
      .filter((each) => each.effectiveAt >= from && each.effectiveAt < to)
      .filter((each) => (knownAt === null || each.recordedAt < knownAt) && each.position <= position)
      .sort((one, two) => one.effectiveAt.localeCompare(two.effectiveAt) || one.order - two.order);
  const sum = (entries: readonly Written[]): bigint =>
    entries.reduce((total, each) => total + each.change, 0n);
  const BEGINNING = '0001-01-01T00:00:00.000Z';

  beforeAll(async () => {
    reads = await serveReads();
    history = new LedgerHistory(reads.store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open();
    for (let i = 0; i < 90; i += 1) {
      const amount = BigInt(((i * 37) % 23) - 8) || 1n;
      await post(amount, hourAt((i * 11) % 24), hourAt(24 + Math.floor(i / 10)));
    }
  });
  afterAll(() => reads.stop());

  it('hold what a naive fold gives, in pages of any size, while writes go on', async () => {
    const hour = fc.integer({ min: -1, max: 26 });
    await fc.assert(
      fc.asyncProperty(
        hour,
        hour,
        fc.option(fc.integer({ min: 23, max: 36 })),
        fc.integer({ min: 1, max: 40 }),
        async (one, two, known, pageSize) => {
          const [from, to] = [hourAt(Math.min(one, two)), hourAt(Math.max(one, two))];
          const knownAt = known === null ? null : hourAt(known);
          const query = `from=${from}&to=${to}${knownAt === null ? '' : `&knownAt=${knownAt}`}&pageSize=${pageSize}`;
          const first = await page(`${query}&${await reads.head()}`);
          const found = [...first.data];
          for (let { next } = first.pageInfo; next !== null;) {
            await post(1n, hourAt(3), hourAt(34));
            const more = await page(`${query}&cursor=${next}&${await reads.head()}`);
            expect(more).toMatchObject({ ...first, data: more.data, pageInfo: more.pageInfo });
            found.push(...more.data);
            ({ next } = more.pageInfo);
          }
          const position = BigInt(first.position);
          const entries = within(from, to, knownAt, position);
          const opening = sum(within(BEGINNING, from, knownAt, position));
          let balance = opening;
          expect(first.opening.minor).toBe(`${opening}`);
          expect(found.map((line) => [line.transactionId, line.balance.minor])).toEqual(
            entries.map((entry) => [entry.transactionId, `${(balance += entry.change)}`]),
          );
          expect(first.closing.minor).toBe(`${balance}`);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  it('chain: the closing balance of one period is the opening balance of the next, and the balance between them', async () => {
    const atLeast = await reads.head();
    let previous: Statement | undefined;
    for (let hour = -2; hour <= 26; hour += 4) {
      const statement = await page(`from=${hourAt(hour)}&to=${hourAt(hour + 4)}&${atLeast}`);
      if (previous) expect(statement.opening).toEqual(previous.closing);
      const balance = await reads.get(
        `/v1/accounts/${customer.accountId}/balance?effectiveAt=${hourAt(hour + 4)}&${atLeast}`,
      );
      expect(balance.body['balance']).toBe(statement.closing.minor);
      previous = statement;
    }
    expect(previous?.closing.minor).toBe(`${sum(written)}`);
  });

  it('come whole as CSV, however long, with texts that no spreadsheet takes for a formula', async () => {
    const wide = ['\uff1d1', '\uff0b1', '\uff0d1', '\uff20x'];
    const nasty = ['=1+1', '+1', '-1', '@x', 'a "quoted", text', "  =HYPERLINK('x')", 'a;=1+1', ...wide];
    for (const description of nasty) await post(5n, hourAt(40), hourAt(41), { description, reference: '=r' });
    for (let i = 0; i < 1_010; i += 1) await post(1n, hourAt(41), hourAt(41));
    const query = `from=${hourAt(40)}&to=${hourAt(42)}&${await reads.head()}`;
    const answer = await reads.get(path(`${query}&format=csv`));
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="statement-[-0-9a-f]+\.csv"$/,
    );
    const lines = answer.text.split('\r\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(1 + 1 + nasty.length + 1_010 + 1);
    expect(lines[0]).toMatch(/^row,effective_at,/);
    const cells = lines
      .slice(2, 2 + nasty.length)
      .map((line) => line.split(`,"'=r",`)[0]?.split(',"transfer",')[1]);
    expect(cells).toEqual([
      ...[`"'=1+1"`, `"'+1"`, `"'-1"`, `"'@x"`, `"a ""quoted"", text"`, `"'  =HYPERLINK('x')"`, `"a;=1+1"`],
      ...wide.map((text) => `"'${text}"`),
    ]);
    const { closing } = await page(query);
    expect(lines.at(-1)).toMatch(new RegExp(`^closing,.*,${closing.minor},${closing.decimal},EUR$`));
    expect(lines.at(-2)).toMatch(new RegExp(`,debit,1,0\\.01,${closing.minor},${closing.decimal},EUR$`));
    expect((await reads.get(path(query), { accept: 'text/html;q=0.5, text/csv' })).text).toBe(answer.text);
  }, 60_000);

  it('come as a page to print that runs nothing and loads nothing', async () => {
    await post(5n, hourAt(50), hourAt(51), { description: '<script>alert(1)</script>', reference: `"'&` });
    const query = `from=${hourAt(50)}&to=${hourAt(51)}&${await reads.head()}`;
    const { headers, text } = await reads.get(path(query), {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    });
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt; · &quot;&#39;&amp; · transfer');
    expect(text).not.toMatch(/<script|<link|<img|https?:|@import|url\(/);
    expect(text).toContain('Opening balance');
    expect(text.trimEnd().endsWith('</html>')).toBe(true);
  });

  it('name the parameter that is wrong', async () => {
    const period = `from=${hourAt(0)}&to=${hourAt(24)}`;
    const { pageInfo } = await page(`${period}&pageSize=1`);
    const other = `/v1/accounts/${bank.accountId}/statement?${period}&cursor=${pageInfo.next}`;
    for (const [at, code, pointer] of [
      [path(`to=${hourAt(1)}`), 'request-must-be-valid', '#query/from'],
      [path(`from=${hourAt(1)}`), 'request-must-be-valid', '#query/to'],
      [path(`from=${hourAt(2)}&to=${hourAt(1)}`), 'request-must-be-valid', '#query/from'],
      [path(`from=2026-02-01&to=${hourAt(1)}`), 'request-must-be-valid', '#query/from'],
      [path(`${period}&format=pdf`), 'request-must-be-valid', '#query/format'],
      [path(`${period}&format=csv&pageSize=5`), 'request-must-be-valid', '#query/pageSize'],
      [path(`${period}&format=html&cursor=${pageInfo.next}`), 'request-must-be-valid', '#query/cursor'],
      [path(`${period}&cursor=abc`), 'cursor-must-be-well-formed', '#query/cursor'],
      [
        path(`from=${hourAt(1)}&to=${hourAt(24)}&cursor=${pageInfo.next}`),
        'cursor-must-be-well-formed',
        '#query/cursor',
      ],
      [other, 'cursor-must-be-well-formed', '#query/cursor'],
    ] as const) {
      const { status, body } = await reads.get(at);
      expect({ at, status, code: body['code'], pointer: body['pointer'] }).toEqual({
        at,
        status: 400,
        code,
        pointer,
      });
    }
  });

  it('are of the company alone, and of an account that was opened a moment ago', async () => {
    const period = `from=${hourAt(0)}&to=${hourAt(24)}`;
    for (const format of ['json', 'csv', 'html']) {
      const answer = await reads.get(path(`${period}&format=${format}`), { company: 'other' });
      expect({ status: answer.status, code: answer.body['code'] }).toEqual({
        status: 404,
        code: 'account-must-exist',
      });
    }
    expect((await reads.get(`/v1/accounts/${randomUUID()}/statement?${period}`)).status).toBe(404);
    const fresh = await history.open();
    const { status, body } = await reads.get(`/v1/accounts/${fresh.accountId}/statement?${period}`);
    expect({ status, data: body['data'], closing: body['closing'] }).toEqual({
      ...{ status: 200, data: [], closing: { minor: '0', decimal: '0.00' } },
    });
  });
});
