import { simulate, type SimulationResult } from './simulation.js';
import { SOUND_PARTS, type Parts } from './world/simulated-process.js';

/** How many shorter runs are tried. */
const TRIES_MAX = 12;

/**
 * Looks for the shortest run of the same seed that breaks a promise too. A shorter run is the beginning of the longer one.
 *
 * @param parts what the run was made of
 * @returns the commands it takes; that run was seen to break a promise
 */
export async function shortestRun(
  { seed, ops, begun }: SimulationResult,
  parts: Parts = SOUND_PARTS,
): Promise<number> {
  let broken = ops;
  let sound = 0;
  let next = Math.min(Math.max(begun, 1), ops);
  for (let tries = 0; tries < TRIES_MAX && broken - sound > 1; tries += 1) {
    const { violations } = await simulate({ seed, ops: next, parts });
    if (violations.length > 0) broken = next;
    else sound = next;
    next = sound + Math.floor((broken - sound) / 2);
  }
  return broken;
}
