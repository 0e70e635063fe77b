import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ACTIVITIES_IN_FLIGHT,
  BULK_IN_FLIGHT,
  IN_FLIGHT,
  type ClosedLoopPhase,
  type PhaseName,
} from '../phases.js';
import { HttpLoad } from './http-load.js';
import { Latencies } from './latency.js';
import type { LoadOrder, LoadPlace, LoadReport } from './messages.js';
import { openAccounts } from './open-accounts.js';
import { RawAppends } from './raw-appends.js';
import { ReadLoad } from './read-load.js';
import { Requests } from './requests.js';
import { Tally } from './tally.js';

/*
 * The process that makes the load, told what to do by the benchmark over the channel between them. It ends with it.
 * Its only argument is a `LoadPlace` as JSON.
 */

const place = JSON.parse(process.argv[2] ?? '{}') as LoadPlace;
const runId = randomUUID().slice(0, 8);
const http = new HttpLoad(place.origin);
const raw = new RawAppends(place.eventStoreUrl);
const latencies = new Map<PhaseName, Latencies>();
const startedAtMs = Date.now();
let accountIds: readonly string[] = [];
let requests = new Requests(['', ''], runId);

async function obey(order: LoadOrder): Promise<LoadReport> {
  switch (order.kind) {
    case 'open-accounts':
      accountIds = await openAccounts(http, order.count, runId);
      requests = new Requests(accountIds, `bench-${runId}`);
      await raw.prepare(await transferOnce());
      return { kind: 'done' };
    case 'closed-loop': {
      const { phase } = order;
      const tally = newTally(phase, order, order.isCounted);
      if (phase === 'raw') await raw.run(accountIds, tally);
      else await http.closedLoop(phase, inFlightOf(phase), requests, tally);
      return { kind: 'turn', turn: tally.turn() };
    }
    case 'open-loop': {
      const tally = newTally('open-loop', order, true);
      const { fromMs, toMs } = tally;
      const reader = new ReadLoad(place.origin, order.readAccountId ?? accountIds[0] ?? '');
      const [reads] = await Promise.all([
        reader.run(fromMs, toMs, startedAtMs),
        http.openLoop(fromMs - order.warmUpMs, order.perSecond, requests, tally),
      ]);
      return { kind: 'turn', turn: tally.turn(), reads };
    }
    case 'probe': {
      const { status } = await http.send({ path: order.path, key: `probe-${runId}`, body: '{}' });
      return { kind: 'probed', status };
    }
    case 'credit': {
      const startMs = performance.now();
      const { status } = await http.send(requests.credit(order.accountId));
      return { kind: 'credited', status, tookMs: performance.now() - startMs };
    }
    case 'preload': {
      const stored = await raw.preload(`preload-${runId}`, order.accounts, (done) =>
        tell({ kind: 'progress', done }),
      );
      return { kind: 'preloaded', ...stored };
    }
  }
}

/** Requests under way at a time: fewer where each carries much. */
function inFlightOf(phase: ClosedLoopPhase): number {
  if (phase === 'bulk') return BULK_IN_FLIGHT;
  return phase === 'activities' || phase === 'hot-activities' ? ACTIVITIES_IN_FLIGHT : IN_FLIGHT;
}

function newTally(
  phase: PhaseName,
  { warmUpMs, measureMs }: { readonly warmUpMs: number; readonly measureMs: number },
  isCounted: boolean,
): Tally {
  const kept = latencies.get(phase) ?? new Latencies();
  if (isCounted) latencies.set(phase, kept);
  const tally = new Tally(phase, isCounted ? kept : new Latencies(), {
    startMs: performance.now(),
    warmUpMs,
    measureMs,
  });
  void sleep(warmUpMs).then(() => tell({ kind: 'measuring' }));
  return tally;
}

/** One transfer as all the others will be. */
async function transferOnce(): Promise<{ transactionId: string; from: string; to: string }> {
  const request = requests.next('uniform');
  const { status, text } = await http.send(request);
  if (status !== 201) throw new Error(`The first transfer was answered ${status}: ${text}`);
  const { from, to } = JSON.parse(request.body) as { from: string; to: string };
  const { transactionId } = JSON.parse(text) as { transactionId: string };
  return { transactionId, from, to };
}

function tell(report: LoadReport): void {
  if (process.connected) process.send?.(report);
}

process.on('message', (order: LoadOrder) => {
  obey(order).then(tell, (error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});
process.on('disconnect', () => process.exit());
