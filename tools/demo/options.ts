import { Command, InvalidArgumentError } from 'commander';
import { NothingToRun, parse } from '../command-line/parse.js';

const MOVEMENTS_DEFAULT = 10_000;
const MOVEMENTS_MAX = 1_000_000;

const DESCRIPTION = [
  'Starts the whole ledger in fresh data directories on free ports, drives it over HTTP like its clients would, and',
  'proves its promises. Nothing is left behind unless asked for. Exit code 0 when every promise was kept, 1 when one was broken.',
  '\n\nWithout --journal: a marketplace of 200 customers and 40 merchants in four currencies. 64 clients at once post',
  'deposits, purchases, refunds and payouts, and send some of them again; they try to overdraw accounts; in the middle',
  'the API process is killed with kill -9 and started again. Then everything is proved against their own books.',
  '\n\nWith --journal and --expect: posts a file of transfers with their effective dates, and checks the balance after',
  'every row against a file of known balances.',
]
  .join(' ')
  .replaceAll(' \n', '\n');

/** What the demo was asked to do. */
export type DemoOptions = {
  /** Where the ledger's data stay; null to leave nothing behind. */
  readonly keep: string | null;
} & (
  | { readonly form: 'marketplace'; readonly seed: string; readonly movements: number }
  | { readonly form: 'journal'; readonly journal: string; readonly expect: string }
);

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
  randomSeed: string,
  complain: (text: string) => void = (text) => process.stderr.write(text),
): DemoOptions {
  const command = new Command('npm run demo --')
    .description(DESCRIPTION)
    .option(
      '--seed <text>',
      'repeats the marketplace of an earlier run (default: another one each time)',
      seed,
    )
    .option('--movements <count>', 'movements the marketplace must post', count, MOVEMENTS_DEFAULT)
    .option(
      '--journal <file>',
      'CSV of transfers: reference, effective_date, debit_account, credit_account, amount, currency, kind',
    )
    .option('--expect <file>', 'CSV of balances after each row: reference, effective_date, account, balance')
    .option(
      '--keep <directory>',
      'keeps the ledger there, to start it again with DATA_DIRECTORY and look around',
    );
  const given = parse<{
    seed?: string;
    movements: number;
    journal?: string;
    expect?: string;
    keep?: string;
  }>(command, args, complain);
  const { journal, expect, keep = null } = given;
  if (journal === undefined && expect === undefined) {
    return { form: 'marketplace', seed: given.seed ?? randomSeed, movements: given.movements, keep };
  }
  if (journal !== undefined && expect !== undefined) return { form: 'journal', journal, expect, keep };
  complain('error: --journal and --expect go together: name both files, or neither.\n');
  throw new NothingToRun(1);
}

function seed(text: string): string {
  // It becomes part of idempotency keys.
  if (/^[A-Za-z0-9._~-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('A seed is 1 to 64 characters of A-Z a-z 0-9 . _ ~ -');
}

function count(text: string): number {
  const value = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : NaN;
  if (value <= MOVEMENTS_MAX) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOVEMENTS_MAX}.`);
}
