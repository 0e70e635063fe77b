import { EVENTS_PER_TRANSFER, type PhaseName } from './phases.js';
import type { BenchResult } from './results.js';

/** A promise about speed, and what this run says about it. */
export interface Target {
  readonly name: string;
  readonly value: number;
  readonly wanted: string;
  readonly isMet: boolean;
}

const MEBIBYTE = 2 ** 20;

const RAW_SHARE_MIN = 0.5;
const HOT_SHARE_MIN = 1;
const BULK_SHARE_MIN = 2.5;
const HOT_ACTIVITIES_SHARE_MIN = 0.9;
const OPEN_LOOP_P99_MS_MAX = 100;
const LAG_P99_MS_MAX = 250;
const CURRENT_READ_P99_MS_MAX = 20;
const POINT_IN_TIME_READ_P99_MS_MAX = 50;
const PRELOADED_SHARE_MIN = 0.8;
const OPEN_ACCOUNT_MS_MAX = 50;
const API_MEBIBYTES_MAX = 600;

/** The targets this run can judge. A run that leaves a phase out leaves out what depends on it. */
export function judge({ phases, preload, memoryBytes, readSide, catchUp }: BenchResult): Target[] {
  const rate = (name: PhaseName): number | undefined => phases.find(({ phase }) => phase === name)?.perSecond;
  const raw = rate('raw');
  const uniform = rate('uniform');
  const targets: Target[] = [];
  const ratio = (name: string, value: number | undefined, of: number | undefined, min: number): void => {
    if (value !== undefined && of !== undefined) targets.push(atLeast(name, value / of, min));
  };
  ratio(
    `transfers / (raw appends / ${EVENTS_PER_TRANSFER})`,
    uniform,
    raw && raw / EVENTS_PER_TRANSFER,
    RAW_SHARE_MIN,
  );
  ratio('hot credit / transfers', rate('hot-credit'), uniform, HOT_SHARE_MIN);
  ratio('hot debit / transfers', rate('hot-debit'), uniform, HOT_SHARE_MIN);
  ratio('bulk / transfers', rate('bulk'), uniform, BULK_SHARE_MIN);
  ratio('hot activities / activities', rate('hot-activities'), rate('activities'), HOT_ACTIVITIES_SHARE_MIN);
  const openLoop = phases.find(({ phase }) => phase === 'open-loop');
  if (openLoop) targets.push(atMost('open-loop p99 (ms)', openLoop.latency.p99Ms, OPEN_LOOP_P99_MS_MAX));
  if (readSide) {
    const { current, 'point-in-time': pointInTime } = readSide.reads.latency;
    targets.push(
      atMost('projection lag p99 (ms)', readSide.lag.p99Ms, LAG_P99_MS_MAX),
      atMost('current balance read p99 (ms)', current.p99Ms, CURRENT_READ_P99_MS_MAX),
      atMost('point-in-time read p99 (ms)', pointInTime.p99Ms, POINT_IN_TIME_READ_P99_MS_MAX),
    );
  }
  ratio('projected events / written events', catchUp?.eventsPerSecond, catchUp?.writtenPerSecond, 1);
  if (preload) {
    ratio('transfers on the full store / empty', uniform, preload.emptyPerSecond, PRELOADED_SHARE_MIN);
    targets.push(atMost('opening the biggest account (ms)', preload.openAccountMs, OPEN_ACCOUNT_MS_MAX));
    if (memoryBytes) {
      targets.push(atMost('memory of the API (MiB)', memoryBytes.api / MEBIBYTE, API_MEBIBYTES_MAX));
    }
  }
  return targets;
}

function atLeast(name: string, value: number, min: number): Target {
  return { name, value, wanted: `>= ${min}`, isMet: value >= min };
}

function atMost(name: string, value: number, max: number): Target {
  return { name, value, wanted: `<= ${max}`, isMet: value <= max };
}
