import { describe, expect, it } from '@jest/globals';
import * as dinero from 'dinero.js/currencies';
import { CURRENCY_CODES, currencyExponent } from './currencies.js';

/** Where we and dinero.js 2.0.2, an independent transcription of the standard, say different things, and why. */
const KNOWN_DIFFERENCES: Readonly<Record<string, { ours: number | undefined; theirs: number; why: string }>> =
  {
    MGA: {
      ours: 2,
      theirs: 1,
      why: 'ISO lists 2 digits; an ariary divides into 5 iraimbilanja, which they model as base 5.',
    },
    MRU: {
      ours: 2,
      theirs: 1,
      why: 'ISO lists 2 digits; an ouguiya divides into 5 khoums, which they model as base 5.',
    },
    XAD: {
      ours: undefined,
      theirs: 2,
      why: 'Not on the list as amended to 2025-01, which our table transcribes.',
    },
  };

const THEIRS: ReadonlyMap<string, number> = new Map(
  Object.values(dinero).map(({ code, exponent }) => [code, exponent]),
);

describe('the currency table', () => {
  it('agrees with an independent transcription of ISO 4217, but for the differences we know', () => {
    const codes = [...new Set([...CURRENCY_CODES, ...THEIRS.keys()])].sort();
    const differences = codes
      .map((code) => ({ code, ours: currencyExponent(code), theirs: THEIRS.get(code) }))
      .filter(({ ours, theirs }) => ours !== theirs);
    expect(differences).toEqual(
      Object.entries(KNOWN_DIFFERENCES).map(([code, { ours, theirs }]) => ({ code, ours, theirs })),
    );
    expect(THEIRS.size).toBeGreaterThan(160);
  });

  it('lists each code once, in alphabetical order', () => {
    expect(CURRENCY_CODES).toEqual([...new Set(CURRENCY_CODES)].sort());
    expect(CURRENCY_CODES.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
  });

  it('gives every currency 0 to 4 digits', () => {
    for (const code of CURRENCY_CODES) expect([0, 2, 3, 4]).toContain(currencyExponent(code));
  });

  it.each([
    ['JPY', 0],
    ['KRW', 0],
    ['ISK', 0],
    ['USD', 2],
    ['EUR', 2],
    ['HUF', 2],
    ['TWD', 2],
    ['XCG', 2],
    ['BHD', 3],
    ['KWD', 3],
    ['CLF', 4],
    ['UYW', 4],
  ])('counts the minor units of %s in %i digits', (code, exponent) => {
    expect(currencyExponent(code)).toBe(exponent);
  });

  it.each(['ANG', 'HRK', 'XAU', 'XTS', 'usd', 'US', 'USDD', '', 'constructor', '__proto__'])(
    'does not know %p',
    (code) => {
      expect(currencyExponent(code)).toBeUndefined();
      expect(CURRENCY_CODES).not.toContain(code);
    },
  );
});
