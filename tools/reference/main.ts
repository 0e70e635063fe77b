import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { REFERENCE_DIRECTORY, referenceFiles } from './reference-files.js';

/** Writes the generated pages of docs/reference anew. Run from the repository's root: `npm run docs`. */
for (const [name, text] of await referenceFiles()) {
  await writeFile(path.join(REFERENCE_DIRECTORY, name), text);
  process.stdout.write(`${path.join(REFERENCE_DIRECTORY, name)}\n`);
}
