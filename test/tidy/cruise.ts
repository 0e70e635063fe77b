import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One import that a rule forbids. */
export interface Violation {
  readonly rule: string;
  /** The importing file, from the root of the tree, with forward slashes. */
  readonly from: string;
  readonly to: string;
}

/**
 * Runs dependency-cruiser with the repository's rules over a tree of files.
 *
 * @param root the tree; it needs its own package.json and tsconfig.json
 * @param folders which of its folders to read
 * @returns every violation, in the order dependency-cruiser reports them
 * @throws Error with what dependency-cruiser printed, when it reported nothing readable
 */
export async function cruise(root: string, folders: readonly string[]): Promise<Violation[]> {
  const output = await node(root, [
    path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    path.join(ROOT, '.dependency-cruiser.mjs'),
    '--output-type',
    'json',
    ...folders,
  ]);
  const report = JSON.parse(output) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  };
  return report.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}

/** dependency-cruiser's exit code is the number of errors, so that only its report tells whether it ran. */
function node(cwd: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.on('error', reject);
    child.on('close', () => {
      if (output.startsWith('{')) resolve(output);
      else reject(new Error(`dependency-cruiser reported nothing: ${output}${complaints}`));
    });
  });
}
