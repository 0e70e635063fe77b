import { describe, expect, it } from '@jest/globals';
import { AssertionFailure, assert, assertNever } from './assert.js';

describe('assert', () => {
  it('passes while what was promised holds', () => {
    expect(() => assert(true, 'One is one.')).not.toThrow();
  });

  it.each([false, 0, 0n, '', null, undefined, Number.NaN])(
    'crashes on %p, saying what was promised',
    (broken) => {
      expect(() => assert(broken, 'One is one.')).toThrow(new AssertionFailure('One is one.'));
    },
  );
});

describe('assertNever', () => {
  it('crashes with the value that should not exist', () => {
    expect(() => assertNever({ type: 'Unheard' } as never, 'An event')).toThrow(
      new AssertionFailure('An event is not one we know: {"type":"Unheard"}.'),
    );
  });

  it('shows values that JSON alone can not: bigint and undefined', () => {
    expect(() => assertNever({ revision: 7n } as never, 'An event')).toThrow('{"revision":"7"}');
    expect(() => assertNever(undefined as never, 'An event')).toThrow(AssertionFailure);
  });
});
