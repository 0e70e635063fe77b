import { build } from 'hdr-histogram-js';
import type { Findings, Promised } from './findings.js';

/** One line of the table. */
export interface ReportRow {
  readonly what: string;
  readonly value: string;
  /** The promise the line stands for; absent on lines that only inform. */
  readonly promise?: Promised;
}

const MICROSECONDS = 1000;
const LATENCY_MICROSECONDS_MAX = 10 * 60 * 1000 * MICROSECONDS;

/** Sums latencies up as `p50 4.1  p95 9.9  p99 20.3  max 2810.0 ms`. */
export function describeLatencies(latenciesMs: readonly number[]): string {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_MICROSECONDS_MAX,
    numberOfSignificantValueDigits: 3,
  });
  for (const latencyMs of latenciesMs)
    histogram.recordValue(Math.max(1, Math.round(latencyMs * MICROSECONDS)));
  const ms = (microseconds: number): string => (microseconds / MICROSECONDS).toFixed(1);
  const at = [50, 95, 99].map((percent) => `p${percent} ${ms(histogram.getValueAtPercentile(percent))}`);
  return `${at.join('   ')}   max ${ms(histogram.maxValue)} ms`;
}

/** Draws the table, with a verdict on every line that stands for a promise. */
export function drawTable(rows: readonly ReportRow[], findings: Findings): string {
  const width = Math.max(...rows.map(({ what }) => what.length));
  return rows
    .map(({ what, value, promise }) => {
      const verdict = promise === undefined ? '  ' : findings.count(promise) === 0 ? 'ok' : 'NO';
      return `  ${verdict}  ${what.padEnd(width)}  ${value}`;
    })
    .join('\n');
}

/** Says which promises are broken, with examples; null when all are kept. */
export function describeFailure(findings: Findings): string | null {
  if (findings.isClean) return null;
  return findings.sentences().join('\n\n');
}
