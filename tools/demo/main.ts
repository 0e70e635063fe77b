import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { NeverAnswered } from './client.js';
import { CsvRefused } from './csv.js';
import { runJournal } from './journal.js';
import { runMarketplace } from './marketplace-demo.js';
import { NothingToRun } from '../command-line/parse.js';
import { readOptions, type DemoOptions } from './options.js';
import { LedgerSystem, SystemFailure } from '../system/ledger-system.js';

const SEED_MAX = 1_000_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The demo was told to end. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Exit codes: 0 when every promise was kept, 1 when one was broken or the demo could not run, 130 when it was interrupted. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), String(randomInt(SEED_MAX)));
  const interrupted = new AbortController();
  for (const signal of SIGNALS) {
    process.on(signal, () => interrupted.abort(new Interrupted(`The demo was interrupted (${signal}).`)));
  }
  const startedMs = performance.now();
  const system = await LedgerSystem.prepare('demo', options.keep);
  const signal = AbortSignal.any([interrupted.signal, system.ended]);
  // Each of the clients may be waiting on it.
  setMaxListeners(0, signal);
  try {
    const broken = await Promise.race([run(options, system, signal), rejectsWhenAborted(signal)]);
    const tookSeconds = Math.round((performance.now() - startedMs) / 1000);
    if (broken === null) {
      console.log(`Every promise was kept (${tookSeconds} s).`);
      return 0;
    }
    console.error(broken);
    return 1;
  } catch (error) {
    // Whatever stopped working when the signal came, the signal is why.
    throw signal.aborted ? signal.reason : error;
  } finally {
    await system.remove();
  }
}

function run(options: DemoOptions, system: LedgerSystem, signal: AbortSignal): Promise<string | null> {
  switch (options.form) {
    case 'marketplace':
      return runMarketplace(system, options, signal);
    case 'journal':
      return runJournal(system, options, signal);
  }
}

function rejectsWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      const why: unknown = signal.reason;
      reject(why instanceof Error ? why : new Error(String(why)));
    });
  });
}

/** Failures that say in a sentence what happened; of any other the place matters too. */
function isExpected(error: unknown): error is Error {
  return [SystemFailure, CsvRefused, NeverAnswered, Interrupted].some((kind) => error instanceof kind);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof NothingToRun) process.exitCode = error.exitCode;
  else {
    console.error(isExpected(error) ? error.message : error);
    process.exitCode = error instanceof Interrupted ? 130 : 1;
  }
}
// What a lost race left waiting must not keep the process.
process.exit();
