import { describeAnswer, type Client } from './client.js';
import { readCsv } from './csv.js';
import { Findings } from './findings.js';
import { History } from './history.js';
import { BALANCE_COLUMNS, readJournal, TRANSFER_COLUMNS, type JournalRow } from './journal-file.js';
import { jsonOf, LedgerHttp } from './ledger-http.js';
import { CLIENTS, makeClients, openAccounts, share } from './load.js';
import { Model } from './model.js';
import { toRequest, type AccountIds } from './movement.js';
import { Progress } from './progress.js';
import { proveBalances, readPatiently } from './proof-balances.js';
import { proveEntries } from './proof-entries.js';
import { proveStreams, replayLog } from './proof-streams.js';
import { describeFailure, describeLatencies, drawTable, type ReportRow } from './report.js';
import type { LedgerSystem } from '../system/ledger-system.js';
import { runVerifier } from './verifier.js';

export interface JournalOptions {
  /** CSV file of transfers. */
  readonly journal: string;
  /** CSV file of the balances after each of them. */
  readonly expect: string;
}

interface Posting {
  readonly http: LedgerHttp;
  readonly ids: AccountIds;
  readonly model: Model;
  readonly findings: Findings;
  readonly latenciesMs: number[];
  matching: number;
}

/**
 * Posts a file of transfers through the API and checks the balance after every row against the known one. Rows of the same
 * customer follow each other in file order; customers go side by side.
 *
 * @param system prepared, not started
 * @returns null when every row matched, else what did not
 * @throws CsvRefused before anything is started; SystemFailure, NeverAnswered
 */
export async function runJournal(
  system: LedgerSystem,
  { journal, expect }: JournalOptions,
  signal: AbortSignal,
): Promise<string | null> {
  const transfers = await readCsv(journal, TRANSFER_COLUMNS);
  const balances = await readCsv(expect, BALANCE_COLUMNS);
  const { accounts, lanes } = readJournal(transfers, balances, { transfers: journal, balances: expect });
  const history = new History();
  await system.start();
  console.log(`The ledger is ready at ${system.origin}. Posting ${transfers.length} rows of ${journal}.`);
  const http = new LedgerHttp(system.origin, CLIENTS);
  try {
    const clients = makeClients(http, history, signal);
    const ids = await openAccounts(clients, accounts, 'journal-open-');
    const findings = new Findings();
    const model = new Model(accounts);
    const posting: Posting = { http, ids, model, findings, latenciesMs: [], matching: 0 };
    const progress = new Progress('rows', transfers.length);
    const startedMs = performance.now();
    await share(clients, lanes, async (client, lane) => {
      for (const row of lane) {
        await postRow(client, row, posting);
        progress.tick();
      }
    }).finally(() => progress.stop());
    const tookMs = performance.now() - startedMs;
    const differing = await proveBalances(http, clients, model, ids, findings);
    const replay = await replayLog(system.eventStoreUrl);
    const streams = proveStreams(replay, model, ids, findings);
    const facts = { model, ids, position: replay.newestPosition };
    const listed = await proveEntries(http, clients, lanes, facts, findings);
    const verified = await runVerifier(system);
    if (verified !== null) findings.add('same', `npm run verify did not agree: ${verified}`);
    const rows: ReportRow[] = [
      {
        what: 'balances as expected, read after each row',
        value: `${posting.matching} of ${transfers.length}`,
        promise: 'expected',
      },
      {
        what: 'balances as expected, listed with the entries',
        value: `${listed} of ${transfers.length}`,
        promise: 'expected',
      },
      { what: 'accounts', value: String(accounts.length) },
      { what: 'time', value: `${(tookMs / 1000).toFixed(1)} s, a strong read after every row` },
      { what: 'latency of a posting', value: describeLatencies(posting.latenciesMs) },
      { what: 'duplicates applied', value: String(streams.duplicates), promise: 'once' },
      { what: 'acknowledged but missing', value: String(streams.missing), promise: 'durable' },
      { what: 'final balances that differ', value: String(differing), promise: 'durable' },
      { what: 'streams = PostgreSQL', value: verified === null ? 'yes' : 'no', promise: 'same' },
    ];
    console.log(`\n${drawTable(rows, findings)}\n`);
    return describeFailure(findings);
  } finally {
    await http.close();
  }
}

async function postRow(client: Client, row: JournalRow, posting: Posting): Promise<void> {
  const { http, ids, model, findings } = posting;
  const { line, movement, account, balance } = row;
  const { answer, tookMs } = await client.carry(toRequest(movement, ids));
  posting.latenciesMs.push(tookMs);
  const { transactionId } = jsonOf(answer);
  if (answer.status >= 400 || typeof transactionId !== 'string' || answer.position === null) {
    findings.add('served', `Line ${line} (${movement.reference}) was answered ${describeAnswer(answer)}.`);
    return;
  }
  model.post(movement, transactionId, BigInt(answer.position));
  const read = await readPatiently(
    http,
    `/v1/accounts/${ids.get(account) ?? account}/balance?consistency=strong`,
  );
  const { balance: found } = jsonOf(read);
  if (found === balance.toString()) {
    posting.matching += 1;
    return;
  }
  findings.add(
    'expected',
    `After line ${line} (${movement.reference}) ${account} has ${typeof found === 'string' ? found : describeAnswer(read)}, expected ${balance}.`,
  );
}
