import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs one of the repository's tools to its end, for its report.
 *
 * @param cwd where it runs
 * @param tool its script, from node_modules
 * @returns what it wrote to standard output, whatever its exit code: that only counts what was found
 * @throws Error with everything it wrote, when that is not the JSON it was asked for
 */
export function reportOf(cwd: string, tool: string, args: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(ROOT, 'node_modules', tool), ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.on('error', reject);
    child.on('close', () => {
      try {
        resolve(JSON.parse(output));
      } catch {
        reject(new Error(`${tool} reported nothing readable: ${output}${complaints}`));
      }
    });
  });
}

/**
 * Writes a tree of files to a temporary directory.
 *
 * @param files path -> text
 * @returns the directory; the caller removes it
 */
export async function plant(files: Readonly<Record<string, string>>): Promise<string> {
  const tree = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-tidy-'));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(tree, file)), { recursive: true });
    await writeFile(path.join(tree, file), text);
  }
  return tree;
}
