import { describe, expect, it } from '@jest/globals';
import { RecentEventIds } from './recent-event-ids.js';

describe('the ids of recent events', () => {
  it('are known in their stream only', () => {
    const ids = new RecentEventIds();
    ids.add('a', 'one', 4);
    expect(ids.revisionIn('one', 'a')).toBe(4);
    expect(ids.revisionIn('two', 'a')).toBeUndefined();
  });

  it('keep the first place of an id', () => {
    const ids = new RecentEventIds();
    ids.add('a', 'one', 0);
    ids.add('a', 'two', 7);
    ids.add('a', 'one', 9);
    expect(ids.revisionIn('one', 'a')).toBe(0);
    expect(ids.revisionIn('two', 'a')).toBeUndefined();
  });

  it('are forgotten oldest first when there are too many', () => {
    // Three entries of 28 bytes and a name of 2.
    const ids = new RecentEventIds(3 * 30);
    for (const [revision, id] of ['a', 'b', 'c', 'd'].entries()) ids.add(id, 's1', revision);
    expect(['a', 'b', 'c', 'd'].map((id) => ids.revisionIn('s1', id))).toEqual([undefined, 1, 2, 3]);
    ids.add('a', 's1', 8);
    expect(['a', 'b', 'c', 'd'].map((id) => ids.revisionIn('s1', id))).toEqual([8, undefined, 2, 3]);
  });

  it('are all forgotten at once', () => {
    const ids = new RecentEventIds();
    ids.add('a', 'one', 0);
    ids.clear();
    expect(ids.revisionIn('one', 'a')).toBeUndefined();
  });
});
