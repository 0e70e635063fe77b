import { describeAnswer, type Client } from './client.js';
import type { Findings } from './findings.js';
import type { JournalRow } from './journal-file.js';
import { jsonOf, type LedgerHttp } from './ledger-http.js';
import { share } from './load.js';
import type { Model } from './model.js';
import type { AccountIds } from './movement.js';
import { readPatiently } from './proof-balances.js';

/** The largest page the API gives. */
const PAGE_SIZE = 1000;

/**
 * Lists the entries of every account whose balances are known and holds the running balance of each entry against the known
 * balance after its row.
 *
 * @param lanes every row of an account lies in one lane
 * @param position the list must contain everything up to here
 * @returns how many rows match
 */
export async function proveEntries(
  http: LedgerHttp,
  clients: readonly Client[],
  lanes: readonly (readonly JournalRow[])[],
  { model, ids, position }: { readonly model: Model; readonly ids: AccountIds; readonly position: bigint },
  findings: Findings,
): Promise<number> {
  let matching = 0;
  await share(clients, lanes, async (_client, lane) => {
    const listed = new Map<string, ReadonlyMap<string, string>>();
    for (const { line, movement, account, balance } of lane) {
      const entries =
        listed.get(account) ?? (await listBalances(http, ids.get(account) ?? account, position));
      listed.set(account, entries);
      const found = entries.get(model.posted.get(movement.key)?.transactionId ?? '');
      if (found === balance.toString()) matching += 1;
      else {
        findings.add(
          'expected',
          `The entry of line ${line} (${movement.reference}) leaves ${account} with ${found ?? 'nothing: it is not listed'}, expected ${balance}.`,
        );
      }
    }
  });
  return matching;
}

/** Transaction id -> the account's balance after its last entry on the account, as the API lists it. */
async function listBalances(
  http: LedgerHttp,
  accountId: string,
  position: bigint,
): Promise<ReadonlyMap<string, string>> {
  const balances = new Map<string, string>();
  let query = `pageSize=${PAGE_SIZE}&atLeast=${position}`;
  for (;;) {
    const answer = await readPatiently(http, `/v1/accounts/${accountId}/entries?${query}`);
    const { data, pageInfo } = jsonOf(answer) as Partial<EntryPage>;
    if (data === undefined || pageInfo === undefined) {
      throw new Error(`The entries of account ${accountId} could not be listed: ${describeAnswer(answer)}.`);
    }
    for (const { transactionId, balance } of data) balances.set(transactionId, balance);
    if (pageInfo.next === null) return balances;
    query = `pageSize=${PAGE_SIZE}&cursor=${encodeURIComponent(pageInfo.next)}`;
  }
}

interface EntryPage {
  readonly data: readonly { readonly transactionId: string; readonly balance: string }[];
  readonly pageInfo: { readonly next: string | null };
}
