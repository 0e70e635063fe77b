import type { LatencySummary } from './load/latency.js';
import type { Turn } from './load/messages.js';
import type { ReadsTurn } from './load/read-load.js';
import { RATE_NAMES, type PhaseName } from './phases.js';
import { PROCESSES, type ProcessName, type Sample } from './processes.js';

export type PerProcess = { readonly [Name in ProcessName]: number };

/** One phase, all its turns together. */
export interface PhaseResult {
  readonly phase: PhaseName;
  /** How its rate is called. */
  readonly rate: string;
  readonly perSecond: number;
  /** Of each turn, in order. */
  readonly turnsPerSecond: readonly number[];
  readonly latency: LatencySummary;
  /** Answers that were not what they should be: kind of answer -> how often. */
  readonly wrong: Readonly<Record<string, number>>;
  /** How far the read models were behind at the end of a turn: the worst, in milliseconds. */
  readonly lagMs: number;
  /** How long after a turn they had written all of it: the worst; null when they stood still. */
  readonly caughtUpMs: number | null;
  /** Cores kept busy; null where `/proc` does not tell. */
  readonly cores: PerProcess | null;
  /** CPU seconds per 1,000 transfers (activities, appends, refusals) by process. */
  readonly cpuSecondsPer1000: PerProcess | null;
}

/** One turn, and what the machine did meanwhile. */
export interface MeasuredTurn {
  readonly turn: Turn;
  readonly lagMs: number;
  readonly caughtUpMs: number | null;
  readonly elapsedMs: number;
  readonly before: Sample | null;
  readonly after: Sample | null;
  /** Only of the open loop. */
  readonly readSide: ReadSideResult | null;
}

/** Puts the turns of one phase together: what was done in all of them, by the time of all of them. */
export function combine(phase: PhaseName, turns: readonly MeasuredTurn[]): PhaseResult {
  const done = sum(turns, ({ turn }) => turn.done);
  const measuredMs = sum(turns, ({ turn }) => turn.measuredMs);
  const elapsedMs = sum(turns, (turn) => turn.elapsedMs);
  const wrong: Record<string, number> = {};
  for (const { turn } of turns) {
    for (const [kind, count] of Object.entries(turn.wrong)) wrong[kind] = (wrong[kind] ?? 0) + count;
  }
  const cpuMs = cpuOf(turns);
  const last = turns.at(-1);
  if (last === undefined) throw new RangeError('A phase has at least one turn.');
  return {
    phase,
    rate: RATE_NAMES[phase],
    perSecond: (done * 1000) / measuredMs,
    turnsPerSecond: turns.map(({ turn }) => (turn.done * 1000) / turn.measuredMs),
    latency: last.turn.latency,
    wrong,
    lagMs: Math.max(...turns.map(({ lagMs }) => lagMs)),
    caughtUpMs: worst(turns.map(({ caughtUpMs }) => caughtUpMs)),
    cores: cpuMs && perProcess((name) => cpuMs[name] / elapsedMs),
    cpuSecondsPer1000: cpuMs && perProcess((name) => cpuMs[name] / Math.max(1, done)),
  };
}

export function perProcess(value: (name: ProcessName) => number): PerProcess {
  return { api: value('api'), store: value('store'), postgres: value('postgres'), load: value('load') };
}

/** The CPU time of all turns; null when one of them does not know it. */
function cpuOf(turns: readonly MeasuredTurn[]): PerProcess | null {
  const used = turns.flatMap(({ before, after }) =>
    before && after ? [perProcess((name) => after[name].cpuMs - before[name].cpuMs)] : [],
  );
  return used.length < turns.length ? null : perProcess((name) => sum(used, (turn) => turn[name]));
}

/** Everything one run found. */
export interface BenchResult {
  readonly machine: {
    readonly node: string;
    readonly cpus: number;
    readonly model: string;
    readonly memoryBytes: number;
    /** Of everything else that ran before this did. */
    readonly loadAverage: number;
  };
  readonly accounts: number;
  readonly preload: PreloadResult | null;
  /** Of the open loop; null without one. */
  readonly readSide: ReadSideResult | null;
  /** Null when it was not asked for. */
  readonly catchUp: CatchUpResult | null;
  readonly phases: readonly PhaseResult[];
  /** Phases that were asked for and could not run: name -> why. */
  readonly skipped: Readonly<Partial<Record<PhaseName, string>>>;
  /** At the end, by process. */
  readonly memoryBytes: PerProcess | null;
}

/** What the read models did while transfers were written at the open loop's rate. */
export interface ReadSideResult {
  readonly lag: LatencySummary;
  readonly reads: ReadsTurn;
}

/** What filling all read models from the start of the log took, with an empty database and an idle API. */
export interface CatchUpResult {
  readonly events: number;
  readonly tookMs: number;
  readonly eventsPerSecond: number;
  /** Events a second, the greatest this run has written while the read models kept up. */
  readonly writtenPerSecond: number;
}

/** What a full store did. */
export interface PreloadResult {
  readonly accounts: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly readModelsMs: number;
  /** Uniform transfers per second before. */
  readonly emptyPerSecond: number;
  readonly bigAccountEvents: number;
  /** The first command on it ever, and the first one after a restart. */
  readonly firstOpenMs: number;
  readonly openAccountMs: number;
}

export function memoryOf(sample: Sample | null): PerProcess | null {
  return sample && perProcess((name) => sample[name].memoryBytes);
}

export function totalOf(values: PerProcess, names: readonly ProcessName[] = PROCESSES): number {
  return sum(names, (name) => values[name]);
}

/** The greatest, or null where one is not known. */
function worst(values: readonly (number | null)[]): number | null {
  return values.reduce((greatest, value) =>
    greatest === null || value === null ? null : Math.max(greatest, value),
  );
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
