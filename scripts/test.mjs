/** `npm test [-- jest arguments]`: makes the checkout ready, runs jest, and ends with the line `N passed, N failed`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureReady } from './ensure.mjs';
import { inRoot, runNode } from './project.mjs';

const WORKERS_MAX = 2;

ensureReady();
const scratch = mkdtempSync(path.join(os.tmpdir(), 'evenkeel-test-'));
const countsFile = path.join(scratch, 'counts.json');
const asked = process.argv.slice(2);
const workersAsked = asked.some((argument) =>
  /^(-i|-w.*|--runInBand|--maxWorkers.*|--workerThreads)$/.test(argument),
);

const code = await runNode(
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    inRoot('node_modules/jest/bin/jest.js'),
    ...(workersAsked ? [] : [`--maxWorkers=${Math.min(WORKERS_MAX, os.availableParallelism())}`]),
    ...asked,
  ],
  { TEST_COUNTS_FILE: countsFile },
);

const { passed, failed } = readCounts();
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = code !== 0 || failed > 0 || passed === 0 ? 1 : 0;

/** Jest that ended before it could count is one failure. */
function readCounts() {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
}
