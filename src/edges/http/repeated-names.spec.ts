import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonBody, parseJsonList } from './json-body.js';
import { Problem } from './problem.js';
import { findRepeatedName, hasRepeatedName } from './repeated-names.js';

function problemOf(text: string, parse: (body: Buffer) => unknown = parseJsonBody): unknown {
  try {
    parse(Buffer.from(text));
  } catch (error) {
    if (error instanceof Problem) {
      const { code, status, pointer, message } = error;
      return { code, status, pointer, message };
    }
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a member that stands twice in one object', () => {
  it.each([
    ['{"amount":"1","amount":"2"}', '/amount', 'amount'],
    ['{"amount":"1","amount":"1"}', '/amount', 'amount'],
    ['{"a":{"b":1},"c":[{"d":1},{"e":{},"\\u0065" : []}]}', '/c/1/e', 'e'],
    ['{"a":"{\\"a\\":1,\\\\","a":{}}', '/a', 'a'],
    ['{"":0,"":0}', '/', ''],
    ['{"a/b":{"~":0,"~":{}}}', '/a~1b/~0', '~'],
    ['{"é":null, "\\u00e9":null}', '/é', 'é'],
    ['{"1":[],"1":[]}', '/1', '1'],
    ['\ufeff{"a":1,\n\t"a":2}', '/a', 'a'],
  ])('is refused and named: %s', (text, pointer, name) => {
    const message = `The member ${JSON.stringify(name)} stands twice in one object: send it once.`;
    expect(problemOf(text)).toEqual({ code: 'body-must-be-json', status: 400, pointer, message });
  });

  it('is refused in a list, and below what a list may nest', () => {
    expect(problemOf('[{"a":1},{"b":1,"b":1}]', parseJsonList)).toMatchObject({ pointer: '/1/b' });
    const deep = `${'['.repeat(50_000)}{"a":1,"a":1}${']'.repeat(50_000)}`;
    expect(problemOf(deep, parseJsonList)).toMatchObject({ pointer: '/0/0/0/0/0/0/0/0' });
  });

  it('is told from the same name in two objects, and from names in texts', () => {
    for (const text of [
      '{"a":{"a":{"a":[]}},"b":[{"a":1},{"a":1}]}',
      '{"a":"\\"b\\":1,\\"b\\":2","b":":"}',
    ]) {
      expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
    }
  });

  it('is clipped in the answer', () => {
    const name = 'n'.repeat(10_000);
    expect(JSON.stringify(problemOf(`{"${name}":1,"${name}":2}`)).length).toBeLessThan(1_000);
  });

  it('is found wherever it is written, and nowhere else', () => {
    const spaced = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.nat(2));
    fc.assert(
      fc.property(spaced, fc.nat(), ([value, indent], pick) => {
        const text = JSON.stringify(value, null, indent);
        const read: unknown = JSON.parse(text);
        const body = Buffer.from(text);
        expect(hasRepeatedName(body, read)).toBe(false);
        expect(findRepeatedName(body)).toBeNull();
        const names = Object.keys(value);
        const name = names[pick % names.length];
        if (name === undefined) return;
        const more = Buffer.from(text.replace(/\}$/, () => `,${JSON.stringify(name)}:[{}]}`));
        expect(hasRepeatedName(more, JSON.parse(more.toString()))).toBe(true);
        expect(findRepeatedName(more)).toEqual([name]);
      }),
    );
  });
});
