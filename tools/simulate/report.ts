import { createHash } from 'node:crypto';
import { PROMISES } from './auditor/violation.js';
import type { SimulationResult } from './simulation.js';
import type { OutcomeCounts } from './workload/outcomes.js';
import type { Tally } from './world/tally.js';

const COLUMNS: readonly (keyof OutcomeCounts)[] = [
  'sent',
  'accepted',
  'replayed',
  'rejected',
  'refused',
  'busy',
  'unknown',
];

const WORDS: Readonly<Record<keyof Tally, string>> = {
  crashes: 'processes that died',
  stalls: 'processes that stood still',
  cuts: 'processes cut off from the store',
  outages: 'outages of the store',
  lostRequests: 'appends lost on their way',
  lostAnswers: 'answers lost after the append',
  lateAppends: 'appends that arrived after their sender gave up',
  resentAppends: 'appends sent twice',
  unavailable: 'calls that failed at once',
  conflicts: 'appends that found another writer first',
  recovered: 'transactions recovered by a settler',
  fenced: 'attempts fenced off',
  lateEntries: 'entries that reopened a closed account',
};

/** What several runs came to together, as a person reads it. */
export function describeRuns(results: readonly SimulationResult[], tookMs: number): string {
  const begun = sum(results, ({ begun: count }) => count);
  const seconds = tookMs / 1000;
  return [
    table([['command', ...COLUMNS], ...outcomeRows(results)]),
    '',
    table(factRows(results)),
    '',
    `${thousands(begun)} commands in ${seconds.toFixed(1)} s: ${thousands(Math.round(begun / seconds))} a second.`,
    `Digest ${digestOf(results)}`,
  ].join('\n');
}

/** A broken promise, and how to see it again. */
export function describeViolation({ seed, violations }: SimulationResult, ops: number): string {
  const [first] = violations;
  if (!first) return '';
  const at = first.position === null ? '' : ` (at position ${first.position})`;
  return [
    `Broken: ${PROMISES[first.promise]}`,
    `  ${first.what}${at}`,
    `  See it again: npm run simulate -- --seed ${seed} --ops ${ops}`,
  ].join('\n');
}

/** Rows in columns: words to the left, figures to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => {
    return row.map((cell, index) => Math.max(cell.length, most[index] ?? 0));
  }, []);
  const isFigure = (index: number): boolean =>
    rows.slice(1).every((row) => /^[\d,]*$/.test(row[index] ?? ''));
  const figures = widths.map((_width, index) => isFigure(index));
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          figures[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function outcomeRows(results: readonly SimulationResult[]): string[][] {
  const kinds = [...new Set(results.flatMap(({ outcomes }) => [...outcomes.keys()]))].sort();
  return kinds.map((kind) => [
    kind,
    ...COLUMNS.map((column) => thousands(sum(results, ({ outcomes }) => outcomes.get(kind)?.[column] ?? 0))),
  ]);
}

function factRows(results: readonly SimulationResult[]): string[][] {
  const names = Object.keys(WORDS) as (keyof Tally)[];
  return [
    ...names.map((name) => [WORDS[name], thousands(sum(results, ({ tally }) => tally[name]))]),
    ['entries decided before their account got a floor', thousands(sum(results, (r) => r.lateLegs))],
    ['events', thousands(sum(results, ({ events }) => events))],
    ['simulated hours', (sum(results, ({ simulatedMs }) => simulatedMs) / 3_600_000).toFixed(1)],
  ];
}

/** Of one run its own; of several a digest of theirs, in the order of their seeds. */
function digestOf(results: readonly SimulationResult[]): string {
  const [first] = results;
  if (first && results.length === 1) return first.digest;
  const hash = createHash('sha256');
  for (const { digest } of [...results].sort((one, other) => one.seed - other.seed)) hash.update(digest);
  return hash.digest('hex');
}

function sum(results: readonly SimulationResult[], of: (result: SimulationResult) => number): number {
  return results.reduce((total, result) => total + of(result), 0);
}

function thousands(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}
