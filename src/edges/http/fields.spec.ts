import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isId, metadataFault, parseInstant } from './fields.js';

describe('an instant', () => {
  it.each([
    ['2026-03-01T09:30:00Z', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01t09:30:00z', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01T09:30:00.25+01:00', '2026-03-01T08:30:00.250Z'],
    ['2026-03-01T00:15:00+05:45', '2026-02-28T18:30:00.000Z'],
    ['2025-12-31T23:30:00-01:00', '2026-01-01T00:30:00.000Z'],
    ['2026-03-01T09:30:00-00:00', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01T09:30:00.123999999Z', '2026-03-01T09:30:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['1993-01-01T00:00:00Z', '1993-01-01T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    '2026-03-01T09:30:00',
    '2026-03-01',
    '2026-03-01 09:30:00Z',
    '2026-03-01T09:30Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-06-30T23:59:60Z',
    '2026-03-01T09:30:00+24:00',
    '2026-03-01T09:30:00+0100',
    '2026-03-01T09:30:00.Z',
    '+12026-03-01T09:30:00Z',
    '0001-01-01T00:00:00+23:59',
    '9999-12-31T23:59:59-23:59',
    'Sun, 01 Mar 2026 09:30:00 GMT',
    '',
  ])('%s is none', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  it('comes back as it was written, for every moment of four-digit years', () => {
    const years = {
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(years), (date) => {
        expect(parseInstant(date.toISOString())).toBe(date.toISOString());
      }),
    );
  });

  it('is the same moment at every offset', () => {
    const dates = {
      min: new Date('1970-01-03T00:00:00Z'),
      max: new Date('2100-01-01T00:00:00Z'),
      noInvalidDate: true,
    };
    const minutes = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
    fc.assert(
      fc.property(fc.date(dates), minutes, (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().replace('Z', '');
        const [hours, rest] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
        const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
        expect(parseInstant(local + zone)).toBe(date.toISOString());
      }),
    );
  });
});

describe('an id', () => {
  it('is a UUID in either case', () => {
    expect(isId('A2D6B5C4-0F1E-4D3C-8B2A-190817263544')).toBe(true);
    expect(isId('a2d6b5c40f1e4d3c8b2a190817263544')).toBe(false);
    expect(isId('a2d6b5c4-0f1e-4d3c-8b2a-190817263544\n')).toBe(false);
    expect(isId(5)).toBe(false);
  });
});

describe('metadata', () => {
  it('is a flat map of texts within its bounds', () => {
    expect(metadataFault({})).toBeNull();
    expect(metadataFault({ order: '8812', empty: '', ключ: 'значение' })).toBeNull();
  });

  it.each([
    [null, ''],
    [[], ''],
    ['text', ''],
    [{ a: 1 }, 'a'],
    [{ a: null }, 'a'],
    [{ a: {} }, 'a'],
    [{ a: 'b\u0007' }, 'a'],
    [{ ['k'.repeat(65)]: 'x' }, 'k'.repeat(65)],
    [{ a: 'x'.repeat(1025) }, 'a'],
  ])('%j is not, at %j', (value, key) => {
    expect(metadataFault(value)).toBe(key);
  });
});
