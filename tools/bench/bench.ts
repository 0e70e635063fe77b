import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { LedgerSystem } from '../system/ledger-system.js';
import { fillStore, openBigAccount, type FullStore } from './full-store.js';
import { LoadFailure, LoadGenerator, type Hear, type LoadAnswer } from './generator.js';
import { LagWatch, readCounter, readLag, waitForReadModels } from './lag.js';
import type { LoadOrder } from './load/messages.js';
import type { BenchOptions } from './options.js';
import {
  ACTIVITY_PHASES,
  EVENTS_PER_TRANSFER,
  OPEN_LOOP_SHARE,
  PACE,
  QUICK_PACE,
  TRANSFER_PHASES,
  type ClosedLoopPhase,
  type Pace,
  type PhaseName,
} from './phases.js';
import { sampleProcesses, type Sample } from './processes.js';
import { takeProfiles } from './profile/take-profiles.js';
import {
  combine,
  memoryOf,
  type BenchResult,
  type CatchUpResult,
  type MeasuredTurn,
  type PreloadResult,
  type ReadSideResult,
} from './results.js';
import { figure } from './table.js';

/** How long the read models may stand still between two turns before the run goes on without them. */
const READ_MODEL_STALL_MS_MAX = 10_000;
/** Time for a profile of either process, and for what is around them. */
const PROFILED_LOAD_MS = 16_000;
const BULK_PATH = '/v1/transactions/bulk';
const NOT_FOUND = [404, 405];

type Say = (line: string) => void;

/** One run: starts the system, opens the accounts, and lets the phases take turns. */
export class Bench {
  private readonly pace: Pace;
  private readonly turns = new Map<PhaseName, MeasuredTurn[]>();
  private readonly skipped: Partial<Record<PhaseName, string>> = {};
  private generator: LoadGenerator | undefined;

  constructor(
    private readonly system: LedgerSystem,
    private readonly options: BenchOptions,
    private readonly say: Say,
  ) {
    this.pace = options.isQuick ? QUICK_PACE : PACE;
  }

  /**
   * Measures everything that was asked for.
   *
   * @throws SystemFailure, LoadFailure
   */
  async run(): Promise<BenchResult> {
    const { system, pace, say } = this;
    const loadAverage = loadavg()[0] ?? 0;
    const startMs = await system.start();
    say(`The ledger is ready after ${figure(startMs / 1000)} s.`);
    this.generator = new LoadGenerator({ origin: system.origin, eventStoreUrl: system.eventStoreUrl });
    await this.ask({ kind: 'open-accounts', count: pace.accounts });
    say(`${pace.accounts} accounts are open.`);
    await this.turn('uniform', { warmUpMs: 0, measureMs: pace.firstWarmUpMs, isCounted: false });
    const phases = await this.available();
    const full = await this.fill();
    for (let round = 1; round <= pace.rounds; round += 1) {
      for (const phase of phases) await this.counted(phase, `${round}/${pace.rounds}`);
    }
    const readSide = this.options.phases.includes('open-loop') ? await this.openLoop(full) : null;
    await this.profile();
    const memoryBytes = memoryOf(await this.sample());
    const stored = (full?.events ?? 0) + (await this.eventsWritten());
    const preload = full && (await this.reopen(full));
    const catchUp = this.options.isCatchUpWanted ? await this.catchUp(stored, full) : null;
    return {
      machine: {
        node: process.version,
        cpus: availableParallelism(),
        model: cpus()[0]?.model ?? 'unknown',
        memoryBytes: totalmem(),
        loadAverage,
      },
      accounts: pace.accounts,
      preload,
      readSide,
      catchUp,
      phases: [...this.turns].map(([phase, turns]) => combine(phase, turns)),
      skipped: this.skipped,
      memoryBytes,
    };
  }

  /** Ends the load; the system is its owner's to end. */
  async end(): Promise<void> {
    await this.generator?.end();
  }

  /** The closed-loop phases that were asked for and whose routes are there. */
  private async available(): Promise<ClosedLoopPhase[]> {
    const phases = this.options.phases.filter((phase) => phase !== 'open-loop');
    if (!phases.includes('bulk')) return phases;
    const probed = await this.ask({ kind: 'probe', path: BULK_PATH });
    if (probed.kind === 'probed' && !NOT_FOUND.includes(probed.status)) return phases;
    this.skipped.bulk = `there is no POST ${BULK_PATH}.`;
    return phases.filter((phase) => phase !== 'bulk');
  }

  private async counted(phase: ClosedLoopPhase, round: string): Promise<void> {
    const { warmUpMs, activityMs } = this.pace;
    const measureMs = ACTIVITY_PHASES.includes(phase) ? activityMs : this.pace.measureMs;
    const measured = await this.turn(phase, { warmUpMs, measureMs, isCounted: true });
    this.keep(phase, measured, round);
  }

  private async openLoop(full: FullStore | null): Promise<ReadSideResult | null> {
    const { warmUpMs, openLoopMs } = this.pace;
    const perSecond = this.rateOf('uniform') * OPEN_LOOP_SHARE;
    const measured = await this.measure({
      kind: 'open-loop',
      perSecond,
      readAccountId: full?.bigAccountId ?? null,
      warmUpMs,
      measureMs: openLoopMs,
    });
    this.keep('open-loop', measured, `at ${figure(perSecond)}/s`);
    return measured.readSide;
  }

  /** Fills all read models of an empty database from the start of the log. */
  private async catchUp(events: number, full: FullStore | null): Promise<CatchUpResult> {
    const { system } = this;
    await system.stop();
    await system.dropPostgres();
    this.say(`The read models are filled anew with ${events} events.`);
    const startedMs = performance.now();
    await system.start();
    const caughtUpMs = await waitForReadModels(system.origin, READ_MODEL_STALL_MS_MAX);
    if (caughtUpMs === null) throw new LoadFailure('The read models stand still: see the log of the ledger.');
    const tookMs = performance.now() - startedMs;
    const written = TRANSFER_PHASES.map((phase) => this.rateOf(phase) * EVENTS_PER_TRANSFER);
    return {
      events,
      tookMs,
      eventsPerSecond: (events * 1000) / tookMs,
      writtenPerSecond: Math.max(full?.eventsPerSecond ?? 0, ...written),
    };
  }

  /** What this run has made the ledger write: an activity counts as an event of its own. */
  private async eventsWritten(): Promise<number> {
    const posted = await readCounter(this.system.origin, 'ledger_transactions_posted_total');
    const activities = await readCounter(this.system.origin, 'activity_events_total');
    return this.pace.accounts + posted * EVENTS_PER_TRANSFER + activities;
  }

  /** Of what was counted so far; 0 for a phase that was left out. */
  private rateOf(phase: PhaseName): number {
    const turns = this.turns.get(phase);
    return turns === undefined ? 0 : combine(phase, turns).perSecond;
  }

  private turn(
    phase: ClosedLoopPhase,
    span: { readonly warmUpMs: number; readonly measureMs: number; readonly isCounted: boolean },
  ): Promise<MeasuredTurn> {
    return this.measure({ kind: 'closed-loop', phase, ...span });
  }

  private keep(phase: PhaseName, measured: MeasuredTurn, what: string): void {
    const turns = this.turns.get(phase) ?? [];
    this.turns.set(phase, [...turns, measured]);
    const { done, measuredMs } = measured.turn;
    const { lagMs, caughtUpMs } = measured;
    const caughtUp = caughtUpMs === null ? '' : `, caught up after ${figure(caughtUpMs)} ms`;
    this.say(
      `  ${phase} ${what}: ${figure((done * 1000) / measuredMs)}/s, lag ${figure(lagMs)} ms${caughtUp}`,
    );
  }

  /** Stores what was asked for before the measurement; null when nothing was. */
  private async fill(): Promise<(FullStore & { readonly emptyPerSecond: number }) | null> {
    const { preloadAccounts } = this.options;
    if (preloadAccounts === 0) return null;
    const empty: MeasuredTurn[] = [];
    for (let round = 0; round < this.pace.rounds; round += 1) {
      const { warmUpMs, measureMs } = this.pace;
      empty.push(await this.turn('uniform', { warmUpMs, measureMs, isCounted: false }));
    }
    const emptyPerSecond = combine('uniform', empty).perSecond;
    this.say(`  uniform on the empty store: ${figure(emptyPerSecond)}/s`);
    const ask = (order: LoadOrder, hear?: Hear): Promise<LoadAnswer> => this.ask(order, hear);
    return { ...(await fillStore(preloadAccounts, this.system.origin, ask, this.say)), emptyPerSecond };
  }

  /** Opens the biggest account in a process that has not seen it: a restarted one. */
  private async reopen(full: FullStore & { readonly emptyPerSecond: number }): Promise<PreloadResult> {
    const { system, pace } = this;
    await system.stop();
    await system.start();
    await this.turn('uniform', { warmUpMs: 0, measureMs: pace.firstWarmUpMs, isCounted: false });
    const openAccountMs = await openBigAccount(full.bigAccountId, (order) => this.ask(order));
    const { bigAccountId: _id, ...stored } = full;
    return { ...stored, openAccountMs };
  }

  private async profile(): Promise<void> {
    const { profileDirectory } = this.options;
    const { processId } = this.system;
    if (profileDirectory === null || processId === undefined) return;
    const load = this.turn('uniform', { warmUpMs: 0, measureMs: PROFILED_LOAD_MS, isCounted: false });
    await takeProfiles(processId, profileDirectory, this.say);
    await load;
  }

  /** Gives one order of load, looks at the machine before and after, and lets the read models catch up. */
  private async measure(order: LoadOrder): Promise<MeasuredTurn> {
    const { origin } = this.system;
    let begun: Promise<Sample | null> = Promise.resolve(null);
    let begunMs = performance.now();
    let watch: LagWatch | undefined;
    const answer = await this.ask(order, {
      onMeasuring: () => {
        begunMs = performance.now();
        begun = this.sample();
        if (order.kind === 'open-loop') watch = new LagWatch(origin);
      },
    });
    const elapsedMs = performance.now() - begunMs;
    const lag = await watch?.end();
    const [before, after, { lagMs }] = await Promise.all([begun, this.sample(), readLag(origin)]);
    if (answer.kind !== 'turn') throw new LoadFailure(`The load answered ${order.kind} with ${answer.kind}.`);
    const caughtUpMs = await waitForReadModels(origin, READ_MODEL_STALL_MS_MAX);
    if (caughtUpMs === null) this.say('  The read models stand still: the next turn begins without them.');
    const { turn, reads } = answer;
    const readSide = lag && reads ? { lag, reads } : null;
    return { turn, lagMs, caughtUpMs, elapsedMs, before, after, readSide };
  }

  private ask(order: LoadOrder, hear?: Hear): Promise<LoadAnswer> {
    if (this.generator === undefined) throw new LoadFailure('The load is not started.');
    return this.generator.ask(order, hear);
  }

  private sample(): Promise<Sample | null> {
    const { processId } = this.system;
    if (processId === undefined || this.generator === undefined) return Promise.resolve(null);
    return sampleProcesses(processId, this.generator.processId);
  }
}
