import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limits } from '../../src/config/limits.js';
import { BadInputFixture, invalid, testRefusals, type BadInput } from '../support/bad-input.js';
import { call } from '../support/http-client.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';

const fixture = new BadInputFixture();
beforeAll(() => fixture.start());
afterAll(() => fixture.stop());

const badAmount = (what: string, amount: unknown): BadInput =>
  invalid(`an amount that is ${what}`, '/amount', 'isAmount', () =>
    fixture.post('/v1/transfers', fixture.transfer({ amount })),
  );

const ROWS: readonly BadInput[] = [
  badAmount('a JSON number', 100),
  badAmount('zero', '0'),
  badAmount('negative', '-5'),
  badAmount('signed', '+5'),
  badAmount('a decimal', '1.50'),
  badAmount('an exponent', '1e3'),
  badAmount('in other digits', '١٢'),
  badAmount('padded', ' 5'),
  badAmount('zero-led', '007'),
  badAmount('of 39 digits', '9'.repeat(39)),
  badAmount('empty', ''),
  badAmount('null', null),
  badAmount('a list', ['5']),
  invalid('no amount', '/amount', 'isPresent', () =>
    fixture.post('/v1/transfers', fixture.transfer({ amount: undefined })),
  ),
  invalid('a bad amount in a leg', '/legs/1/amount', 'isAmount', () =>
    fixture.post('/v1/transactions', { legs: [fixture.leg('debit', '5'), fixture.leg('credit', 5)] }),
  ),
  {
    what: 'an unknown currency',
    send: () => fixture.post('/v1/accounts', { name: 'X', type: 'asset', currency: 'XYZ' }),
    status: 422,
    code: 'currency-must-exist',
    pointer: '/currency',
  },
  invalid('a currency in small letters', '/currency', 'isCurrencyCode', () =>
    fixture.post('/v1/transfers', fixture.transfer({ currency: 'usd' })),
  ),
  {
    what: "a currency that is not the account's",
    send: () => fixture.post('/v1/transfers', fixture.transfer({ from: fixture.euros })),
    status: 422,
    code: 'currency-must-match-account',
    pointer: '/currency',
  },
  {
    what: 'legs that do not balance',
    send: () =>
      fixture.post('/v1/transactions', { legs: [fixture.leg('debit', '100'), fixture.leg('credit', '99')] }),
    status: 422,
    code: 'legs-must-balance',
    pointer: '/legs',
  },
  invalid('one leg', '/legs', 'arrayMinSize', () =>
    fixture.post('/v1/transactions', { legs: [fixture.leg('debit', '5')] }),
  ),
  invalid('101 legs', '/legs', 'arrayMaxSize', () =>
    fixture.post('/v1/transactions', { legs: Array.from({ length: 101 }, () => fixture.leg('debit', '5')) }),
  ),
  invalid('legs that are no list', '/legs', 'isArray', () =>
    fixture.post('/v1/transactions', { legs: { 0: fixture.leg('debit', '5') } }),
  ),
  invalid('a leg that is no object', '/legs/1', 'isObject', () =>
    fixture.post('/v1/transactions', { legs: [fixture.leg('debit', '5'), 'leg'] }),
  ),
  invalid('a list in the place of a leg', '/legs', 'itemsAreObjects', () =>
    fixture.post('/v1/transactions', { legs: [[fixture.leg('debit', '5')], []] }),
  ),
  invalid('a direction that is none', '/legs/0/direction', 'isIn', () =>
    fixture.post('/v1/transactions', { legs: [fixture.leg('up', '5'), fixture.leg('credit', '5')] }),
  ),
  {
    what: 'an unknown account',
    send: () => fixture.post('/v1/transfers', fixture.transfer({ to: NOBODY })),
    status: 422,
    code: 'account-must-exist',
    pointer: '/to',
  },
  {
    what: "another company's account",
    send: () => fixture.post('/v1/transfers', fixture.transfer({ to: fixture.foreign })),
    status: 422,
    code: 'account-must-exist',
    pointer: '/to',
  },
  {
    what: "another company's account in a leg",
    send: () =>
      fixture.post('/v1/transactions', {
        legs: [fixture.leg('debit', '5'), fixture.leg('credit', '5', { accountId: fixture.foreign })],
      }),
    status: 422,
    code: 'account-must-exist',
    pointer: '/legs/1/accountId',
  },
  {
    what: "another company's account in the path",
    send: () => call(fixture.url, `POST /v1/accounts/${fixture.foreign}/freeze`),
    status: 404,
    code: 'account-must-exist',
    pointer: '#path/accountId',
  },
  {
    what: 'an unknown account in the path',
    send: () => call(fixture.url, `PATCH /v1/accounts/${NOBODY}`, { body: { name: 'X' } }),
    status: 404,
    code: 'account-must-exist',
    pointer: '#path/accountId',
  },
  {
    what: 'a path id that is no id',
    send: () => call(fixture.url, 'POST /v1/accounts/..%2Fetc/freeze'),
    status: 404,
    code: 'account-must-exist',
    pointer: '#path/accountId',
  },
  invalid('an account id that is no UUID', '/from', 'isUuid', () =>
    fixture.post('/v1/transfers', fixture.transfer({ from: 'cash' })),
  ),
  {
    what: 'the same account twice',
    send: () => fixture.post('/v1/transfers', fixture.transfer({ to: fixture.cash })),
    status: 422,
    code: 'accounts-must-differ',
    pointer: '/to',
  },
  {
    what: 'an effective time more than 24 hours ahead',
    send: () =>
      fixture.post(
        '/v1/transfers',
        fixture.transfer({
          effectiveAt: new Date(Date.now() + limits.effectiveAheadMsMax + 60_000).toISOString(),
        }),
      ),
    status: 422,
    code: 'effective-time-too-far-ahead',
    pointer: '/effectiveAt',
  },
  ...[
    '2026-03-01T09:30:00',
    '2026-03-01',
    '2026-02-30T00:00:00Z',
    '2026-03-01T25:00:00Z',
    'now',
    1772357400,
  ].map((effectiveAt): BadInput =>
    invalid(`the effective time ${effectiveAt}`, '/effectiveAt', 'isInstant', () =>
      fixture.post('/v1/transfers', fixture.transfer({ effectiveAt })),
    ),
  ),
  invalid('an unknown field', '/memo', 'isKnown', () =>
    fixture.post('/v1/transfers', fixture.transfer({ memo: 'x' })),
  ),
  invalid('an unknown field in a leg', '/legs/0/memo', 'isKnown', () =>
    fixture.post('/v1/transactions', {
      legs: [fixture.leg('debit', '5', { memo: 'x' }), fixture.leg('credit', '5')],
    }),
  ),
  invalid('a name with a control character', '/name', 'isText', () =>
    fixture.post('/v1/accounts', { name: 'a\u0000b', type: 'asset', currency: 'USD' }),
  ),
  invalid('a name with half a character', '/name', 'isText', () =>
    fixture.post('/v1/accounts', '{"name":"a\\ud800","type":"asset","currency":"USD"}'),
  ),
  invalid('a name of blanks', '/name', 'isText', () =>
    fixture.post('/v1/accounts', { name: '   ', type: 'asset', currency: 'USD' }),
  ),
  invalid('a name that is too long', '/name', 'isText', () =>
    fixture.post('/v1/accounts', {
      name: 'x'.repeat(limits.nameCharsMax + 1),
      type: 'asset',
      currency: 'USD',
    }),
  ),
  invalid('an account type that is none', '/type', 'isIn', () =>
    fixture.post('/v1/accounts', { name: 'X', type: 'revenue', currency: 'USD' }),
  ),
  invalid('a negative overdraft limit', '/overdraftLimit', 'isAmountOrZero', () =>
    fixture.post('/v1/accounts', { name: 'X', type: 'asset', currency: 'USD', overdraftLimit: '-1' }),
  ),
  invalid('metadata that is not flat', '/metadata/a', 'isMetadata', () =>
    fixture.post('/v1/transfers', fixture.transfer({ metadata: { ok: 'x', a: { b: 'c' } } })),
  ),
  invalid('a metadata value that is no text', '/metadata/a~1b', 'isMetadata', () =>
    fixture.post('/v1/transfers', fixture.transfer({ metadata: { 'a/b': 1 } })),
  ),
  invalid('too many metadata keys', '/metadata', 'isMetadata', () =>
    fixture.post(
      '/v1/transfers',
      fixture.transfer({
        metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'x'])),
      }),
    ),
  ),
  invalid('a hold without legs', '/legs', 'arrayMinSize', () => fixture.post('/v1/holds', { legs: [] })),
  invalid('a hold that says no legs at all', '/legs', 'isPresent', () => fixture.post('/v1/holds', {})),
  invalid('a hold that ends some day', '/expiresAt', 'isInstant', () =>
    fixture.post('/v1/holds', { legs: [fixture.leg('debit', '5')], expiresAt: 'tomorrow' }),
  ),
  invalid('a hold with an effective time', '/effectiveAt', 'isKnown', () =>
    fixture.post('/v1/holds', { legs: [fixture.leg('debit', '5')], effectiveAt: null }),
  ),
  {
    what: 'a hold that lowers no balance',
    send: () => fixture.post('/v1/holds', { legs: [fixture.leg('debit', '5'), fixture.leg('credit', '5')] }),
    status: 422,
    code: 'hold-must-reserve',
    pointer: '/legs',
  },
  {
    what: 'a hold that ended before it began',
    send: () =>
      fixture.post('/v1/holds', { legs: [fixture.leg('debit', '5')], expiresAt: '2020-01-01T00:00:00Z' }),
    status: 422,
    code: 'expiry-must-be-ahead',
    pointer: '/expiresAt',
  },
  {
    what: 'a hold for ever',
    send: () =>
      fixture.post('/v1/holds', { legs: [fixture.leg('debit', '5')], expiresAt: '9999-01-01T00:00:00Z' }),
    status: 422,
    code: 'expiry-too-far-ahead',
    pointer: '/expiresAt',
  },
  {
    what: "a hold on another company's account",
    send: () =>
      fixture.post('/v1/holds', { legs: [fixture.leg('credit', '5', { accountId: fixture.foreign })] }),
    status: 422,
    code: 'account-must-exist',
    pointer: '/legs/0/accountId',
  },
  invalid('a capture of one leg', '/legs', 'arrayMinSize', () =>
    fixture.post(`/v1/holds/${NOBODY}/capture`, { legs: [fixture.leg('debit', '5')] }),
  ),
  invalid('a capture that is final as a text', '/final', 'isBoolean', () =>
    fixture.post(`/v1/holds/${NOBODY}/capture`, { final: 'true' }),
  ),
  invalid('an increase by nothing', '/legs', 'isPresent', () =>
    fixture.post(`/v1/holds/${NOBODY}/increase`, {}),
  ),
  invalid('an extension to no time', '/expiresAt', 'isPresent', () =>
    fixture.post(`/v1/holds/${NOBODY}/extend`, {}),
  ),
  invalid('an extension to null', '/expiresAt', 'isInstant', () =>
    fixture.post(`/v1/holds/${NOBODY}/extend`, { expiresAt: null }),
  ),
  invalid('a void with a reason of blanks', '/reason', 'isText', () =>
    fixture.post(`/v1/holds/${NOBODY}/void`, { reason: ' ' }),
  ),
  ...[-1, limits.postedLegsMax, 0.5, '0', null, 1e30].map((leg): BadInput =>
    invalid(`a reversal of leg ${JSON.stringify(leg)}`, '/legs/0/leg', 'isIndex', () =>
      fixture.post(`/v1/transactions/${NOBODY}/reverse`, {
        legs: [
          { leg, amount: '5' },
          { leg: 1, amount: '5' },
        ],
      }),
    ),
  ),
  invalid('a reversal some other time', '/effective', 'isIn', () =>
    fixture.post(`/v1/transactions/${NOBODY}/reverse`, { effective: 'tomorrow' }),
  ),
  invalid('a reversal with an effective time', '/effectiveAt', 'isKnown', () =>
    fixture.post(`/v1/transactions/${NOBODY}/reverse`, { effectiveAt: null }),
  ),
  ...(
    [
      ['none', [], '', 'arrayMinSize'],
      [
        '101',
        Array.from({ length: 101 }, () => ({ accountId: NOBODY, availableMin: '0' })),
        '',
        'arrayMaxSize',
      ],
      ['no list', { 0: {} }, '', 'isArray'],
      ['no object', ['x'], '/0', 'isObject'],
      ['without account', [{ availableMin: '0' }], '/0/accountId', 'isPresent'],
      ['of nothing', [{ accountId: NOBODY }], '/0/availableMin', 'isPresent'],
      [
        'of null',
        [{ accountId: NOBODY, availableMin: null, revision: null }],
        '/0/availableMin',
        'isAmountOrZero',
      ],
      ['of both', [{ accountId: NOBODY, availableMin: '0', revision: '0' }], '/0/revision', 'isWithout'],
      [
        'of less than nothing',
        [{ accountId: NOBODY, availableMin: '-1' }],
        '/0/availableMin',
        'isAmountOrZero',
      ],
      ['of a number', [{ accountId: NOBODY, revision: 7 }], '/0/revision', 'isRevision'],
      ['of something else', [{ accountId: NOBODY, revision: '7', balance: '1' }], '/0/balance', 'isKnown'],
    ] as const
  ).map(([what, conditions, at, rule]): BadInput =>
    invalid(`conditions: ${what}`, `/conditions${at}`, rule, () =>
      fixture.post('/v1/transfers', fixture.transfer({ conditions })),
    ),
  ),
  {
    what: "a condition on another company's account",
    send: () =>
      fixture.post(
        '/v1/transfers',
        fixture.transfer({ conditions: [{ accountId: fixture.foreign, availableMin: '0' }] }),
      ),
    status: 422,
    code: 'account-must-exist',
    pointer: '/conditions/0/accountId',
  },
  invalid('a change of nothing', '', 'isNotEmpty', () =>
    call(fixture.url, `PATCH /v1/accounts/${fixture.cash}`, { body: {} }),
  ),
  invalid('a name changed to null', '/name', 'isText', () =>
    call(fixture.url, `PATCH /v1/accounts/${fixture.cash}`, { body: { name: null } }),
  ),
];

describe('bad input', () => {
  testRefusals(fixture, ROWS);

  it('tells by how much each currency is out of balance', async () => {
    const answer = await fixture.post('/v1/transactions', {
      legs: [
        fixture.leg('debit', '100'),
        fixture.leg('credit', '40'),
        fixture.leg('debit', '7', { accountId: fixture.euros, currency: 'EUR' }),
        fixture.leg('credit', '7', { accountId: fixture.customer, currency: 'EUR' }),
      ],
    });
    expect(answer.json).toMatchObject({ code: 'legs-must-balance', details: { USD: '60' } });
    expect(answer.json['details']).not.toHaveProperty('EUR');
  });

  it('tells everything that is wrong at once', async () => {
    const answer = await fixture.post('/v1/transfers', { from: 'x', amount: 5, currency: 'usd', memo: 1 });
    const errors = answer.json['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/amount',
      '/currency',
      '/from',
      '/memo',
      '/to',
    ]);
  });
});
