import { Worker } from 'node:worker_threads';
import type { Options } from './options.js';
import { simulate, type SimulationResult } from './simulation.js';

/**
 * Runs seeds one after the other, several at once on a machine that has room for them.
 *
 * @param onResult told of each as it ends, in any order
 */
export async function runSeeds(
  { seed, seeds, ops, workers }: Pick<Options, 'seed' | 'seeds' | 'ops' | 'workers'>,
  onResult: (result: SimulationResult) => void,
): Promise<void> {
  if (seeds === 1) {
    onResult(await simulate({ seed, ops }));
    return;
  }
  let next = seed;
  const take = (): number | null => (next < seed + seeds ? next++ : null);
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, () => work(take, ops, onResult)));
}

/** One worker, for as long as there are seeds to take. */
async function work(
  take: () => number | null,
  ops: number,
  onResult: (result: SimulationResult) => void,
): Promise<void> {
  const worker = new Worker(new URL('./seeds.worker.js', import.meta.url));
  try {
    for (let seed = take(); seed !== null; seed = take()) onResult(await ask(worker, { seed, ops }));
  } finally {
    await worker.terminate();
  }
}

function ask(
  worker: Worker,
  given: { readonly seed: number; readonly ops: number },
): Promise<SimulationResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (result: SimulationResult): void => {
      worker.off('error', onError);
      resolve(result);
    };
    const onError = (error: unknown): void => {
      worker.off('message', onMessage);
      reject(new Error(`Seed ${given.seed} could not be simulated.`, { cause: error }));
    };
    worker.once('message', onMessage);
    worker.once('error', onError);
    worker.postMessage(given);
  });
}
