import { rebuildAll } from '../../projections/runtime/rebuild/rebuild-all.js';
import type { RebuildResult } from '../../projections/runtime/rebuild/rebuild.js';
import { loadConfig } from '../../src/config/config.js';
import { connect } from '../command-line/connect.js';
import { progressDisplay } from '../command-line/progress.js';
import { projectionsNamed, requireSchema } from '../command-line/projections-named.js';
import { runTool } from '../command-line/run-tool.js';
import { describeRebuild, isSame } from './report.js';

/**
 * `npm run rebuild -- [projection...]`: fills the tables of projections anew from the log, beside the live ones, and
 * exchanges them; all projections when none is named. Beside a running ledger or without one.
 * Exit codes: 0 when each was exchanged and none differed from the old one; 1 otherwise.
 */
async function main(): Promise<number> {
  const config = loadConfig(process.env);
  const projections = projectionsNamed(process.argv.slice(2), config);
  const connections = await connect(config);
  const progress = progressDisplay(process.stderr, 'Rebuilding');
  const results: RebuildResult[] = [];
  try {
    await requireSchema(connections.postgres);
    await rebuildAll(
      projections,
      connections,
      (each) => progress.show(each),
      (result) => results.push(result),
    );
  } finally {
    progress.end();
    if (results.length > 0) process.stdout.write(`${describeRebuild(results)}\n`);
    await connections.close();
  }
  return results.every(isSame) ? 0 : 1;
}

await runTool(main);
