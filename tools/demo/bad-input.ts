import { describeAnswer } from './client.js';
import type { Findings } from './findings.js';
import { problemOf, type LedgerHttp } from './ledger-http.js';
import type { AccountIds } from './movement.js';

interface BadRequest {
  readonly body: object | string;
  readonly status: number;
  /** Where the problem must point; null when the whole body is meant. */
  readonly pointer: string | null;
}

/**
 * Sends requests that break a rule each, and holds the answers against what they must say. None may store anything: their
 * keys must not appear in the log.
 *
 * @returns the keys that were used
 */
export async function sendBadInput(
  http: LedgerHttp,
  ids: AccountIds,
  keyPrefix: string,
  findings: Findings,
): Promise<string[]> {
  const keys: string[] = [];
  for (const [index, { body, status, pointer }] of badRequests(ids).entries()) {
    const key = `${keyPrefix}${index}`;
    keys.push(key);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await http.postText('/v1/transfers', key, text);
    const problem = problemOf(answer);
    if (answer.status !== status || problem === null || problem.pointer !== pointer) {
      findings.add(
        'input',
        `${text} was answered ${describeAnswer(answer)} pointing to ${problem?.pointer ?? 'nothing'}, instead of ${status} pointing to ${pointer ?? 'nothing'}.`,
      );
    }
  }
  return keys;
}

function badRequests(ids: AccountIds): readonly BadRequest[] {
  const [from = '', to = ''] = ids.values();
  const good = { from, to, amount: '100', currency: 'USD' };
  return [
    { body: { ...good, amount: 100 }, status: 400, pointer: '/amount' },
    { body: { ...good, amount: '-100' }, status: 400, pointer: '/amount' },
    { body: { ...good, amount: '1.00' }, status: 400, pointer: '/amount' },
    { body: { ...good, amount: '0' }, status: 400, pointer: '/amount' },
    { body: { ...good, amount: '9'.repeat(39) }, status: 400, pointer: '/amount' },
    { body: { ...good, currency: 'usd' }, status: 400, pointer: '/currency' },
    { body: { ...good, currency: 'XYZ' }, status: 422, pointer: '/currency' },
    { body: { ...good, to: from }, status: 422, pointer: '/to' },
    { body: { ...good, to: '00000000-0000-4000-8000-000000000000' }, status: 422, pointer: '/to' },
    { body: { ...good, bonus: '1' }, status: 400, pointer: '/bonus' },
    { body: { ...good, effectiveAt: '2999-01-01T00:00:00Z' }, status: 422, pointer: '/effectiveAt' },
    { body: '{"from":', status: 400, pointer: null },
  ];
}
