import { parentPort } from 'node:worker_threads';
import { simulate } from './simulation.js';

/** Runs the seeds it is given, one after the other. */
parentPort?.on('message', (given: { readonly seed: number; readonly ops: number }) => {
  void simulate(given).then((result) => parentPort?.postMessage(result));
});
