import { describe, expect, it } from '@jest/globals';
import { marksDeleted, parseTruncation, visibleRange, type Truncation } from './stream-metadata.js';

describe('reading the truncation of a stream', () => {
  it.each<[string, Truncation]>([
    ['{"$maxCount":5}', { maxCount: 5 }],
    ['{"$maxAge":60}', { maxAgeMs: 60_000 }],
    ['{"$tb":7,"$maxCount":2,"owner":"me","$acl":{"$r":"$all"}}', { truncateBefore: 7, maxCount: 2 }],
    ['{}', {}],
    ['{"$maxCount":0,"$maxAge":-3,"$tb":0}', {}],
    ['{"$maxCount":"5"}', {}],
    ['{"$maxCount":1.5,"$tb":3}', {}],
    ['{"$tb":9223372036854775808,"$maxCount":2}', {}],
    ['{"$tb":null}', {}],
    ['[1]', {}],
    ['null', {}],
    ['not json', {}],
    ['', {}],
  ])('%s', (json, truncation) => {
    expect(parseTruncation(json)).toEqual(truncation);
  });
});

describe('what is visible of a stream whose last revision is 9', () => {
  const nowMs = 1_000_000;

  it.each<[Truncation, number, number]>([
    [{}, 0, -Infinity],
    [{ maxCount: 1 }, 9, -Infinity],
    [{ maxCount: 10 }, 0, -Infinity],
    [{ maxCount: 99 }, 0, -Infinity],
    [{ truncateBefore: 4 }, 4, -Infinity],
    [{ truncateBefore: 40 }, 40, -Infinity],
    [{ truncateBefore: 4, maxCount: 3 }, 7, -Infinity],
    [{ truncateBefore: 8, maxCount: 3 }, 8, -Infinity],
    [{ maxAgeMs: 1000 }, 0, nowMs - 1000],
  ])('%j', (truncation, firstRevision, recordedFromMs) => {
    expect(visibleRange(truncation, 9, nowMs)).toEqual({ firstRevision, recordedFromMs });
  });
});

describe('the mark of a deleted stream', () => {
  it.each([
    ['{"$tb":9223372036854775807}', true],
    ['{"owner":"me", "$tb" : 9223372036854775807 }', true],
    ['{"$tb":9223372036854775806}', false],
    ['{"$tb":92233720368547758070}', false],
    ['{"tb":9223372036854775807}', false],
    ['{"$tb":1}', false],
  ])('%s: %s', (json, marked) => {
    expect(marksDeleted(json)).toBe(marked);
  });
});
