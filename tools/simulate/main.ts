import { randomInt } from 'node:crypto';
import { NothingToRun } from '../command-line/parse.js';
import { readOptions, type Options } from './options.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { HUNT, hunt } from './planted-hunt.js';
import { describeRuns, describeViolation, table } from './report.js';
import { shortestRun } from './reproduction.js';
import { runSeeds } from './seeds.js';
import type { SimulationResult } from './simulation.js';

const SEED_MAX = 1_000_000;
/** Broken runs that a shorter one is looked for. */
const SHORTENED_MAX = 3;

/** Exit codes: 0 when every promise was kept and every planted bug caught, 1 otherwise. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), randomInt(SEED_MAX));
  return options.planted ? showPlanted() : runAll(options);
}

async function runAll(options: Options): Promise<number> {
  const { seed, seeds, ops } = options;
  const which = seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`;
  console.log(`Simulating ${which}, ${ops} commands each.\n`);
  const startedMs = performance.now();
  const results: SimulationResult[] = [];
  await runSeeds(options, (result) => {
    results.push(result);
    if (result.violations.length > 0) console.log(`Seed ${result.seed} broke a promise.`);
    else if (results.length % 20 === 0) console.log(`${results.length} of ${seeds} seeds`);
  });
  console.log(`\n${describeRuns(results, performance.now() - startedMs)}\n`);
  const broken = results.filter(({ violations }) => violations.length > 0);
  if (broken.length === 0) {
    console.log('Every promise was kept.');
    return 0;
  }
  for (const [index, result] of broken.entries()) {
    const shortest = index < SHORTENED_MAX ? await shortestRun(result) : ops;
    console.error(describeViolation(result, shortest));
  }
  console.error(`\n${broken.length} of ${seeds} seeds broke a promise.`);
  return 1;
}

async function showPlanted(): Promise<number> {
  const rows: string[][] = [['planted bug', 'seed', 'commands', 'caught by']];
  let missed = 0;
  for (const bug of PLANTED_BUGS) {
    const caught = await hunt(bug);
    if (caught) rows.push([bug.name, `${caught.seed}`, `${caught.begun}`, caught.violation.promise]);
    else {
      missed += 1;
      rows.push([bug.name, '', '', `not caught in ${HUNT.seeds} seeds of ${HUNT.ops} commands`]);
    }
  }
  console.log(table(rows));
  console.log(
    missed === 0
      ? '\nEvery planted bug was caught.'
      : `\n${missed} planted bugs were not caught: the simulation is blind to them.`,
  );
  return missed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof NothingToRun) process.exitCode = error.exitCode;
  else {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  }
}
