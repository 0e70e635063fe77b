import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './run-tool.js';

/** A text file of the repository. */
export interface RepositoryFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/**
 * Reads the files that are in the repository, or would be after the next commit: ignored ones are left out.
 *
 * @param pattern which paths
 */
export async function repositoryFiles(pattern: RegExp): Promise<RepositoryFile[]> {
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await promisify(execFile)('git', listing, { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  const paths = stdout.split('\0').filter((file) => pattern.test(file) && existsSync(path.join(ROOT, file)));
  return Promise.all(paths.map(async (file) => ({ path: file, text: await readRoot(file) })));
}

/** Reads one file by its path from the root. */
export function readRoot(file: string): Promise<string> {
  return readFile(path.join(ROOT, file), 'utf8');
}
