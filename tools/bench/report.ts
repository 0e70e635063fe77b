import type { BenchResult, PhaseResult } from './results.js';
import { totalOf } from './results.js';
import { PROCESSES } from './processes.js';
import { figure, table } from './table.js';
import type { Target } from './targets.js';

const MEBIBYTE = 2 ** 20;

/** The processes of the ledger itself. */
const LEDGER_PROCESSES = ['api', 'store', 'postgres'] as const;

/** Everything a run found, for a reader. */
export function report(result: BenchResult, targets: readonly Target[]): string {
  return [
    rates(result.phases),
    ...processTable(result),
    ...wrongAnswers(result.phases),
    ...Object.entries(result.skipped).map(([phase, why]) => `${phase} was left out: ${why}`),
    ...readSideLines(result),
    ...catchUpLines(result),
    ...preloadLines(result),
    ...verdicts(targets),
  ].join('\n\n');
}

function rates(phases: readonly PhaseResult[]): string {
  return table(
    ['', 'per second', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'lag ms', 'caught up ms', 'turns'],
    phases.map(({ rate, perSecond, latency, lagMs, caughtUpMs, turnsPerSecond }) => [
      rate,
      figure(perSecond),
      figure(latency.p50Ms),
      figure(latency.p95Ms),
      figure(latency.p99Ms),
      figure(latency.maxMs),
      figure(lagMs),
      caughtUpMs === null ? '-' : figure(caughtUpMs),
      turnsPerSecond.map(figure).join('/'),
    ]),
  );
}

function processTable({ phases, memoryBytes }: BenchResult): string[] {
  const known = phases.flatMap(({ rate, cores, cpuSecondsPer1000 }) =>
    cores && cpuSecondsPer1000 ? [{ rate, cores, cpuSecondsPer1000 }] : [],
  );
  if (known.length === 0 || memoryBytes === null) return [];
  const cpu = table(
    ['cores busy', ...PROCESSES, '', 'CPU s per 1,000', ...LEDGER_PROCESSES],
    known.map(({ rate, cores, cpuSecondsPer1000 }) => [
      rate,
      ...PROCESSES.map((name) => cores[name].toFixed(2)),
      '',
      totalOf(cpuSecondsPer1000, LEDGER_PROCESSES).toFixed(3),
      ...LEDGER_PROCESSES.map((name) => cpuSecondsPer1000[name].toFixed(3)),
    ]),
  );
  const memory = PROCESSES.map((name) => `${name} ${Math.round(memoryBytes[name] / MEBIBYTE)} MiB`);
  return [cpu, `Memory at the end: ${memory.join(', ')}.`];
}

function wrongAnswers(phases: readonly PhaseResult[]): string[] {
  return phases.flatMap(({ rate, wrong }) => {
    const kinds = Object.entries(wrong).map(([kind, count]) => `${kind} ${count} times`);
    return kinds.length === 0 ? [] : [`${rate}: not counted were ${kinds.join(', ')}.`];
  });
}

function readSideLines({ readSide }: BenchResult): string[] {
  if (readSide === null) return [];
  const { lag, reads } = readSide;
  const lines = [
    ['lagMs', lag],
    ['currentBalanceReadMs', reads.latency.current],
    ['pointInTimeReadMs', reads.latency['point-in-time']],
  ] as const;
  return [
    table(
      ['while the open loop writes', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms'],
      lines.map(([name, { p50Ms, p95Ms, p99Ms, maxMs }]) => [
        name,
        ...[p50Ms, p95Ms, p99Ms, maxMs].map(figure),
      ]),
    ),
    ...(reads.wrong === 0 ? [] : [`${reads.wrong} reads were not answered with 200.`]),
  ];
}

function catchUpLines({ catchUp }: BenchResult): string[] {
  if (catchUp === null) return [];
  const { events, tookMs, eventsPerSecond } = catchUp;
  return [
    `projectionEventsPerSecond: ${figure(eventsPerSecond)} (all read models from an empty database, ${events} events in ${figure(tookMs / 1000)} s, start included).`,
  ];
}

function preloadLines({ preload }: BenchResult): string[] {
  if (preload === null) return [];
  const { events, accounts, eventsPerSecond, readModelsMs, bigAccountEvents } = preload;
  return [
    `Stored before: ${accounts} accounts, ${events} events (${figure(eventsPerSecond)} events/s); the read models had them ${figure(readModelsMs / 1000)} s later.`,
    `The biggest account has ${bigAccountEvents} events: its first command ever took ${figure(preload.firstOpenMs)} ms, the first after a restart ${figure(preload.openAccountMs)} ms. On the empty store: ${figure(preload.emptyPerSecond)} transfers/s.`,
  ];
}

function verdicts(targets: readonly Target[]): string[] {
  if (targets.length === 0) return [];
  return [
    table(
      ['target', 'here', 'wanted', ''],
      targets.map(({ name, value, wanted, isMet }) => [name, figure(value), wanted, isMet ? 'pass' : 'MISS']),
    ),
  ];
}
