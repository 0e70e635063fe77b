import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { LedgerSystem } from '../system/ledger-system.js';
import { fillStore, openBigAccount, type FullStore } from './full-store.js';
import { LoadFailure, LoadGenerator, type Hear, type LoadAnswer } from './generator.js';
import { readLag, waitForReadModels } from './lag.js';
import type { LoadOrder } from './load/messages.js';
import type { BenchOptions } from './options.js';
import {
  ACTIVITY_PHASES,
  OPEN_LOOP_SHARE,
  PACE,
  QUICK_PACE,
  type ClosedLoopPhase,
  type Pace,
  type PhaseName,
} from './phases.js';
import { sampleProcesses, type Sample } from './processes.js';
import { takeProfiles } from './profile/take-profiles.js';
import { combine, memoryOf, type BenchResult, type MeasuredTurn, type PreloadResult } from './results.js';
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
    if (this.options.phases.includes('open-loop')) await this.openLoop();
    await this.profile();
    const memoryBytes = memoryOf(await this.sample());
    const preload = full && (await this.reopen(full));
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

  private async openLoop(): Promise<void> {
    const { warmUpMs, openLoopMs } = this.pace;
    const uniform = combine('uniform', this.turns.get('uniform') ?? []);
    const perSecond = uniform.perSecond * OPEN_LOOP_SHARE;
    const order: LoadOrder = { kind: 'open-loop', perSecond, warmUpMs, measureMs: openLoopMs };
    this.keep('open-loop', await this.measure(order), `at ${figure(perSecond)}/s`);
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
    const answer = await this.ask(order, {
      onMeasuring: () => {
        begunMs = performance.now();
        begun = this.sample();
      },
    });
    const elapsedMs = performance.now() - begunMs;
    const [before, after, { lagMs }] = await Promise.all([begun, this.sample(), readLag(origin)]);
    if (answer.kind !== 'turn') throw new LoadFailure(`The load answered ${order.kind} with ${answer.kind}.`);
    const caughtUpMs = await waitForReadModels(origin, READ_MODEL_STALL_MS_MAX);
    if (caughtUpMs === null) this.say('  The read models stand still: the next turn begins without them.');
    return { turn: answer.turn, lagMs, caughtUpMs, elapsedMs, before, after };
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
