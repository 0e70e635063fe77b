/** `npm run fix`: corrects what eslint and prettier can correct by themselves. */
import { ensureInstalled } from './ensure.mjs';
import { FIXES, runStep } from './steps.mjs';

ensureInstalled();
for (const step of FIXES) {
  if (!(await runStep(step))) process.exitCode = 1;
}
