import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApplication, type RunningApplication } from '../support/application.js';
import { comparable, readTour, takeTour } from '../support/tour.js';
import { readRoot } from '../tidy/files.js';

const TOUR_MS_MAX = 60_000;

/**
 * The blocks of a page are pasted into a shell as a reader would, against a fresh ledger, and must print what the page says.
 * Times, positions and request ids differ from run to run and are not compared; everything else is, ids included.
 */
describe('the commands of', () => {
  let application: RunningApplication;

  beforeAll(async () => {
    application = await startApplication();
  }, TOUR_MS_MAX);
  afterAll(async () => {
    expect(await application.stop()).toBe(0);
  }, TOUR_MS_MAX);

  // The README comes first: its last step counts everything that is in the ledger.
  it.each(['README.md', 'docs/start.md'])(
    '%s print what the page says',
    async (page) => {
      const steps = readTour(await readRoot(page));
      const environment = { ...application.environment, LEDGER: application.url };
      const printed = await takeTour(steps, environment);
      const answers = steps.map(({ commands }, index) => ({ commands, answer: printed[index] ?? '' }));
      const documented = steps.map(({ commands, answer }) => ({ commands, answer: answer ?? '' }));
      expect(answers.map(toComparable)).toEqual(documented.map(toComparable));
    },
    TOUR_MS_MAX,
  );
});

function toComparable({ commands, answer }: { commands: string; answer: string }): {
  readonly commands: string;
  readonly answer: string;
} {
  return { commands, answer: comparable(answer) };
}
