import { setTimeout as sleep } from 'node:timers/promises';
import { describeAnswer, type Client } from './client.js';
import type { Findings } from './findings.js';
import { jsonOf, NoAnswer, type Answer, type LedgerHttp } from './ledger-http.js';
import { share } from './load.js';
import type { Model } from './model.js';
import type { AccountIds } from './movement.js';

/** How long reads may be behind or away before that counts as no answer. */
const READ_MS_MAX = 30_000;
const PAUSE_MS = 200;

/**
 * Reads every account's balance over the API, once from its stream and once from the read model at the newest position the
 * clients know, and holds both against the clients' books.
 *
 * @returns how many answers differed
 */
export async function proveBalances(
  http: LedgerHttp,
  clients: readonly Client[],
  model: Model,
  ids: AccountIds,
  findings: Findings,
): Promise<number> {
  let different = 0;
  const reads = model.plannedAccounts.flatMap(({ label }) =>
    ['consistency=strong', `atLeast=${model.newestPosition}`].map((query) => ({ label, query })),
  );
  await share(clients, reads, async (_client, { label, query }) => {
    const answer = await readPatiently(http, `/v1/accounts/${ids.get(label) ?? label}/balance?${query}`);
    const expected = model.expected(label);
    const { debits, credits, balance } = jsonOf(answer);
    const isSame =
      debits === `${expected.debits}` &&
      credits === `${expected.credits}` &&
      balance === `${expected.balance}`;
    if (isSame) return;
    different += 1;
    findings.add(
      'durable',
      `The balance of ${label} (${query}) is answered ${describeAnswer(answer)} ${answer.text}, expected ${expected.balance} of ${expected.debits} debits and ${expected.credits} credits.`,
    );
  });
  return different;
}

/**
 * Reads, as long as the read side says that it is behind or away, for a bounded time.
 *
 * @throws NoAnswer
 */
export async function readPatiently(http: LedgerHttp, path: string): Promise<Answer> {
  const untilMs = performance.now() + READ_MS_MAX;
  for (;;) {
    try {
      const answer = await http.get(path);
      if (answer.status < 500 || performance.now() > untilMs) return answer;
    } catch (error) {
      if (!(error instanceof NoAnswer) || performance.now() > untilMs) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
