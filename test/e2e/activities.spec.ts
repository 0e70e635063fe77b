import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limits } from '../../src/config/limits.js';
import { BadInputFixture, invalid, testRefusals, type BadInput } from '../support/bad-input.js';
import { call, type Answer } from '../support/http-client.js';

const fixture = new BadInputFixture();
beforeAll(() => fixture.start());
afterAll(() => fixture.stop());

const ACTIVITY = { id: 'a', counter: 'page-views', key: 'home', occurredAt: '2026-03-01T09:30:00+01:00' };

/** Sends it beside sound ones. */
const among = (changes: object): Promise<Answer> =>
  sending({ activities: [ACTIVITY, ACTIVITY, ACTIVITY, { ...ACTIVITY, ...changes }] });
const sending = (body: unknown): Promise<Answer> =>
  call(fixture.url, 'POST /v1/activities', { body, key: null });
const defining = (counter: string, body: unknown): Promise<Answer> =>
  call(fixture.url, `PUT /v1/counters/${counter}`, { body, key: null });

const bad = (what: string, changes: object, field: string, rule: string): BadInput =>
  invalid(what, `/activities/3/${field}`, rule, () => among(changes));
const badPart = (by: unknown, rule: string): BadInput =>
  invalid(`a counter by ${JSON.stringify(by)}`, '/by', rule, () => defining('sales', { by }));

const ahead = (): string => new Date(Date.now() + limits.activityAheadMsMax + 5_000).toISOString();
const sound = { by: ['account'] };

const ACTIVITY_ROWS: readonly BadInput[] = [
  bad('no id', { id: undefined }, 'id', 'isPresent'),
  bad('an id that is no text', { id: 7 }, 'id', 'isText'),
  bad('an empty id', { id: '' }, 'id', 'isText'),
  bad('an id that is too long', { id: 'x'.repeat(129) }, 'id', 'isText'),
  bad('an id that would break a log', { id: 'a\nb' }, 'id', 'isText'),
  bad('no counter', { counter: undefined }, 'counter', 'isPresent'),
  ...['Page-Views', '1views', 'page--views', '-views', 'views-', 'page views', '', 'x'.repeat(65), null].map(
    (counter) => bad(`the counter ${JSON.stringify(counter)}`, { counter }, 'counter', 'isCounterName'),
  ),
  bad('a key that is too long', { key: 'x'.repeat(257) }, 'key', 'isText'),
  bad('a key with NUL', { key: 'a\u0000' }, 'key', 'isText'),
  bad('a key that is a list', { key: ['home'] }, 'key', 'isText'),
  bad('no time', { occurredAt: undefined }, 'occurredAt', 'isPresent'),
  ...['2026-03-01T09:30:00', '2026-02-30T00:00:00Z', 'now', 1772357400, null].map((occurredAt) =>
    bad(`the time ${occurredAt}`, { occurredAt }, 'occurredAt', 'isInstant'),
  ),
  ...[1, '-1', '01', '1.5', '1e3', '', '9'.repeat(39), true].map((value) =>
    bad(`the value ${JSON.stringify(value)}`, { value }, 'value', 'isAmountOrZero'),
  ),
  bad('an unknown field', { weight: '1' }, 'weight', 'isKnown'),
  ...[null, 'x', 7, [ACTIVITY]].map((activity) =>
    invalid(`the activity ${JSON.stringify(activity)}`, '/activities/1', 'isObject', () =>
      sending({ activities: [ACTIVITY, activity] }),
    ),
  ),
  invalid('no activities', '/activities', 'arrayMinSize', () => sending({ activities: [] })),
  invalid('activities that are no list', '/activities', 'isArray', () => sending({ activities: ACTIVITY })),
  invalid('null for activities', '/activities', 'isArray', () => sending({ activities: null })),
  invalid('more activities than a request takes', '/activities', 'arrayMaxSize', () =>
    sending({ activities: Array.from({ length: limits.activitiesPerRequestMax + 1 }, () => ACTIVITY) }),
  ),
  invalid('a field beside the activities', '/counter', 'isKnown', () =>
    sending({ activities: [ACTIVITY], counter: 'page-views' }),
  ),
  invalid('one activity with a bad time', '/occurredAt', 'isInstant', () =>
    sending({ ...ACTIVITY, occurredAt: 'now' }),
  ),
  invalid('an empty object', '/id', 'isPresent', () => sending({})),
  {
    what: 'an activity of the future',
    send: () => among({ occurredAt: ahead() }),
    status: 422,
    code: 'occurrence-too-far-ahead',
    pointer: '/activities/3/occurredAt',
  },
  {
    what: 'an activity for a counter that is built in',
    send: () => among({ counter: 'ledger-postings' }),
    status: 422,
    code: 'counter-is-derived',
    pointer: '/activities/3/counter',
  },
  {
    what: 'an activity for a reserved name',
    send: () => sending({ ...ACTIVITY, counter: 'ledger-views' }),
    status: 422,
    code: 'counter-name-is-reserved',
    pointer: '/counter',
  },
  {
    what: 'a bare list',
    send: () => sending([ACTIVITY]),
    status: 400,
    code: 'body-must-be-json',
    pointer: null,
  },
  {
    what: 'activities that do not fit one event',
    send: () =>
      sending({
        activities: Array.from({ length: 1_000 }, (_, index) => ({
          ...ACTIVITY,
          id: `${index}`.padEnd(limits.activityIdCharsMax, 'é'),
          counter: 'x'.repeat(limits.counterNameCharsMax),
          key: '"'.repeat(limits.counterKeyCharsMax),
          value: '9'.repeat(38),
        })),
      }),
    status: 413,
    code: 'body-must-be-smaller',
    pointer: '/activities',
  },
];

const COUNTER_ROWS: readonly BadInput[] = [
  ...['Sales', 'sales%20today', 'x'.repeat(65), '..%2Fsales'].map((counter) =>
    invalid(`a counter to be called ${counter}`, '#path/counter', 'isCounterName', () =>
      defining(counter, sound),
    ),
  ),
  {
    what: 'a counter under a reserved name',
    send: () => defining('ledger-postings', sound),
    status: 422,
    code: 'counter-name-is-reserved',
    pointer: '#path/counter',
  },
  badPart([], 'arrayMinSize'),
  badPart('account', 'isArray'),
  badPart(['account', 'kind', 'direction', 'currency', 'metadata.a'], 'arrayMaxSize'),
  badPart(['account', 'account'], 'arrayUnique'),
  badPart(['account', 'company'], 'isCounterPart'),
  badPart(['account', 'metadata.'], 'isCounterPart'),
  badPart(['account', `metadata.${'x'.repeat(65)}`], 'isCounterPart'),
  badPart(['account', 7], 'isCounterPart'),
  badPart(['kind', 'direction'], 'keepsCurrenciesApart'),
  invalid('a counter by nothing', '/by', 'isPresent', () => defining('sales', {})),
  invalid('a filter that is a text', '/where', 'isObject', () => defining('sales', { ...sound, where: 'x' })),
  invalid('a filter that is a list', '/where', 'isObject', () => defining('sales', { ...sound, where: [] })),
  invalid('a filter by something else', '/where/account', 'isKnown', () =>
    defining('sales', { ...sound, where: { account: 'x' } }),
  ),
  invalid('a filter by a direction that is none', '/where/direction', 'isIn', () =>
    defining('sales', { ...sound, where: { direction: 'up' } }),
  ),
  invalid('a filter by a currency in small letters', '/where/currency', 'isCurrencyCode', () =>
    defining('sales', { ...sound, where: { currency: 'usd' } }),
  ),
  {
    what: 'a filter by an unknown currency',
    send: () => defining('sales', { ...sound, where: { currency: 'XYZ' } }),
    status: 422,
    code: 'currency-must-exist',
    pointer: '/where/currency',
  },
];

describe('bad activities', () => {
  testRefusals(fixture, ACTIVITY_ROWS);

  it('tells everything that is wrong at once, up to a bound', async () => {
    const answer = await sending({
      activities: [{ ...ACTIVITY, id: 7, value: -1 }, ACTIVITY, { memo: 'x' }],
    });
    const errors = answer.json['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/activities/0/id',
      '/activities/0/value',
      '/activities/2/counter',
      '/activities/2/id',
      '/activities/2/key',
      '/activities/2/memo',
      '/activities/2/occurredAt',
    ]);
    const many = await sending({ activities: Array.from({ length: 1_000 }, () => ({})) });
    expect(many.json['errors']).toHaveLength(limits.problemErrorsMax);
  });
});

describe('bad definitions of counters', () => {
  testRefusals(fixture, COUNTER_ROWS);
});

describe('activities', () => {
  it('are stored together, with what was left out, in UTC', async () => {
    const answer = await sending({ activities: [ACTIVITY, { ...ACTIVITY, id: 'b', value: '0' }] });
    const event = fixture.store.log.at(-1);
    expect([answer.status, answer.json]).toEqual([202, { accepted: 2, position: `${event?.position}` }]);
    expect(answer.headers.get('ledger-position')).toBe(`${event?.position}`);
    const stored = { ...ACTIVITY, occurredAt: '2026-03-01T08:30:00.000Z' };
    expect(event?.data).toEqual({
      companyId: 'default',
      activities: [
        { ...stored, value: '1' },
        { ...stored, id: 'b', value: '0' },
      ],
    });
    expect(event?.metadata).toMatchObject({ companyId: 'default', schemaVersion: 1 });
  });

  it('may come one by one, with a value of null, and in the name of a company', async () => {
    const answer = await call(fixture.url, 'POST /v1/activities', {
      body: { ...ACTIVITY, value: null },
      key: null,
      company: 'other',
    });
    expect([answer.status, answer.json['accepted']]).toEqual([202, 1]);
    expect(fixture.store.log.at(-1)?.data).toMatchObject({
      companyId: 'other',
      activities: [{ value: '1' }],
    });
  });

  it('come up to a thousand at a time, each as long as it may be', async () => {
    const activities = Array.from({ length: limits.activitiesPerRequestMax }, (_, index) => ({
      id: `${index}`.padEnd(limits.activityIdCharsMax, 'x'),
      counter: 'x'.repeat(limits.counterNameCharsMax),
      key: 'k'.repeat(limits.counterKeyCharsMax),
      occurredAt: ACTIVITY.occurredAt,
      value: '9'.repeat(38),
    }));
    expect((await sending({ activities })).json['accepted']).toBe(limits.activitiesPerRequestMax);
  });
});

describe('the definition of a counter', () => {
  const definition = { by: ['currency', 'metadata.sales channel'], where: { direction: 'credit' } };
  const stored = {
    counter: 'channels',
    by: definition.by,
    where: { kind: null, currency: null, direction: 'credit' },
  };

  it('is new once, the same again after, and never another', async () => {
    const first = await defining('channels', definition);
    const position = `${fixture.store.log.at(-1)?.position}`;
    expect([first.status, first.json]).toEqual([
      201,
      { ...stored, definedAt: expect.stringMatching(/Z$/), position },
    ]);
    const storedEvents = fixture.store.log.length;
    const again = await defining('channels', { ...definition, where: { direction: 'credit', kind: null } });
    expect([again.status, again.json]).toEqual([200, first.json]);
    expect(again.headers.has('idempotency-replayed')).toBe(false);
    const other = await defining('channels', { by: ['currency'] });
    expect(other.json).toMatchObject({
      status: 409,
      code: 'counter-defined-otherwise',
      pointer: '/by/1',
      errors: [{ pointer: '/by/1' }, { pointer: '/where/direction' }],
    });
    expect(fixture.store.log).toHaveLength(storedEvents);
    expect((await sending({ ...ACTIVITY, counter: 'channels' })).json).toMatchObject({
      code: 'counter-is-derived',
      pointer: '/counter',
    });
  });
});
