import { describe, expect, it } from '@jest/globals';
import { toDecimal } from './amount-text.js';
import { formatByAccept } from './statement-format.js';

describe('the form of a statement', () => {
  it.each([
    [undefined, 'json'],
    ['*/*', 'json'],
    ['text/csv', 'csv'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['text/csv;q=0.2, TEXT/HTML;q=0.7', 'html'],
    ['text/csv;q=0, application/json;q=0.1', 'json'],
    ['text/csv;q=x', 'json'],
    ['image/png', 'json'],
  ] as const)('is chosen by Accept: %s is %s', (accept, format) => {
    expect(formatByAccept(accept)).toBe(format);
  });
});

describe('amounts as decimal numbers', () => {
  it.each([
    [1050n, 2, '10.50'],
    [5n, 2, '0.05'],
    [-5n, 2, '-0.05'],
    [0n, 3, '0.000'],
    [-1234n, 0, '-1234'],
    [10n ** 38n, 2, `1${'0'.repeat(36)}.00`],
  ] as const)('%s with %s digits is %s', (minor, exponent, text) => {
    expect(toDecimal(minor, exponent)).toBe(text);
  });
});
