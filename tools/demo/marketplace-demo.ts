import { makeClients, openAccounts, runLoad, CLIENTS, type LoadReport } from './load.js';
import { sendBadInput } from './bad-input.js';
import { Findings } from './findings.js';
import { History } from './history.js';
import { LedgerHttp } from './ledger-http.js';
import { planMarketplace } from './marketplace.js';
import { Model } from './model.js';
import { Progress } from './progress.js';
import { proveBalances } from './proof-balances.js';
import { compareDigests, PostgresProof, ReadModelsBehind, watchTrialBalance } from './proof-postgres.js';
import { proveStreams, replayLog, replayRecovered, type StreamProof } from './proof-streams.js';
import type { Replay } from './replay.js';
import { describeFailure, describeLatencies, drawTable, type ReportRow } from './report.js';
import type { LedgerSystem } from '../system/ledger-system.js';
import { Tally, type Desk } from './trader.js';
import { runVerifier } from './verifier.js';

/** Rebuilding is compared at one position of the log; it is done over when something was appended meanwhile. */
const REBUILDS_MAX = 2;

export interface MarketplaceOptions {
  readonly seed: string;
  /** Movements that must be posted. */
  readonly movements: number;
}

/**
 * Drives a fresh ledger through a marketplace and a crash, then proves its promises.
 *
 * @param system prepared, not started
 * @param signal aborts everything
 * @returns null when every promise was kept, else what was broken
 * @throws SystemFailure, NeverAnswered
 */
export async function runMarketplace(
  system: LedgerSystem,
  options: MarketplaceOptions,
  signal: AbortSignal,
): Promise<string | null> {
  console.log(`Marketplace with seed ${options.seed} (--seed ${options.seed} repeats it).`);
  const plan = planMarketplace(options);
  const findings = new Findings();
  const history = new History();
  const tally = new Tally();
  const startMs = await system.start();
  say(`The ledger is ready at ${system.origin} (${seconds(startMs)}).`);
  // Some orders are sent twice at once, so there are more connections than clients.
  const http = new LedgerHttp(system.origin, 2 * CLIENTS);
  try {
    const clients = makeClients(http, history, signal);
    const ids = await openAccounts(clients, plan.accounts, `demo-${options.seed}-open-`);
    const model = new Model(plan.accounts);
    const desk: Desk = { ids, model, findings, tally, answers: new Map() };
    const orders = plan.days.flat();
    say(`${ids.size} accounts are open. ${CLIENTS} clients carry out ${orders.length} orders.`);
    const badKeys = await sendBadInput(http, ids, `demo-${options.seed}-bad-`, findings);
    const progress = new Progress('orders', orders.length);
    const trading = new AbortController();
    const looks = watchTrialBalance(system.postgresDirectory, findings, trading.signal);
    const load = await runLoad({
      plan,
      clients,
      desk,
      onOrder: () => progress.tick(),
      crash: async () => {
        await system.kill();
        return system.start();
      },
    }).finally(() => {
      progress.stop();
      trading.abort();
    });
    const balancedLooks = await looks;
    say('The clients are done. Now for the proof.');
    if (tally.posted < options.movements) {
      findings.add('served', `Only ${tally.posted} of ${options.movements} movements were posted.`);
    }
    for (const key of history.unanswered()) findings.add('served', `${key} never got a final answer.`);
    for (const key of history.outOfOrder()) {
      findings.add('order', `${key} was sent after something was over, and stands before it.`);
    }
    const differing = await timed('balances of every account over the API, strong and projected', () =>
      proveBalances(http, clients, model, ids, findings),
    );
    const { replay, leftAtFirst } = await timed('replay of the whole log', () =>
      replayRecovered(system.eventStoreUrl),
    );
    const streams = proveStreams(replay, model, ids, findings);
    for (const key of badKeys) {
      if (replay.byKey.has(key) || replay.rejectedByKey.has(key)) {
        findings.add('input', `Bad input stored something under ${key}.`);
      }
    }
    const verified = await timed('npm run verify', () => runVerifier(system));
    if (verified !== null) findings.add('same', `npm run verify did not agree: ${verified}`);
    const trialBalance = await takeTrialBalance(system, findings);
    const isRebuilt = await timed('PostgreSQL thrown away and rebuilt', () =>
      proveRebuild(system, replay, findings),
    );
    const rows = [
      ...describeLoad({ load, tally, history }),
      ...describeProof({
        findings,
        tally,
        differing,
        streams,
        trialBalance,
        isRebuilt,
        verified,
        replay,
        balancedLooks,
        leftAtFirst,
      }),
      { what: 'bad input stored', value: `0 of ${badKeys.length} requests`, promise: 'input' as const },
    ];
    console.log(`\n${drawTable(rows, findings)}\n`);
    return describeFailure(findings);
  } finally {
    await http.close();
  }
}

async function takeTrialBalance(
  system: LedgerSystem,
  findings: Findings,
): Promise<ReadonlyMap<string, bigint>> {
  const proof = await PostgresProof.connect(system.postgresDirectory);
  return proof.trialBalance(findings).finally(() => proof.close());
}

/** @returns whether what was rebuilt is what was there before */
async function proveRebuild(system: LedgerSystem, replay: Replay, findings: Findings): Promise<boolean> {
  let position = replay.newestPosition;
  try {
    for (let rebuilds = 1; ; rebuilds += 1) {
      const before = await PostgresProof.connect(system.postgresDirectory);
      const digests = await before.digests(position).finally(() => before.close());
      await system.stop();
      await system.dropPostgres();
      await system.start();
      const after = await PostgresProof.connect(system.postgresDirectory);
      const rebuilt = await after.digests(position).finally(() => after.close());
      const now = (await replayLog(system.eventStoreUrl)).newestPosition;
      if (now === position || rebuilds === REBUILDS_MAX) return compareDigests(digests, rebuilt, findings);
      position = now;
    }
  } catch (error) {
    if (!(error instanceof ReadModelsBehind)) throw error;
    findings.add('rebuilt', error.message);
    return false;
  }
}

function describeLoad({
  load,
  tally,
  history,
}: {
  readonly load: LoadReport;
  readonly tally: Tally;
  readonly history: History;
}): ReportRow[] {
  const perSecond = Math.round(tally.posted / (load.tradingMs / 1000));
  return [
    {
      what: 'movements posted',
      value: `${tally.posted} in ${seconds(load.tradingMs)} = ${perSecond} transfers/s`,
      promise: 'served',
    },
    { what: 'latency', value: describeLatencies(tally.latenciesMs) },
    {
      what: 'kill -9 of the API',
      value: `ready again after ${seconds(load.outageMs)}; ${history.lostKeys} commands lost an answer and were sent again`,
    },
  ];
}

function describeProof({
  findings,
  tally,
  differing,
  streams,
  trialBalance,
  isRebuilt,
  verified,
  replay,
  balancedLooks,
  leftAtFirst,
}: {
  readonly findings: Findings;
  readonly tally: Tally;
  readonly differing: number;
  readonly streams: StreamProof;
  readonly trialBalance: ReadonlyMap<string, bigint>;
  readonly isRebuilt: boolean;
  readonly verified: string | null;
  readonly replay: Replay;
  /** How often the trial balance was taken during the load. */
  readonly balancedLooks: number;
  /** Reservations that recovery had not yet released when the proof began. */
  readonly leftAtFirst: number;
}): ReportRow[] {
  const differences = [...trialBalance].map(([currency, sum]) => `${currency} ${sum}`).join('   ');
  const retried = `${tally.repeated} repeated, ${tally.otherBodies} with another body`;
  return [
    { what: 'duplicates applied', value: `${streams.duplicates} (${retried})`, promise: 'once' },
    {
      what: 'overdrafts let through',
      value: `${findings.count('floor')} of ${tally.overdraftAttempts} attempts`,
      promise: 'floor',
    },
    {
      what: 'trial balance in PostgreSQL',
      value: `${differences}   (and in ${balancedLooks} looks during the load)`,
      promise: 'balanced',
    },
    { what: 'unsettled legs', value: String(replay.unsettled), promise: 'settled' },
    {
      what: 'reservations left by the crash',
      value: `${replay.leftReservations}${leftAtFirst > 0 ? ` (recovery had ${leftAtFirst} to release)` : ''}`,
      promise: 'settled',
    },
    { what: 'acknowledged but missing', value: String(streams.missing), promise: 'durable' },
    { what: "balances unlike the clients' books", value: String(differing), promise: 'durable' },
    { what: 'streams = PostgreSQL', value: verified === null ? 'yes' : 'no', promise: 'same' },
    { what: 'PostgreSQL rebuilt = before', value: isRebuilt ? 'yes' : 'no', promise: 'rebuilt' },
    { what: 'out of real-time order', value: String(findings.count('order')), promise: 'order' },
  ];
}

/** Does a step of the proof and says how long it took. */
async function timed<Value>(what: string, prove: () => Promise<Value>): Promise<Value> {
  const startedMs = performance.now();
  const value = await prove();
  say(`  ${what}: ${seconds(performance.now() - startedMs)}`);
  return value;
}

function say(sentence: string): void {
  console.log(sentence);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
