import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, whatever directory a script was started from. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const NODE_MIN = [20, 19];

/** Prints one line about what the tooling itself does, apart from the output of what it runs. */
export function say(line) {
  process.stderr.write(`evenkeel: ${line}\n`);
}

/** Prints one sentence and ends the process with exit code 1. */
export function giveUp(sentence) {
  say(sentence);
  process.exit(1);
}

/** Ends the process when this Node is too old for what follows. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  giveUp(
    `Node ${process.versions.node} is too old: install Node ${NODE_MIN.join('.')} or newer from https://nodejs.org (or run \`nvm install\` here) and start again.`,
  );
}

/** The path of a file in the repository. */
export function inRoot(...parts) {
  return path.join(ROOT, ...parts);
}

/**
 * Runs a program to its end, its output passed through.
 *
 * @returns its exit code; 1 when a signal ended it
 */
export function run(program, args) {
  const result = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (result.error) giveUp(`${program} could not be started: ${result.error.message}.`);
  return result.status ?? 1;
}

/**
 * Starts Node on a script with signals passed on to it, so that Ctrl-C and SIGTERM reach what runs and not only us.
 *
 * @param args Node's options, the script and its arguments
 * @param env added to the environment
 * @returns the exit code; 1 when a signal ended it
 */
export function runNode(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    const passOn = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
    child.on('error', (error) => giveUp(`Node could not be started: ${error.message}.`));
    child.on('exit', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, passOn);
      resolve(code ?? 1);
    });
  });
}

/** Runs npm's own program: the one that started us, else the one on the path. */
export function runNpm(args) {
  const program = process.env.npm_execpath;
  if (program?.endsWith('.js')) return run(process.execPath, [program, ...args]);
  return process.platform === 'win32' ? run('cmd.exe', ['/c', 'npm', ...args]) : run('npm', args);
}

/** Every file below a folder (given from the root), as paths from the root, sorted: the same list on every machine. */
export function filesBelow(folder) {
  if (!existsSync(inRoot(folder))) return [];
  return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** SHA-256 over the names and contents of files, as hex. */
export function contentHash(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(inRoot(file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** The text of a small file, or undefined when there is none. */
export function readIfThere(file) {
  return existsSync(inRoot(file)) ? readFileSync(inRoot(file), 'utf8') : undefined;
}
