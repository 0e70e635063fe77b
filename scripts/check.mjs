/** `npm run check`: types, lint, format and import rules; goes on after a failure to report them all. */
import { ensureInstalled } from './ensure.mjs';
import { say } from './project.mjs';
import { CHECKS, runStep } from './steps.mjs';

ensureInstalled();
const failed = [];
for (const step of CHECKS) {
  if (!(await runStep(step))) failed.push(step.name);
}
if (failed.length > 0) {
  say(`check failed: ${failed.join(', ')}.`);
  process.exitCode = 1;
}
