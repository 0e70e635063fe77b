import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BadInputFixture, invalid, testRefusals, type BadInput } from '../support/bad-input.js';
import { call, freshKey, type Answer } from '../support/http-client.js';

const fixture = new BadInputFixture();
beforeAll(() => fixture.start());
afterAll(() => fixture.stop());

function tried(path: string, body: object, key: string | null = null): Promise<Answer> {
  return call(fixture.url, `POST ${path}?dryRun=true`, { body, key });
}

/** Sends something that must store nothing. */
async function storingNothing(send: () => Promise<Answer>): Promise<Answer> {
  const storedBefore = fixture.store.log.length;
  const answer = await send();
  expect(fixture.store.log).toHaveLength(storedBefore);
  return answer;
}

describe('?dryRun=true', () => {
  it('answers the balances as they would be, needs no key and stores nothing', async () => {
    const answer = await storingNothing(() => tried('/v1/transfers', fixture.transfer()));
    expect([answer.status, answer.headers.has('ledger-position'), answer.headers.has('location')]).toEqual([
      200,
      false,
      false,
    ]);
    expect(answer.json).toEqual({
      dryRun: true,
      balances: [
        {
          accountId: fixture.cash,
          currency: 'USD',
          exponent: 2,
          debits: '100',
          credits: '0',
          balance: '100',
          reserved: '0',
          available: '100',
          sequence: 1,
        },
        expect.objectContaining({ accountId: fixture.customer, credits: '100', balance: '100' }),
      ],
    });
  });

  it('tries transactions and holds too', async () => {
    const legs = [fixture.leg('credit', '5', { accountId: fixture.cash })];
    const hold = await storingNothing(() => tried('/v1/holds', { legs }));
    expect(hold.json).toMatchObject({
      dryRun: true,
      balances: [{ balance: '0', reserved: '5', available: '-5', sequence: 0 }],
    });
    const balanced = { legs: [fixture.leg('debit', '5'), fixture.leg('credit', '5')] };
    const transaction = await storingNothing(() => tried('/v1/transactions', balanced));
    expect(transaction.json).toMatchObject({ dryRun: true, balances: [{ balance: '5' }, { balance: '5' }] });
  });

  it('refuses what the request would be refused for, and does not burn the key', async () => {
    const key = freshKey();
    const poor = await call(fixture.url, 'POST /v1/accounts', {
      body: { name: 'Poor', type: 'liability', currency: 'USD', overdraftLimit: '0' },
    });
    const body = fixture.transfer({ from: String(poor.json['accountId']), to: fixture.customer });
    const dry = await storingNothing(() => tried('/v1/transfers', body, key));
    expect(dry.status).toBe(422);
    const real = await call(fixture.url, 'POST /v1/transfers', { body, key });
    expect(real.headers.has('idempotency-replayed')).toBe(false);
    const { requestId: _dry, ...problem } = dry.json;
    expect(real.json).toMatchObject(problem);
    const again = await storingNothing(() => tried('/v1/transfers', fixture.transfer(), key));
    expect([again.status, again.headers.has('idempotency-replayed')]).toEqual([200, false]);
  });

  it('knows If-Match', async () => {
    const answer = await storingNothing(() =>
      call(fixture.url, 'POST /v1/transfers?dryRun=true', {
        body: fixture.transfer(),
        headers: { 'if-match': '"99"' },
      }),
    );
    expect(answer.json).toMatchObject({ status: 412, pointer: '#header/If-Match' });
  });

  it('false is a request like any other', async () => {
    const path = '/v1/transfers?dryRun=false';
    expect(
      (await call(fixture.url, `POST ${path}`, { body: fixture.transfer(), key: null })).json,
    ).toMatchObject({ code: 'idempotency-key-must-be-present' });
    expect((await call(fixture.url, `POST ${path}`, { body: fixture.transfer() })).status).toBe(201);
  });
});

const PATHS = ['/v1/transfers', '/v1/transactions', '/v1/holds'];
const ROWS: readonly BadInput[] = [
  ...PATHS.flatMap((path) =>
    (
      [
        ['dryRun=yes', '#query/dryRun', 'isBoolean'],
        ['dryRun', '#query/dryRun', 'isBoolean'],
        ['dryRun=true&dryRun=true', '#query/dryRun', 'isBoolean'],
        ['dryrun=true', '#query/dryrun', 'isKnown'],
        ['dryRun=true&a=b', '#query/a', 'isKnown'],
      ] as const
    ).map(([query, pointer, rule]) =>
      invalid(`${path}?${query}`, pointer, rule, () => fixture.post(`${path}?${query}`, fixture.transfer())),
    ),
  ),
  invalid('a dry run of an amount that is none', '/amount', 'isAmount', () =>
    tried('/v1/transfers', fixture.transfer({ amount: 5 })),
  ),
  {
    what: 'a dry run with a key that is none',
    send: () => tried('/v1/transfers', fixture.transfer(), 'a b'),
    status: 400,
    code: 'idempotency-key-must-be-well-formed',
    pointer: '#header/Idempotency-Key',
  },
];

describe('a dry run that is asked for wrongly', () => {
  testRefusals(fixture, ROWS);
});
