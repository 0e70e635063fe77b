import { describe, expect, it } from '@jest/globals';
import { figure, table } from './table.js';

describe('table', () => {
  it('puts numbers to the right and words to the left', () => {
    const text = table(
      ['rate', 'per second', ''],
      [
        ['hot', '12', 'pass'],
        ['uniform', '1234', 'MISS'],
      ],
    );
    expect(text.split('\n')).toEqual([
      'rate     per second',
      'hot              12  pass',
      'uniform        1234  MISS',
    ]);
  });

  it('prints its header alone when there are no rows', () => {
    expect(table(['a', 'b'], [])).toBe('a  b');
  });
});

describe('figure', () => {
  it.each([
    [12_345.6, '12346'],
    [99.96, '100.0'],
    [10, '10.0'],
    [0.144, '0.14'],
  ])('writes %d as %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });
});
