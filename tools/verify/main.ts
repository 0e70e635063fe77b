import { InvalidConfiguration, loadConfig } from '../../src/config/config.js';
import { connect } from './connect.js';
import { progressDisplay } from './progress.js';
import { describeVerdict, isRight } from './report.js';
import { verify } from './verify.js';

/**
 * `npm run verify`: replays the streams and recomputes every balance three ways.
 * Exit codes: 0 when all agree and no rule is broken; 1 otherwise, or when it could not be found out.
 */
async function main(): Promise<number> {
  const connections = await connect(loadConfig(process.env));
  const progress = progressDisplay(process.stderr);
  try {
    const verdict = await verify(connections.store, connections.postgres, Date.now, (each) =>
      progress.show(each),
    );
    progress.end();
    process.stdout.write(`${describeVerdict(verdict)}\n`);
    return isRight(verdict) ? 0 : 1;
  } finally {
    progress.end();
    await connections.close();
  }
}

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
