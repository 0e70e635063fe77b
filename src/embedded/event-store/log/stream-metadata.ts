/** What a stream's metadata hides from its readers. Never from `$all`, expected revisions or numbering. */
export interface Truncation {
  /** `$tb`: revisions below it are hidden. */
  readonly truncateBefore?: number;
  /** `$maxCount`: only that many last events are visible. */
  readonly maxCount?: number;
  /** `$maxAge` in milliseconds: events recorded longer ago are hidden. */
  readonly maxAgeMs?: number;
}

/** What of a stream a reader may see now. */
export interface VisibleRange {
  readonly firstRevision: number;
  /** Events recorded before this are hidden; epoch milliseconds. */
  readonly recordedFromMs: number;
}

/** A metadata stream keeps its numbering, but shows only its last event. */
export const METASTREAM_TRUNCATION: Truncation = { maxCount: 1 };

const METASTREAM_PREFIX = '$$';
/** 2^63: `$tb` must fit a signed 64-bit integer. */
const INT64_END = 2 ** 63;
/** The `$tb` by which EventStoreDB marks a deleted stream, as text: as a number it can't be told from 2^63. */
const DELETED_MARK = /"\$tb"\s*:\s*9223372036854775807(?![0-9.eE])/;

export function isMetastream(streamName: string): boolean {
  return streamName.startsWith(METASTREAM_PREFIX);
}

export function metastreamOf(streamName: string): string {
  return METASTREAM_PREFIX + streamName;
}

/** Whether writing this as metadata would delete the stream, which this store does not offer. */
export function marksDeleted(metadataJson: string): boolean {
  return DELETED_MARK.test(metadataJson);
}

/**
 * Reads the truncating keys of a metadata event. Only the last metadata event of a stream counts.
 * What is not a JSON object, or has a key of the wrong kind, counts as no metadata at all; counts and ages of zero or
 * less are ignored (EventStoreDB 24.10).
 */
export function parseTruncation(metadataJson: string): Truncation {
  let parsed: unknown;
  try {
    parsed = JSON.parse(metadataJson);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {};
  const {
    $tb: truncateBefore,
    $maxCount: maxCount,
    $maxAge: maxAgeSeconds,
  } = parsed as Record<string, unknown>;
  for (const value of [truncateBefore, maxCount, maxAgeSeconds]) {
    if (value !== undefined && !(Number.isInteger(value) && Math.abs(value as number) < INT64_END)) return {};
  }
  return {
    ...(isPositive(truncateBefore) ? { truncateBefore } : {}),
    ...(isPositive(maxCount) ? { maxCount } : {}),
    ...(isPositive(maxAgeSeconds) ? { maxAgeMs: maxAgeSeconds * 1000 } : {}),
  };
}

/** The first visible revision is the highest of 0, `$tb` and last - `$maxCount` + 1. */
export function visibleRange(truncation: Truncation, lastRevision: number, nowMs: number): VisibleRange {
  const byCount = truncation.maxCount === undefined ? 0 : lastRevision - truncation.maxCount + 1;
  return {
    firstRevision: Math.max(0, truncation.truncateBefore ?? 0, byCount),
    recordedFromMs: truncation.maxAgeMs === undefined ? -Infinity : nowMs - truncation.maxAgeMs,
  };
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}
