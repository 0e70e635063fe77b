import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BadInputFixture } from '../support/bad-input.js';
import { sendArray, sendLines } from '../support/bulk.js';
import { call, freshKey, type Answer } from '../support/http-client.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
}
interface Command {
  readonly route: string;
  readonly parameters: readonly Parameter[];
}

const NOBODY = '00000000-0000-4000-8000-000000000000';

const fixture = new BadInputFixture();
let commands: readonly Command[];
/** Commands that would move money, or change who may: each sound, but for what is added to it. */
let sound: readonly (readonly [route: string, body: unknown])[];

beforeAll(async () => {
  await fixture.start();
  const { paths } = (await call(fixture.url, 'GET /openapi.json')).json as {
    paths: Record<string, Record<string, { readonly parameters?: readonly Parameter[] }>>;
  };
  commands = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'get')
      .map(([method, { parameters = [] }]) => ({
        route: `${method.toUpperCase()} ${path.replace(/\{[^}]+\}/g, NOBODY)}`,
        parameters,
      })),
  );
  const legs = [fixture.leg('debit', '30'), fixture.leg('credit', '30')];
  const held = [
    fixture.leg('credit', '30', { accountId: fixture.cash }),
    fixture.leg('debit', '30', { accountId: fixture.customer }),
  ];
  const hold = await fixture.post('/v1/holds', { legs: held });
  const posted = await fixture.post('/v1/transactions', { legs });
  const holdPath = `/v1/holds/${String(hold.json['holdId'])}`;
  sound = [
    [`POST ${holdPath}/capture`, {}],
    [`POST ${holdPath}/increase`, { legs: [held[0]] }],
    [`POST ${holdPath}/extend`, { expiresAt: new Date(Date.now() + 20 * 86_400_000).toISOString() }],
    [`POST ${holdPath}/void`, {}],
    [`POST /v1/transactions/${String(posted.json['transactionId'])}/reverse`, {}],
    [`POST /v1/accounts/${fixture.cash}/freeze`, {}],
    ['POST /v1/transactions', { legs }],
    ['POST /v1/holds', { legs: held }],
    ['POST /v1/transactions/bulk', [{ idempotencyKey: freshKey(), transfer: fixture.transfer() }]],
  ];
});
afterAll(() => fixture.stop());

/** Sends something that must be refused for the one thing, and store nothing. */
async function refusedFor(pointer: string, rule: string, send: () => Promise<Answer>): Promise<Answer> {
  const storedBefore = fixture.store.log.length;
  const answer = await send();
  expect(answer.json).toMatchObject({
    status: 400,
    code: 'request-must-be-valid',
    pointer,
    errors: [{ pointer, rule }],
  });
  expect(fixture.store.log).toHaveLength(storedBefore);
  return answer;
}

const documented = (place: string, name: string): readonly string[] =>
  commands
    .filter(({ parameters }) => parameters.some((known) => known.in === place && known.name === name))
    .map(({ route }) => route);

describe('a parameter that a command does not take', () => {
  it('is refused, on every command there is: only what is documented to have a dry run has one', async () => {
    const tried = documented('query', 'dryRun');
    expect([...tried].sort()).toEqual(['POST /v1/holds', 'POST /v1/transactions', 'POST /v1/transfers']);
    expect(commands.length).toBeGreaterThanOrEqual(17);
    for (const { route } of commands) {
      const body = route.endsWith('/bulk') ? [] : {};
      const send = (query: string) => () => call(fixture.url, `${route}?${query}`, { body });
      await refusedFor('#query/atLeast', 'isKnown', send('atLeast=1'));
      if (tried.includes(route)) continue;
      for (const query of ['dryRun=true', 'dryRun=false', 'dryRun', 'dryRun=true&dryRun=true']) {
        await refusedFor('#query/dryRun', 'isKnown', send(query));
      }
    }
  });

  it('keeps a sound command from being carried out', async () => {
    const withoutDryRun = sound.filter(([route]) => !documented('query', 'dryRun').includes(route));
    expect(withoutDryRun).toHaveLength(7);
    for (const [route, body] of withoutDryRun) {
      const answer = await refusedFor('#query/dryRun', 'isKnown', () =>
        call(fixture.url, `${route}?dryRun=true`, { body }),
      );
      expect(answer.json['detail']).toBe(
        '#query/dryRun: This command has no dry run: leave the parameter out to carry it out.',
      );
    }
  });

  it('is refused on a bulk request as lines, and as a member of one of its commands', async () => {
    const transfer = fixture.transfer();
    const item = { idempotencyKey: freshKey(), transfer };
    const lines = `${JSON.stringify(item)}\n`;
    await refusedFor('#query/dryRun', 'isKnown', () => sendLines(fixture.url, lines, '?dryRun=true'));
    const storedBefore = fixture.store.log.length;
    const items = [
      { ...item, dryRun: true },
      { idempotencyKey: freshKey(), transfer: { ...transfer, dryRun: true } },
    ];
    const { results } = (await sendArray(fixture.url, items)).json as { results: readonly object[] };
    expect(results).toMatchObject([
      { status: 400, problem: { pointer: '/dryRun', errors: [{ rule: 'isKnown' }] } },
      { status: 400, problem: { pointer: '/transfer/dryRun', errors: [{ rule: 'isKnown' }] } },
    ]);
    expect(fixture.store.log).toHaveLength(storedBefore);
  });
});

describe('If-Match on a command that does not honour it', () => {
  it('is refused, on every command there is: only what is documented to honour it does', async () => {
    const honouring = documented('header', 'If-Match');
    expect(honouring).toEqual(['POST /v1/transfers']);
    for (const { route } of commands) {
      if (honouring.includes(route)) continue;
      const body = route.endsWith('/bulk') ? [] : {};
      for (const sent of ['"1"', '"999999"', '*', 'W/"0"', '-1', '']) {
        await refusedFor('#header/If-Match', 'isKnown', () =>
          call(fixture.url, route, { body, headers: { 'if-match': sent } }),
        );
      }
    }
  });

  it('keeps a sound command from being carried out, which is carried out without it', async () => {
    for (const [route, body] of sound) {
      await refusedFor('#header/If-Match', 'isKnown', () =>
        call(fixture.url, route, { body, headers: { 'if-match': '"999999"' } }),
      );
    }
    const [[route, body] = ['', {}]] = sound;
    expect((await call(fixture.url, route, { body })).status).toBe(201);
  });
});
