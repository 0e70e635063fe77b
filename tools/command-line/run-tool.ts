import { InvalidConfiguration } from '../../src/config/config.js';

/**
 * Runs a tool and sets the exit code of the process: the tool's own, or 1 when it throws. What it throws is written to
 * standard error as one sentence.
 */
export async function runTool(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const sentences =
      error instanceof InvalidConfiguration
        ? error.sentences
        : [error instanceof Error ? error.message : String(error)];
    for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
    process.exitCode = 1;
  }
}
