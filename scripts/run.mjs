/**
 * `node scripts/run.mjs <entry> [arguments]`: makes the checkout ready, then runs a compiled entry point in this very
 * process, so that signals and exit codes need no passing on. The entry is named as in the sources, without extension.
 */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureReady } from './ensure.mjs';
import { giveUp, inRoot } from './project.mjs';

const PARENT_CHECK_MS = 250;

const [entry, ...entryArguments] = process.argv.slice(2);
if (!entry) giveUp('name the entry point to run, for example `node scripts/run.mjs src/main`.');
ensureReady();

const file = inRoot('dist', `${entry}.js`);
if (!existsSync(file)) giveUp(`there is no ${entry}.ts to run.`);
if (process.env.npm_lifecycle_event) drainWithTheShell();
process.argv = [process.execPath, file, ...entryArguments];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(file).href);

/**
 * npm passes SIGTERM to the shell it started us with, and the shell ends without passing it on. Its disappearance is
 * therefore taken as the SIGTERM that was meant for us, or the application would go on unseen, holding its ports.
 */
function drainWithTheShell() {
  const shell = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(check);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  check.unref();
}
