import { CommanderError, type Command } from 'commander';

/** The command line is wrong, or only asked for help; the message was printed already. */
export class NothingToRun extends Error {
  override readonly name = 'NothingToRun';
  constructor(readonly exitCode: number) {
    super('There is nothing to run.');
  }
}

/**
 * Reads a command line that takes options and nothing else.
 *
 * @param args without node and script
 * @param complain where it is told what is wrong with the command line
 * @returns the options that were given, and the defaults of the others
 * @throws NothingToRun after `--help` or a wrong command line
 */
export function parse<Options extends object>(
  command: Command,
  args: readonly string[],
  complain: (text: string) => void,
): Options {
  command.allowExcessArguments(false).configureOutput({ writeErr: complain }).exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw new NothingToRun(error.exitCode);
    throw error;
  }
  return command.opts<Options>();
}
