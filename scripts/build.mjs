/** `npm run build`: installs and compiles what is missing, and says so when nothing was. */
import { ensureReady } from './ensure.mjs';
import { say } from './project.mjs';

ensureReady();
say('dist is up to date.');
