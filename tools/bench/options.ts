import { Command, InvalidArgumentError } from 'commander';
import { CATCH_UP, PHASES, type PhaseName } from './phases.js';
import { parse } from '../command-line/parse.js';

/** Measured by scripts of their own, only when asked for by name. */
export const EXTRA_MEASUREMENTS = ['append-ratio'] as const;
export type ExtraMeasurement = (typeof EXTRA_MEASUREMENTS)[number];

const PRELOAD_ACCOUNTS_MIN = 100;
const PRELOAD_ACCOUNTS_MAX = 2_000_000;

const DESCRIPTION = [
  'Starts the whole ledger in fresh data directories on free ports, loads it from a process of its own, and prints what it',
  'reached next to what it is held to. Every phase is measured in several short rounds, all phases taking turns, so that a',
  'machine that gets slower does so for all of them. Nothing is left behind.',
].join(' ');

/** What the benchmark was asked to do. */
export interface BenchOptions {
  /** Shorter rounds and fewer accounts: an impression within a minute. */
  readonly isQuick: boolean;
  /** Ends with one line of JSON. */
  readonly isJson: boolean;
  /** The phases to run, in their own order, with those they are compared to. */
  readonly phases: readonly PhaseName[];
  /** Whether the read models are filled anew from the start of the log, after everything else. */
  readonly isCatchUpWanted: boolean;
  readonly extras: readonly ExtraMeasurement[];
  /** Accounts stored before the measurement, and five times as many events; 0 for an empty store. */
  readonly preloadAccounts: number;
  /** Where CPU profiles of the API and the store under the uniform load go; null for none. */
  readonly profileDirectory: string | null;
}

/**
 * Reads the command line.
 *
 * @param args without node and script
 * @param complain where it is told what is wrong with the command line
 * @throws NothingToRun after `--help` or a wrong command line
 */
export function readOptions(
  args: readonly string[],
  complain: (text: string) => void = (text) => process.stderr.write(text),
): BenchOptions {
  const command = new Command('npm run bench --')
    .description(DESCRIPTION)
    .option('--quick', 'an impression within a minute: shorter rounds, fewer accounts', false)
    .option('--json', 'ends with one line that holds everything as a JSON object', false)
    .option('--only <names>', `some of ${[...PHASES, CATCH_UP, ...EXTRA_MEASUREMENTS].join(', ')}`, names)
    .option(
      '--preload <accounts>',
      'stores so many accounts and five times as many events first',
      accounts,
      0,
    )
    .option('--profile <directory>', 'writes CPU profiles of the API and the store under the uniform load');
  const given = parse<{
    quick: boolean;
    json: boolean;
    only?: ReadonlySet<string>;
    preload: number;
    profile?: string;
  }>(command, args, complain);
  const wanted = given.only ?? new Set<string>([...PHASES, CATCH_UP]);
  // A rate of its own is what an open loop is set to; profiles are taken under the uniform load.
  const needsUniform = wanted.has('open-loop') || given.profile !== undefined;
  return {
    isQuick: given.quick,
    isJson: given.json,
    phases: PHASES.filter((name) => wanted.has(name) || (name === 'uniform' && needsUniform)),
    isCatchUpWanted: wanted.has(CATCH_UP),
    extras: EXTRA_MEASUREMENTS.filter((name) => wanted.has(name)),
    preloadAccounts: given.preload,
    profileDirectory: given.profile ?? null,
  };
}

function names(text: string): ReadonlySet<string> {
  const known: readonly string[] = [...PHASES, CATCH_UP, ...EXTRA_MEASUREMENTS];
  const given = text.split(',').map((name) => name.trim());
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return new Set(given);
  throw new InvalidArgumentError(`There is no "${unknown}": name some of ${known.join(', ')}.`);
}

function accounts(text: string): number {
  const value = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : NaN;
  if (value >= PRELOAD_ACCOUNTS_MIN && value <= PRELOAD_ACCOUNTS_MAX) return value;
  throw new InvalidArgumentError(
    `It must be a whole number from ${PRELOAD_ACCOUNTS_MIN} to ${PRELOAD_ACCOUNTS_MAX}.`,
  );
}
