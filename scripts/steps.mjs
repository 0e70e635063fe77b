/** The steps of `npm run check` and `npm run fix`, and how they are run and reported. */
import { spawn } from 'node:child_process';
import { inRoot, ROOT, say } from './project.mjs';

const bin = {
  tsc: inRoot('node_modules/typescript/bin/tsc'),
  eslint: inRoot('node_modules/eslint/bin/eslint.js'),
  prettier: inRoot('node_modules/prettier/bin/prettier.cjs'),
  depcruise: inRoot('node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
};

/** Each finds faults and changes nothing. `remedy` completes the sentence that reports a failure. */
export const CHECKS = [
  { name: 'types', args: [bin.tsc, '--noEmit', '-p', '.'], remedy: 'correct the type errors above' },
  {
    name: 'lint',
    args: [bin.eslint, '.', '--max-warnings=0'],
    remedy: 'run `npm run fix`, then correct what it leaves',
  },
  { name: 'format', args: [bin.prettier, '--check', '--log-level=warn', '.'], remedy: 'run `npm run fix`' },
  {
    name: 'import rules',
    args: [bin.depcruise, '--config', '.dependency-cruiser.mjs', 'src', 'projections', 'tools', 'test'],
    remedy: 'move the import to where the rule above allows it',
  },
];

/** Each corrects what a machine can correct. */
export const FIXES = [
  { name: 'lint', args: [bin.eslint, '.', '--fix'], remedy: 'correct what is left above' },
  {
    name: 'format',
    args: [bin.prettier, '--write', '--log-level=warn', '.'],
    remedy: 'correct the syntax errors above',
  },
];

/**
 * Runs one step to its end and reports it in one line, with the tool's own output before it when it failed.
 *
 * @returns whether it succeeded
 */
export async function runStep({ name, args, remedy }) {
  const startedAt = performance.now();
  const { code, output } = await capture(args);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code === 0) {
    say(`${name}: ok (${seconds} s)`);
    return true;
  }
  process.stdout.write(output.endsWith('\n') ? output : `${output}\n`);
  say(`${name}: FAILED (${seconds} s): ${remedy}.`);
  return false;
}

function capture(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}
