import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import { Problem } from './problem.js';
import { findRepeatedName, hasRepeatedName } from './repeated-names.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

const POINTER_TOKEN_CHARS_MAX = 200;

/** Keys that reach an object's prototype when a library copies properties carelessly. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

/**
 * Reads a request body: one JSON object in UTF-8, shallow, small, without keys that reach prototypes.
 *
 * @returns the object; an empty one for an empty body
 * @throws Problem that says what is wrong and, where a value is at fault, points to it
 */
export function parseJsonBody(body: Uint8Array): Record<string, unknown> {
  if (body.byteLength === 0) return {};
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem('body-must-be-json', { detail: 'The body is JSON, but not an object.' });
  }
  inspectJson(value);
  return value as Record<string, unknown>;
}

/**
 * Reads a request body that is a list. Its items are not looked at: each is inspected by who reads it.
 *
 * @throws Problem when it is no list
 */
export function parseJsonList(body: Uint8Array): unknown[] {
  const value = parseJson(body);
  if (Array.isArray(value)) return value;
  throw new Problem('body-must-be-json', { detail: 'The body is JSON, but not a list.' });
}

/**
 * Reads JSON in UTF-8, whatever it holds.
 *
 * @throws Problem when it is not JSON, or not UTF-8, or an object in it has a member twice
 */
export function parseJson(body: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch (cause) {
    throw new Problem('body-must-be-json', { detail: 'The body is not valid UTF-8.', cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the body, which may hold anything.
    throw new Problem('body-must-be-json', { cause });
  }
  if (hasRepeatedName(body, value)) throw repeatedName(text);
  return value;
}

function repeatedName(text: string): Problem {
  const path = findRepeatedName(Buffer.from(text));
  assert(path, 'What was counted is found.');
  const name = String(path.at(-1)).slice(0, POINTER_TOKEN_CHARS_MAX);
  return new Problem('body-must-be-json', {
    detail: `The member ${JSON.stringify(name)} stands twice in one object: send it once.`,
    pointer: path.map((token) => `/${escapePointer(String(token))}`).join(''),
  });
}

/**
 * Looks at every value once, without recursion: what is too deep must not be walked by something that can overflow.
 *
 * @throws Problem when it is too deep, holds too many values, or names a reserved key
 */
export function inspectJson(root: object): void {
  const pending: { readonly value: object; readonly pointer: string; readonly depth: number }[] = [
    { value: root, pointer: '', depth: 1 },
  ];
  let valuesCount = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, pointer, depth } = next;
    if (depth > limits.bodyDepthMax) throw new Problem('body-must-be-shallower', { pointer });
    const isArray = Array.isArray(value);
    for (const [key, child] of Object.entries(value) as [string, unknown][]) {
      valuesCount += 1;
      if (valuesCount > limits.bodyValuesMax) {
        throw new Problem('body-must-be-smaller', {
          detail: `The body holds more than ${limits.bodyValuesMax} values.`,
        });
      }
      if (!isArray && RESERVED_KEYS.has(key)) {
        throw new Problem('body-must-not-name-prototypes', { pointer: `${pointer}/${key}` });
      }
      if (typeof child === 'object' && child !== null) {
        pending.push({ value: child, pointer: `${pointer}/${escapePointer(key)}`, depth: depth + 1 });
      }
    }
  }
}

/** Writes a key as one token of a JSON pointer (RFC 6901), clipped: an answer must not echo a megabyte. */
export function escapePointer(key: string): string {
  return key.slice(0, POINTER_TOKEN_CHARS_MAX).replaceAll('~', '~0').replaceAll('/', '~1');
}
