import { createHash } from 'node:crypto';

/** Where a page begins, and what the whole list is held to. */
export interface Cursor {
  /** The sort key of the last row that was answered. */
  readonly after: bigint;
  /** The position the first page was valid at: what was written later is no part of the list. */
  readonly pinned: bigint;
}

/** What a list query asks for. */
export interface PageRequest {
  readonly cursor: Cursor | null;
  /** Rows, at most `pageSizeMax`. */
  readonly pageSize: number;
  /** The position the answer must contain; null for "as it is now". */
  readonly atLeast: bigint | null;
}

/** One page of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; null on the last one. */
  readonly next: Cursor | null;
  /** The position the rows are valid at. */
  readonly position: bigint;
}

/**
 * Cuts a page out of what was read: one row more than asked for tells whether there is another page.
 *
 * @param found at most `pageSize + 1` rows, in the list's order
 * @param position the checkpoint of the same snapshot
 */
export function cutPage<Row>(
  found: readonly Row[],
  { cursor, pageSize }: PageRequest,
  position: bigint,
  keyOf: (row: Row) => bigint,
): Page<Row> {
  const rows = found.slice(0, pageSize);
  const last = rows.at(-1);
  const hasMore = found.length > pageSize && last !== undefined;
  return {
    rows,
    next: hasMore ? { after: keyOf(last), pinned: cursor?.pinned ?? position } : null,
    position,
  };
}

/** Which list a cursor belongs to: its name, whose it is and how it is filtered. */
export type ListIdentity = readonly (string | null)[];

/** Eight-byte integers are what positions and sequences are. */
const KEY_MAX = 2n ** 63n - 1n;
const PART_DIGITS_MAX = 60;

/** Writes a cursor as the opaque text clients hand back. It fits no other list. */
export function encodeCursor(list: ListIdentity, { after, pinned }: Cursor): string {
  return sealParts(list, [after, pinned]);
}

/**
 * Reads a cursor.
 *
 * @returns null when it was not given out for this very list
 */
export function decodeCursor(list: ListIdentity, text: string): Cursor | null {
  const [after, pinned] = openParts(list, text, 2) ?? [];
  if (after === undefined || pinned === undefined) return null;
  if (after < 0n || after > KEY_MAX || pinned < 0n || pinned > KEY_MAX) return null;
  return { after, pinned };
}

/** Writes whatever numbers a list has to remember between pages as a cursor; it fits no other list. */
export function sealParts(list: ListIdentity, parts: readonly bigint[]): string {
  return Buffer.from([...parts.map(String), seal(list, parts)].join('.')).toString('base64url');
}

/**
 * Reads what {@link sealParts} wrote.
 *
 * @param count how many numbers it holds
 * @returns null when it was not given out for this very list
 */
export function openParts(list: ListIdentity, text: string, count: number): readonly bigint[] | null {
  const texts = Buffer.from(text, 'base64url').toString('latin1').split('.');
  texts.pop();
  if (texts.length !== count) return null;
  const isNumber = (part: string): boolean =>
    part.length <= PART_DIGITS_MAX + 1 && /^(?:0|-?[1-9][0-9]*)$/.test(part);
  if (!texts.every(isNumber)) return null;
  const parts = texts.map(BigInt);
  // Decoding passes over what is no base64url: only the very text that was given out is one.
  return text === sealParts(list, parts) ? parts : null;
}

/** Ties a cursor to its list. No secret: whoever forges one sees rows that are theirs to see anyway. */
function seal(list: ListIdentity, parts: readonly bigint[]): string {
  const text = JSON.stringify([...list, ...parts.map(String)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
