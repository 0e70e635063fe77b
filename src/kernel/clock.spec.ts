import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toInstant } from './clock.js';

describe('an instant', () => {
  it('is UTC with milliseconds and a Z', () => {
    expect(toInstant(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(toInstant(Date.UTC(2024, 1, 29, 23, 59, 59, 999))).toBe('2024-02-29T23:59:59.999Z');
  });

  it('loses no millisecond, and sorts as text as it does in time', () => {
    const between0001And9999 = fc.integer({
      min: Date.parse('0001-01-01T00:00:00.000Z'),
      max: Date.parse('9999-12-31T23:59:59.999Z'),
    });
    fc.assert(
      fc.property(between0001And9999, between0001And9999, (one, other) => {
        expect(Date.parse(toInstant(one))).toBe(one);
        expect(toInstant(one) < toInstant(other)).toBe(one < other);
      }),
    );
  });

  it('is refused for what is no time', () => {
    expect(() => toInstant(Number.NaN)).toThrow(RangeError);
  });
});
