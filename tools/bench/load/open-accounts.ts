import type { HttpLoad } from './http-load.js';

/** High enough that no run reaches it: every debit is checked against it all the same. */
const OVERDRAFT_LIMIT = '1000000000000000';

/**
 * Opens liabilities in USD with a floor.
 *
 * @returns their ids, in the order of their numbers
 * @throws Error naming the first account that could not be opened
 */
export async function openAccounts(http: HttpLoad, count: number, runId: string): Promise<string[]> {
  const ids = new Array<string>(count).fill('');
  let failure: string | undefined;
  await http.sendAll(openings(count, runId), (index, status, text) => {
    if (status === 201) ids[index] = (JSON.parse(text) as { accountId: string }).accountId;
    else failure ??= `Account ${index} could not be opened (status ${status}): ${text}`;
  });
  if (failure !== undefined) throw new Error(failure);
  return ids;
}

function* openings(count: number, runId: string): Generator<{ path: string; key: string; body: string }> {
  for (let number = 0; number < count; number += 1) {
    const body = {
      name: `Wallet ${number}`,
      type: 'liability',
      currency: 'USD',
      overdraftLimit: OVERDRAFT_LIMIT,
    };
    yield { path: '/v1/accounts', key: `bench-account-${runId}-${number}`, body: JSON.stringify(body) };
  }
}
