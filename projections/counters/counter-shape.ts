import type { AppConfig } from '../../src/config/config.js';
import { limits } from '../../src/config/limits.js';
import { SETTINGS } from '../../src/config/settings.js';
import { assert } from '../../src/kernel/assert.js';

/** How wide a bucket is, as it is stored and asked for. */
export type GranularityName = '1s' | '1m' | '1h' | '1d';

/** One width of buckets, which begin at its multiples since the Unix epoch, UTC. */
export interface Granularity {
  readonly name: GranularityName;
  readonly seconds: number;
  /** How long its buckets are kept, at least; null for ever. */
  readonly keptSeconds: number | null;
  /** They are stored, and thrown away, in pieces of this width: a multiple of it. */
  readonly pieceSeconds: number;
  /** How full the pages of a piece are filled, in percent: a row that is updated again and again needs room beside it. */
  readonly fillPercent: number;
}

/** What counters are held to. It is part of what is stored: with another one the tables are filled anew. */
export interface CounterShape {
  /** Finest first; each width is a multiple of the one before. */
  readonly granularities: readonly Granularity[];
  /** An activity that was recorded later than this after it occurred is not counted. */
  readonly latenessMs: number;
  /** How long the id of an activity is remembered, at least, by recorded time. */
  readonly dedupHorizonMs: number;
  /** They are stored, and forgotten, in pieces of this width. */
  readonly idPieceSeconds: number;
  /** Shards of one key; a power of two. */
  readonly shardsMax: number;
  /** A key gets twice the shards when one of its seconds holds more than this for each shard. */
  readonly shardSplitPerSecond: number;
}

const DAY_SECONDS = 24 * 60 * 60;

/** What the environment says of counters. */
export type CounterSettings = Pick<AppConfig, 'activityDedupHorizonSeconds' | 'activityLatenessSeconds'>;

/** The shape that runs, as far as it is the same in every environment. */
export const COUNTER_SHAPE: Omit<CounterShape, 'latenessMs' | 'dedupHorizonMs'> = {
  granularities: [
    {
      name: '1s',
      seconds: 1,
      keptSeconds: limits.counterSecondsKeptMs / 1000,
      pieceSeconds: DAY_SECONDS,
      fillPercent: 95,
    },
    {
      name: '1m',
      seconds: 60,
      keptSeconds: limits.counterMinutesKeptMs / 1000,
      pieceSeconds: 7 * DAY_SECONDS,
      fillPercent: 60,
    },
    {
      name: '1h',
      seconds: 3_600,
      keptSeconds: limits.counterHoursKeptMs / 1000,
      pieceSeconds: 100 * DAY_SECONDS,
      fillPercent: 50,
    },
    {
      name: '1d',
      seconds: DAY_SECONDS,
      keptSeconds: null,
      pieceSeconds: 3_650 * DAY_SECONDS,
      fillPercent: 50,
    },
  ],
  idPieceSeconds: DAY_SECONDS,
  shardsMax: limits.counterShardsMax,
  shardSplitPerSecond: limits.counterShardSplitPerSecond,
};

/** The shape that runs in an environment. */
export function counterShape(settings: CounterSettings): CounterShape {
  return {
    ...COUNTER_SHAPE,
    dedupHorizonMs: settings.activityDedupHorizonSeconds * 1000,
    latenessMs: settings.activityLatenessSeconds * 1000,
  };
}

/** What of the environment rows of a shape depend on, as it stands there. It is stored with them: another text makes them be filled anew. */
export function describeSettings({ dedupHorizonMs, latenessMs }: CounterShape): string {
  const { activityDedupHorizonSeconds: horizon, activityLatenessSeconds: lateness } = SETTINGS;
  return `${horizon.variable}=${dedupHorizonMs / 1000} ${lateness.variable}=${latenessMs / 1000}`;
}

/**
 * Makes sure that a shape can count nothing twice: what is repeated after its id may be forgotten occurred so long ago that it is late.
 * The latest that something can have occurred when it is first counted is `activityAheadMsMax` after that.
 */
export function assertShape({ granularities, latenessMs, dedupHorizonMs, shardsMax }: CounterShape): void {
  assert(
    dedupHorizonMs >= latenessMs + 2 * limits.activityAheadMsMax,
    'An activity is late before its id is forgotten, clocks that differ included.',
  );
  assert(Number.isInteger(Math.log2(shardsMax)), 'Shards are doubled up to their number.');
  for (const [index, { seconds, pieceSeconds }] of granularities.entries()) {
    assert(pieceSeconds % seconds === 0, 'A piece holds whole buckets.');
    const finer = granularities[index - 1];
    assert(
      finer === undefined || seconds % finer.seconds === 0,
      'A bucket holds whole buckets of the finer width.',
    );
  }
}

/** The multiple of a width that is not after a time; both in the same unit. */
export function floorTo(time: number, width: number): number {
  return Math.floor(time / width) * width;
}

/** The multiple of a width that is not before a time. */
export function ceilTo(time: number, width: number): number {
  return Math.ceil(time / width) * width;
}

/**
 * The first second whose buckets of one granularity are whole: those before it are thrown away.
 *
 * @param clockMs the greatest recorded time met so far, epoch milliseconds; null before the first event
 * @returns epoch seconds, at the begin of a piece; -Infinity when everything is there
 */
export function keptSince(
  { keptSeconds, pieceSeconds }: Pick<Granularity, 'keptSeconds' | 'pieceSeconds'>,
  clockMs: number | null,
): number {
  if (keptSeconds === null || clockMs === null) return Number.NEGATIVE_INFINITY;
  return floorTo(Math.floor(clockMs / 1000) - keptSeconds, pieceSeconds);
}
