import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IDEMPOTENCY_KEY_PATTERN, parseIdempotencyKey } from './idempotency-key.js';
import { Problem } from './problem.js';

function codeOf(sent: readonly string[]): string {
  try {
    return `key ${parseIdempotencyKey(sent)}`;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

describe('an idempotency key', () => {
  it.each([
    [['abc'], 'key abc'],
    [['"abc"'], 'key abc'],
    [['  abc '], 'key abc'],
    [['A.b_c~d-9'], 'key A.b_c~d-9'],
    [['x'.repeat(255)], `key ${'x'.repeat(255)}`],
    [[`"${'x'.repeat(255)}"`], `key ${'x'.repeat(255)}`],
    [[], 'idempotency-key-must-be-present'],
    [['a', 'b'], 'idempotency-key-must-be-single'],
    [['a', 'a'], 'idempotency-key-must-be-single'],
    [['a, b'], 'idempotency-key-must-be-single'],
    [[''], 'idempotency-key-must-be-well-formed'],
    [['"'], 'idempotency-key-must-be-well-formed'],
    [['""'], 'idempotency-key-must-be-well-formed'],
    [['"a'], 'idempotency-key-must-be-well-formed'],
    [["'a'"], 'idempotency-key-must-be-well-formed'],
    [['a b'], 'idempotency-key-must-be-well-formed'],
    [['x'.repeat(256)], 'idempotency-key-must-be-well-formed'],
    [['"a\\"b"'], 'idempotency-key-must-be-well-formed'],
    [['"a";p=1'], 'idempotency-key-must-be-well-formed'],
  ])('sent as %j comes to: %s', (sent, outcome) => {
    expect(codeOf(sent)).toBe(outcome);
  });

  it('is the pattern or a problem, whatever is sent', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), (sent) => {
        const outcome = codeOf(sent);
        if (outcome.startsWith('key ')) expect(outcome.slice(4)).toMatch(IDEMPOTENCY_KEY_PATTERN);
      }),
    );
  });
});
