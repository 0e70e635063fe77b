import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SharedMap } from './shared-map.js';

/** What is done to a map of few keys, so that they meet often: a value to set, or null to delete. */
const someChanges = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.option(fc.nat(), { nil: null })), {
  maxLength: 300,
});

describe('a shared map', () => {
  it('holds what a plain map holds, in the same order, after any changes', () => {
    fc.assert(
      fc.property(someChanges, (changes) => {
        const plain = new Map<number, number>();
        let shared = SharedMap.of<number, number>();
        for (const [key, value] of changes) {
          if (value === null) plain.delete(key);
          else plain.set(key, value);
          shared = value === null ? shared.without(key) : shared.with(key, value);
          expect(shared.size).toBe(plain.size);
          expect(shared.has(key)).toBe(plain.has(key));
          expect(shared.get(key)).toBe(plain.get(key));
        }
        expect([...shared]).toEqual([...plain]);
        expect([...shared.entries()]).toEqual([...plain]);
        expect([...shared.keys()]).toEqual([...plain.keys()]);
        expect([...shared.values()]).toEqual([...plain.values()]);
        const called: [number, number][] = [];
        shared.forEach((value, key) => called.push([key, value]));
        expect(called).toEqual([...plain]);
      }),
    );
  });

  it('never changes: whoever holds an older one finds it as it was', () => {
    fc.assert(
      fc.property(someChanges, (changes) => {
        const held: { readonly map: SharedMap<number, number>; readonly was: readonly unknown[] }[] = [];
        let map = SharedMap.of<number, number>();
        for (const [key, value] of changes) {
          held.push({ map, was: [...map] });
          map = value === null ? map.without(key) : map.with(key, value);
        }
        for (const { map: older, was } of held) expect([...older]).toEqual(was);
      }),
      { numRuns: 20 },
    );
  });

  it('does not take over later changes of the map it was made of', () => {
    const source = new Map([['a', 1]]);
    const map = SharedMap.of(source);
    source.set('b', 2);
    expect([...map]).toEqual([['a', 1]]);
  });
});
