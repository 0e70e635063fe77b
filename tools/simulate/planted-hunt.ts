import type { Violation } from './auditor/violation.js';
import type { PlantedBug } from './planted-bugs.js';
import { simulate } from './simulation.js';

/** How far a planted bug is looked for before it counts as missed. */
export const HUNT = { seeds: 40, ops: 800 } as const;

/** How a planted bug was caught. */
export interface Catch {
  readonly seed: number;
  /** Commands that had been sent by then. */
  readonly begun: number;
  readonly violation: Violation;
}

/**
 * Simulates seed after seed with a planted bug.
 *
 * @returns the first broken promise, null when no seed showed any
 */
export async function hunt({ parts }: PlantedBug): Promise<Catch | null> {
  for (let seed = 1; seed <= HUNT.seeds; seed += 1) {
    const { violations, begun } = await simulate({ seed, ops: HUNT.ops, parts });
    const [violation] = violations;
    if (violation) return { seed, begun, violation };
  }
  return null;
}
