import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toInstant } from '../../src/kernel/clock.js';
import type { Direction } from '../../src/kernel/money.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { serveReads, type ServedReads } from '../../test/support/served-reads.js';

/** A transaction as this spec wrote it. */
interface Written {
  readonly transactionId: string;
  readonly position: bigint;
  readonly status: 'posted' | 'rejected';
  readonly kind: string;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly effectiveAt: string | null;
  readonly recordedAt: string;
  readonly legs: readonly {
    readonly accountId: string;
    readonly currency: string;
    readonly amount: bigint;
  }[];
}

type Query = Readonly<Record<string, string | readonly string[]>>;

const KINDS = ['transfer', 'fee', 'payout'];
const REFERENCES = ['r1', 'r2', null];
const METADATA = [{}, { order: '1' }, { order: '2', 'a=b': 'x' }, { note: 'it is = "so"' }];
const dayAt = (day: number): string => toInstant(Date.UTC(2026, 1, day));

describe('lists of transactions', () => {
  let reads: ServedReads;
  let history: LedgerHistory;
  let accounts: HistoryAccount[];
  const written: Written[] = [];
  let turn = 0;

  /** Writes one more, different in every respect from the last. */
  const write = async (): Promise<void> => {
    turn += 1;
    const pick = <Value>(values: readonly Value[], salt: number): Value =>
      values[(turn * 7 + Math.floor(turn / salt)) % values.length] as Value;
    const reference = pick(REFERENCES, 2);
    if (turn % 9 === 0) {
      const transactionId = await history.reject('default', reference);
      const position = await reads.store.headPosition();
      const recordedAt = toInstant(Date.UTC(2026, 0, 31, 12));
      written.push({
        ...{ transactionId, position, reference, recordedAt, status: 'rejected', kind: 'transfer' },
        ...{ metadata: {}, effectiveAt: null, legs: [] },
      });
      return;
    }
    const [dollars, first, second] = [
      accounts[3],
      pick(accounts.slice(0, 3), 3),
      pick(accounts.slice(0, 3), 5),
    ];
    const amount = BigInt((turn % 5) + 1);
    const legs = [
      ...[first, second, ...(turn % 4 === 0 && dollars ? [dollars] : [])].flatMap((account) =>
        (['debit', 'credit'] as const).map((direction: Direction) => ({ account, direction, amount })),
      ),
    ];
    const options = {
      ...{ kind: pick(KINDS, 4), reference, metadata: pick(METADATA, 3) as Record<string, string> },
      effectiveAt: dayAt(1 + (turn % 11)),
      recordedAt: dayAt(10 + (turn % 3)),
    };
    const { transactionId, position } = await history.post(legs, options);
    written.push({
      ...{ transactionId, position, status: 'posted', ...options },
      legs: legs.map(({ account, amount: of }) => ({
        accountId: account.accountId,
        currency: account.currency,
        amount: of,
      })),
    });
  };

  /** The definition of the filters. */
  const matches = (each: Written, query: Query): boolean => {
    const is = (name: string, holds: (text: string) => boolean): boolean => {
      const value = query[name];
      return value === undefined || (Array.isArray(value) ? value : [value as string]).every(holds);
    };
    const asksForLegs = ['accountId', 'currency', 'amountMin', 'amountMax'].some((name) => name in query);
    return (
      is('kind', (text) => each.kind === text) &&
      is('status', (text) => each.status === text) &&
      is('reference', (text) => each.reference === text) &&
      is('effectiveFrom', (text) => each.effectiveAt !== null && each.effectiveAt >= text) &&
      is('effectiveTo', (text) => each.effectiveAt !== null && each.effectiveAt < text) &&
      is('recordedFrom', (text) => each.recordedAt >= text) &&
      is('recordedTo', (text) => each.recordedAt < text) &&
      is('metadata', (text) => {
        const [key = '', ...rest] = text.split('=');
        return key in each.metadata && (rest.length === 0 || each.metadata[key] === rest.join('='));
      }) &&
      (!asksForLegs ||
        each.legs.some(
          (leg) =>
            is('accountId', (text) => leg.accountId === text) &&
            is('currency', (text) => leg.currency === text) &&
            is('amountMin', (text) => leg.amount >= BigInt(text)) &&
            is('amountMax', (text) => leg.amount <= BigInt(text)),
        ))
    );
  };

  const toText = (query: Query): string => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const each of typeof value === 'string' ? [value] : value) parameters.append(name, each);
    }
    return parameters.toString();
  };

  beforeAll(async () => {
    reads = await serveReads();
    history = new LedgerHistory(reads.store);
    accounts = [await history.open(), await history.open(), await history.open({ type: 'liability' })];
    accounts.push(await history.open({ currency: 'USD' }));
    const other = await history.open({ companyId: 'other' });
    await history.transfer(other, other, 1n);
    for (let i = 0; i < 60; i += 1) await write();
  });
  afterAll(() => reads.stop());

  const some = <Value>(values: readonly Value[]) => fc.constantFrom(...values);
  const queries = fc.record(
    {
      kind: some([...KINDS, 'none']),
      status: some(['posted', 'rejected']),
      reference: some(['r1', 'r2']),
      currency: some(['EUR', 'USD']),
      account: fc.integer({ min: 0, max: 3 }),
      amounts: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 })),
      effective: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 8 })),
      recorded: fc.tuple(fc.integer({ min: 9, max: 13 }), fc.integer({ min: 0, max: 3 })),
      metadata: fc.subarray(['order', 'order=2', 'a', 'note=it is = "so"', 'none'], {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: [] },
  );

  it('equal a naive filter for any combination, no row skipped and none twice, while writes go on', async () => {
    await fc.assert(
      fc.asyncProperty(queries, fc.integer({ min: 1, max: 20 }), async (wanted, pageSize) => {
        const { account, amounts, effective, recorded, ...plain } = wanted;
        const query: Query = {
          ...plain,
          ...(account === undefined ? {} : { accountId: accounts[account]?.accountId ?? '' }),
          ...(amounts && { amountMin: `${amounts[0]}`, amountMax: `${amounts[0] + amounts[1]}` }),
          ...(effective && {
            effectiveFrom: dayAt(effective[0]),
            effectiveTo: dayAt(effective[0] + effective[1]),
          }),
          ...(recorded && { recordedFrom: dayAt(recorded[0]), recordedTo: dayAt(recorded[0] + recorded[1]) }),
        };
        const found: unknown[] = [];
        let pinned: bigint | undefined;
        for (let cursor: string | null = ''; cursor !== null;) {
          const path = `/v1/transactions?${toText({ ...query, pageSize: `${pageSize}`, ...(cursor && { cursor }) })}`;
          const { status, body } = await reads.get(`${path}&${await reads.head()}`);
          expect({ path, status }).toEqual({ path, status: 200 });
          pinned ??= BigInt(body['position'] as string);
          found.push(
            ...(body['data'] as { transactionId: string }[]).map(({ transactionId }) => transactionId),
          );
          cursor = (body['pageInfo'] as { next: string | null }).next;
          await write();
        }
        const expected = written.filter((each) => each.position <= (pinned ?? 0n) && matches(each, query));
        expect(found).toEqual(expected.reverse().map(({ transactionId }) => transactionId));
      }),
      { numRuns: 120 },
    );
  }, 120_000);

  it('name the parameter that is wrong, and take a cursor only with its filters', async () => {
    const { body } = await reads.get('/v1/transactions?pageSize=1&kind=transfer');
    const { next } = body['pageInfo'] as { next: string };
    for (const [query, code, pointer] of [
      ['amountMin=1.5', 'request-must-be-valid', '#query/amountMin'],
      ['amountMin=5&amountMax=4', 'request-must-be-valid', '#query/amountMin'],
      ['effectiveFrom=2026-02-01', 'request-must-be-valid', '#query/effectiveFrom'],
      [`effectiveFrom=${dayAt(2)}&effectiveTo=${dayAt(1)}`, 'request-must-be-valid', '#query/effectiveFrom'],
      [`recordedFrom=${dayAt(2)}&recordedTo=${dayAt(1)}`, 'request-must-be-valid', '#query/recordedFrom'],
      ['accountId=7', 'request-must-be-valid', '#query/accountId'],
      ['currency=euro', 'request-must-be-valid', '#query/currency'],
      ['status=held', 'request-must-be-valid', '#query/status'],
      ['metadata==x', 'request-must-be-valid', '#query/metadata'],
      [Array(11).fill('metadata=k').join('&'), 'request-must-be-valid', '#query/metadata'],
      [`kind=fee&cursor=${next}`, 'cursor-must-be-well-formed', '#query/cursor'],
      [`kind=transfer&currency=EUR&cursor=${next}`, 'cursor-must-be-well-formed', '#query/cursor'],
      [`kind=transfer&cursor=${next.slice(0, -3)}AAA`, 'cursor-must-be-well-formed', '#query/cursor'],
    ] as const) {
      const answer = await reads.get(`/v1/transactions?${query}`);
      expect({ query, ...answer, body: null, text: null, headers: null }).toMatchObject({
        query,
        status: 400,
      });
      expect({ query, code: answer.body['code'], pointer: answer.body['pointer'] }).toEqual({
        query,
        code,
        pointer,
      });
    }
  });

  it('knows nothing of other companies', async () => {
    const path = `/v1/transactions?accountId=${accounts[0]?.accountId}&${await reads.head()}`;
    expect(await reads.get(path, { company: 'other' })).toMatchObject({ status: 404 });
  });
});
