/**
 * `node scripts/run.mjs <entry> [arguments]`: makes the checkout ready, then runs a compiled entry point in this very
 * process, so that signals and exit codes need no passing on. The entry is named as in the sources, without extension.
 */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureReady } from './ensure.mjs';
import { giveUp, inRoot } from './project.mjs';

const [entry, ...entryArguments] = process.argv.slice(2);
if (!entry) giveUp('name the entry point to run, for example `node scripts/run.mjs src/main`.');
ensureReady();

const file = inRoot('dist', `${entry}.js`);
if (!existsSync(file)) giveUp(`there is no ${entry}.ts to run.`);
process.argv = [process.execPath, file, ...entryArguments];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(file).href);
