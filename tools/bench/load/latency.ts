import { build, type Histogram } from 'hdr-histogram-js';

const MICROSECONDS_MAX = 120_000_000;

/** How long answers took, in milliseconds. */
export interface LatencySummary {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Collects latencies with three significant digits, up to two minutes; what took longer counts as two minutes. */
export class Latencies {
  private readonly histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MICROSECONDS_MAX,
    numberOfSignificantValueDigits: 3,
  });

  /** @param latencyMs from when the request was sent, or was to be sent */
  record(latencyMs: number): void {
    const microseconds = Math.round(latencyMs * 1000);
    this.histogram.recordValue(Math.min(Math.max(microseconds, 1), MICROSECONDS_MAX));
  }

  summary(): LatencySummary {
    const at = (percentile: number): number => this.histogram.getValueAtPercentile(percentile) / 1000;
    return {
      p50Ms: at(50),
      p95Ms: at(95),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: this.histogram.maxValue / 1000,
    };
  }
}
