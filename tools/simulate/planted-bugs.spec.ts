import { describe, expect, it } from '@jest/globals';
import type { Promised } from './auditor/violation.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { HUNT, hunt } from './planted-hunt.js';

/** The planted bugs that always break the same promise first. The others break one of several. */
const BREAKS: Readonly<Record<string, Promised>> = {
  'settled twice': 'one-entry-per-leg',
  'commit before reserving': 'commits-are-covered',
  'rest of a capture kept': 'reservations-are-conserved',
  'floor not asked': 'floors-hold',
  'strong reads from memory': 'reads-are-current',
  'extension ignored': 'statuses-bind',
  'recorded for effective': 'effects-are-dated',
};

describe(`within ${HUNT.seeds} seeds of ${HUNT.ops} commands the simulation catches`, () => {
  it.each(PLANTED_BUGS)(
    '$name',
    async (bug) => {
      const caught = await hunt(bug);
      expect(caught).not.toBeNull();
      expect(caught?.violation.promise).toBe(BREAKS[bug.name] ?? caught?.violation.promise);
    },
    120_000,
  );
});
