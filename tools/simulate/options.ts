import { Command, InvalidArgumentError } from 'commander';
import os from 'node:os';
import { parse } from '../command-line/parse.js';

const OPS_DEFAULT = 2_000;
const OPS_MAX = 1_000_000;
const SEED_MAX = 1_000_000_000;
const SEEDS_MAX = 1_000_000;
const WORKERS_MAX = 64;

const DESCRIPTION = [
  'Runs the real posting code in a simulated world: three processes on one store, many clients, every command, messages',
  'that are slow, lost, late or sent twice, processes that stand still, are cut off or die at any call, and clocks that',
  'are wrong. An auditor of its own judges every event and every answer. The same seed gives the same run.',
  '\n\nExit code 0 when every promise was kept, 1 when one was broken; then it says which, and how to see it again.',
]
  .join(' ')
  .replaceAll(' \n', '\n');

/** What is to be simulated. */
export interface Options {
  readonly seed: number;
  readonly seeds: number;
  readonly ops: number;
  readonly workers: number;
  /** Shows that planted bugs are caught, instead. */
  readonly planted: boolean;
}

/**
 * Reads the command line.
 *
 * @param args without node and script
 * @param randomSeed used when no seed is given
 * @param complain where it is told what is wrong with the command line
 * @throws NothingToRun after `--help` or a wrong command line
 */
export function readOptions(
  args: readonly string[],
  randomSeed: number,
  complain: (text: string) => void = (text) => process.stderr.write(text),
): Options {
  const command = new Command('npm run simulate --')
    .description(DESCRIPTION)
    .option(
      '--seed <number>',
      'the first seed (default: another one each time)',
      number(0, SEED_MAX),
      randomSeed,
    )
    .option('--seeds <count>', 'how many seeds, one after the other', number(1, SEEDS_MAX), 1)
    .option('--ops <count>', 'commands to send for each seed', number(1, OPS_MAX), OPS_DEFAULT)
    .option(
      '--workers <count>',
      'seeds at once',
      number(1, WORKERS_MAX),
      Math.min(2, os.availableParallelism()),
    )
    .option('--planted', 'plants known bugs around the code, and shows that each is caught', false);
  return parse<Options>(command, args, complain);
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
