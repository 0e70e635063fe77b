import { loadConfig } from '../../src/config/config.js';
import { connect } from '../command-line/connect.js';
import { progressDisplay } from '../command-line/progress.js';
import { runTool } from '../command-line/run-tool.js';
import { describeVerdict, isRight } from './report.js';
import { verify } from './verify.js';

/**
 * `npm run verify`: replays the streams and recomputes every balance three ways.
 * Exit codes: 0 when all agree and no rule is broken; 1 otherwise, or when it could not be found out.
 */
async function main(): Promise<number> {
  const connections = await connect(loadConfig(process.env));
  const progress = progressDisplay(process.stderr, 'Replaying');
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

await runTool(main);
