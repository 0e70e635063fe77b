/** "No position", "end" and "no stream", depending on the field. */
export const UINT64_MAX = '18446744073709551615';

/**
 * A uint64 field as a safe integer. What is larger becomes the largest safe integer: every position and
 * revision of a log lies below it, so it means "beyond the end" all the same.
 */
export function parseUint64(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
