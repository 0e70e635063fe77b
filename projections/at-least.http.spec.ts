import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../test/tidy/run-tool.js';
import { LedgerHistory } from '../test/support/ledger-history.js';
import { serveReads, type ServedReads } from '../test/support/served-reads.js';

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

/** What some routes ask for besides their path. */
const NEEDED: Readonly<Record<string, string>> = {
  '/v1/accounts/{accountId}/balance/explain': 'effectiveAt=2026-03-01T00:00:00Z&from=2026-03-01T00:00:00Z',
  '/v1/accounts/{accountId}/statement': 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z',
};

describe('a position that the log does not have', () => {
  let reads: ServedReads;
  let routes: readonly string[];

  beforeAll(async () => {
    reads = await serveReads();
    const { accountId } = await new LedgerHistory(reads.store).open({});
    const document = JSON.parse(await readFile(path.join(ROOT, 'docs/reference/openapi.json'), 'utf8')) as {
      readonly paths: Readonly<Record<string, { readonly get?: Operation }>>;
    };
    routes = Object.entries(document.paths)
      .filter(([, { get }]) => get?.parameters?.some(({ name }) => name === 'atLeast'))
      .map(([route]) => {
        const needed = NEEDED[route] ?? (route === '/v1/balances' ? `account=${accountId}` : '');
        return `${route.replace('{accountId}', accountId)}?${needed}&`;
      })
      // Counters are read by names that have to exist.
      .filter((route) => !route.startsWith('/v1/counters'));
  });
  afterAll(() => reads.stop());

  it('is refused at once on every route that takes one', async () => {
    expect(routes.length).toBeGreaterThanOrEqual(7);
    const ahead = (await reads.store.headPosition()) + 1n;
    for (const route of routes) {
      const startedMs = performance.now();
      const { status, body } = await reads.get(`${route}atLeast=${ahead}`);
      expect([route, status, body]).toEqual([
        route,
        400,
        expect.objectContaining({
          code: 'request-must-be-valid',
          pointer: '#query/atLeast',
          errors: [
            { pointer: '#query/atLeast', rule: 'isInLog', detail: expect.stringContaining(`${ahead}`) },
          ],
        }),
      ]);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    }
  });

  it('is told from the newest one it has', async () => {
    for (const route of routes) {
      const { status } = await reads.get(`${route}${await reads.head()}`);
      expect([route, status]).toEqual([route, 200]);
    }
  });
});
