import { setTimeout as sleep } from 'node:timers/promises';
import { readStop, requestRetry } from '../../projections/runtime/control.js';
import { inspectProjection, type Inspection } from '../../projections/runtime/inspect.js';
import type { Projection } from '../../projections/runtime/projection.js';
import { loadConfig } from '../../src/config/config.js';
import { limits } from '../../src/config/limits.js';
import { connect, type Connections } from '../command-line/connect.js';
import { projectionsNamed, requireSchema } from '../command-line/projections-named.js';
import { runTool } from '../command-line/run-tool.js';
import { describeProjections } from './report.js';

/** A running leader looks at its controls this often; what it then meets needs a moment more. */
const RETRY_WAIT_MS_MAX = 3 * limits.projectionControlPollMs;
const RETRY_POLL_MS = 100;
/** How long one that goes on is given to meet its event again. */
const RETRY_SETTLE_MS = 500;

const USAGE = 'Say what to do: npm run projections -- status | retry [projection...].';

/**
 * `npm run projections -- status|retry [projection...]`: shows what projections are doing, or asks those that stopped to go
 * on; all projections when none is named.
 * Exit codes: 0 when none of them is stopped; 1 otherwise.
 */
async function main(): Promise<number> {
  const [command, ...names] = process.argv.slice(2);
  if (command !== 'status' && command !== 'retry') throw new Error(USAGE);
  const config = loadConfig(process.env);
  const projections = projectionsNamed(names, config);
  const connections = await connect(config);
  try {
    await requireSchema(connections.postgres);
    if (command === 'retry') await retry(projections, connections);
    const inspections = await inspect(projections, connections);
    process.stdout.write(`${describeProjections(inspections, await connections.store.headPosition())}\n`);
    return inspections.some(({ state }) => state === 'stopped') ? 1 : 0;
  } finally {
    await connections.close();
  }
}

/** Asks those that stopped, and waits a moment for what comes of it. */
async function retry(projections: readonly Projection[], { postgres }: Connections): Promise<void> {
  const asked: { readonly name: string; readonly stoppedAtMs: number }[] = [];
  for (const { name } of projections) {
    const stop = await readStop(postgres, name);
    if (stop === null) continue;
    await requestRetry(postgres, name);
    asked.push({ name, stoppedAtMs: stop.stoppedAt.getTime() });
  }
  const deadline = Date.now() + RETRY_WAIT_MS_MAX;
  for (const { name, stoppedAtMs } of asked) {
    while (Date.now() < deadline) {
      const stop = await readStop(postgres, name);
      if (stop?.stoppedAt.getTime() !== stoppedAtMs) break;
      await sleep(RETRY_POLL_MS);
    }
  }
  if (asked.length > 0) await sleep(RETRY_SETTLE_MS);
}

function inspect(
  projections: readonly Projection[],
  { postgres, store }: Connections,
): Promise<readonly Inspection[]> {
  return Promise.all(projections.map((each) => inspectProjection(postgres, store, each, Date.now())));
}

await runTool(main);
