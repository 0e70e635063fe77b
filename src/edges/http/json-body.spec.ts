import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { limits } from '../../config/limits.js';
import { parseJsonBody } from './json-body.js';
import { Problem } from './problem.js';

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text));

function problemOf(body: Uint8Array): Problem {
  try {
    parseJsonBody(body);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a JSON body', () => {
  it('is read as it is', () => {
    expect(parse('{"a":[1,{"b":null}],"c":"é"}')).toEqual({ a: [1, { b: null }], c: 'é' });
  });

  it('may be left out', () => {
    expect(parse('')).toEqual({});
  });

  it('is refused when it is not UTF-8', () => {
    expect(problemOf(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])).message).toBe(
      'The body is not valid UTF-8.',
    );
  });

  it('never quotes what could not be parsed', () => {
    const document = problemOf(Buffer.from('{"secret')).toDocument('/', 'r');
    expect(JSON.stringify(document)).not.toContain('secret');
  });

  it('is refused one level beyond the deepest', () => {
    const nested = (depth: number): string => (depth === 0 ? '1' : `{"a":${nested(depth - 1)}}`);
    expect(parse(nested(limits.bodyDepthMax))).toBeDefined();
    expect(problemOf(Buffer.from(nested(limits.bodyDepthMax + 1))).code).toBe('body-must-be-shallower');
  });

  it('comes out as it went in, or as a problem: never anything else', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) => {
        const text = JSON.stringify(value);
        if (/"(?:__proto__|constructor)":/.test(text)) {
          expect(problemOf(Buffer.from(text)).code).toBe('body-must-not-name-prototypes');
        } else {
          expect(JSON.stringify(parse(text))).toBe(text);
        }
      }),
    );
  });

  it('reaches no prototype', () => {
    for (const text of ['{"__proto__":{"a":1}}', '{"x":{"__proto__":1}}', '{"x":[{"constructor":{}}]}']) {
      expect(problemOf(Buffer.from(text)).code).toBe('body-must-not-name-prototypes');
    }
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
