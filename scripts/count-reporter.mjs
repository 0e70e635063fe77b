import { writeFileSync } from 'node:fs';

/** A jest reporter that leaves the counts for scripts/test.mjs. A spec file that could not run at all counts as one failure. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.TEST_COUNTS_FILE;
    if (!file) return;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    writeFileSync(file, JSON.stringify({ passed: results.numPassedTests, failed }));
  }
}
