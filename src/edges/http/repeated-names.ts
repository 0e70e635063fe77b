import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [BRACE_OPEN, BRACE_CLOSE, BRACKET_OPEN, BRACKET_CLOSE] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Whether an object in a JSON text has a member twice: what is read of it would be the last one alone (RFC 8259, section 4, leaves
 * it open), so that a client, a proxy and this server may each have understood another request.
 *
 * Costs one look at each byte and each value: the text has as many colons outside of strings as its objects have members,
 * unless a member got lost.
 *
 * @param body valid JSON in UTF-8
 * @param value what it was read as
 */
export function hasRepeatedName(body: Uint8Array, value: unknown): boolean {
  return countColons(body) !== countMembers(value);
}

function countColons(body: Uint8Array): number {
  let colons = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === COLON) colons += 1;
    else if (byte === QUOTE) at = endOfString(body, at);
  }
  return colons;
}

/** @param at where the string begins @returns where its closing quote stands */
function endOfString(body: Uint8Array, at: number): number {
  let end = at + 1;
  while (body[end] !== QUOTE) {
    assert(end < body.length, 'Valid JSON ends its strings.');
    end += body[end] === BACKSLASH ? 2 : 1;
  }
  return end;
}

/** Without recursion: how deep a list is nested is only known later. */
function countMembers(root: unknown): number {
  let members = 0;
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === 'object') pending.push(item);
      continue;
    }
    for (const name in value) {
      members += 1;
      const child: unknown = (value as Record<string, unknown>)[name];
      if (typeof child === 'object') pending.push(child);
    }
  }
  return members;
}

interface Level {
  /** Of an object, as they were read; null for an array. */
  readonly names: Set<string> | null;
  /** Where in it the text is. */
  at: string | number;
}

/**
 * Finds the first member that stands a second time.
 *
 * @param body valid JSON in UTF-8
 * @returns names and indexes from the root on, the member's own last, and no more of them than a body may be deep; null when there is none
 */
export function findRepeatedName(body: Buffer): readonly (string | number)[] | null {
  const levels: Level[] = [];
  let string = '';
  for (let at = 0; at < body.length; at += 1) {
    const level = levels.at(-1);
    switch (body[at]) {
      case QUOTE: {
        const end = endOfString(body, at);
        string = body.toString('utf8', at, end + 1);
        at = end;
        break;
      }
      case COLON: {
        assert(level?.names, 'A colon stands in an object.');
        level.at = JSON.parse(string) as string;
        if (level.names.has(level.at)) return levels.slice(0, limits.bodyDepthMax).map((each) => each.at);
        level.names.add(level.at);
        break;
      }
      case COMMA:
        if (typeof level?.at === 'number') level.at += 1;
        break;
      case BRACE_OPEN:
        levels.push({ names: new Set(), at: '' });
        break;
      case BRACKET_OPEN:
        levels.push({ names: null, at: 0 });
        break;
      case BRACE_CLOSE:
      case BRACKET_CLOSE:
        levels.pop();
        break;
      default:
    }
  }
  return null;
}
