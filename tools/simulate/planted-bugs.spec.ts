import { describe, expect, it } from '@jest/globals';
import type { Promised } from './auditor/violation.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { HUNT, hunt } from './planted-hunt.js';

/** Each planted bug, and the promises of which it breaks one first. */
const CAUGHT_BY: Readonly<Record<string, readonly Promised[]>> = {
  'no expected revision': ['one-entry-per-leg', 'own-word-is-kept', 'streams-are-contiguous'],
  'release skipped': ['acknowledged-is-present', 'everything-comes-to-rest'],
  'settled twice': ['one-entry-per-leg'],
  'commit before reserving': ['commits-are-covered'],
  'rest of a capture kept': ['reservations-are-conserved'],
  'one outcome id for a key': ['one-key-one-outcome', 'streams-are-contiguous'],
  'fence forgotten': ['commits-are-covered'],
  'floor not asked': ['floors-hold'],
  'acknowledged too early': ['acknowledged-is-present', 'one-entry-per-leg', 'own-word-is-kept'],
  'strong reads from memory': ['reads-are-current'],
};

describe(`within ${HUNT.seeds} seeds of ${HUNT.ops} commands the simulation catches`, () => {
  it.each(PLANTED_BUGS)(
    '$name',
    async (bug) => {
      const caught = await hunt(bug);
      expect(CAUGHT_BY[bug.name]).toContain(caught?.violation.promise);
    },
    120_000,
  );

  it('each of them by a promise it is known to break', () => {
    expect(PLANTED_BUGS.map(({ name }) => name).sort()).toEqual(Object.keys(CAUGHT_BY).sort());
  });
});
