import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LedgerSystem, SystemFailure } from '../system/ledger-system.js';
import { Bench } from './bench.js';
import { LoadFailure } from './generator.js';
import { NothingToRun } from '../command-line/parse.js';
import { readOptions, type BenchOptions, type ExtraMeasurement } from './options.js';
import { report } from './report.js';
import { judge } from './targets.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const EXTRA_SCRIPTS: { readonly [Name in ExtraMeasurement]: string } = {
  'append-ratio': './append-ratio.js',
};

/** The benchmark was told to end. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Exit codes: 0 when everything was measured, targets met or not; 1 when it could not be; 130 when it was interrupted. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  for (const name of options.extras) {
    const code = await runExtra(name);
    if (code !== 0) return code;
  }
  if (options.phases.length > 0 || options.isCatchUpWanted) await measure(options);
  return 0;
}

async function measure(options: BenchOptions): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of SIGNALS) {
    process.on(signal, () =>
      interrupted.abort(new Interrupted(`The benchmark was interrupted (${signal}).`)),
    );
  }
  const startedMs = performance.now();
  const system = await LedgerSystem.prepare('bench');
  const signal = AbortSignal.any([interrupted.signal, system.ended]);
  const bench = new Bench(system, options, (line) => console.log(line));
  try {
    const result = await Promise.race([bench.run(), rejectsWhenAborted(signal)]);
    const targets = judge(result);
    console.log(`\n${report(result, targets)}`);
    console.log(`\nMeasured in ${Math.round((performance.now() - startedMs) / 1000)} s.`);
    if (options.isJson) console.log(JSON.stringify({ ...result, targets }));
  } catch (error) {
    // Whatever stopped working when the signal came, the signal is why.
    throw signal.aborted ? signal.reason : error;
  } finally {
    await bench.end();
    await system.remove();
  }
}

/** A script of its own in a process of its own, printing to ours. */
async function runExtra(name: ExtraMeasurement): Promise<number> {
  const script = fileURLToPath(new URL(EXTRA_SCRIPTS[name], import.meta.url));
  const child = spawn(process.execPath, ['--enable-source-maps', script], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function rejectsWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      const why: unknown = signal.reason;
      reject(why instanceof Error ? why : new Error(String(why)));
    });
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof NothingToRun) process.exitCode = error.exitCode;
  else {
    const isExpected = [SystemFailure, LoadFailure, Interrupted].some((kind) => error instanceof kind);
    console.error(isExpected && error instanceof Error ? error.message : error);
    process.exitCode = error instanceof Interrupted ? 130 : 1;
  }
}
// What a lost race left waiting must not keep the process.
process.exit();
