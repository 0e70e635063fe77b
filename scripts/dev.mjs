/** `npm run dev`: compiles on every change and restarts the application after each compilation without errors. */
import { spawn } from 'node:child_process';
import { ensureInstalled } from './ensure.mjs';
import { inRoot, ROOT, say } from './project.mjs';

/** Longer than the application's own drain, so that only one that hangs is killed. */
const DRAIN_MS_MAX = 15_000;

ensureInstalled();
let application;
let restarting = Promise.resolve();

const compiler = spawn(
  process.execPath,
  [
    inRoot('node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.build.json',
    '--watch',
    '--preserveWatchOutput',
  ],
  { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
);
compiler.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  if (/Found 0 errors\./.test(text)) restarting = restarting.then(restart);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    compiler.kill();
    restarting = restarting.then(stop);
  });
}

async function restart() {
  await stop();
  if (compiler.killed) return;
  say('starting ...');
  application = spawn(
    process.execPath,
    ['--enable-source-maps', inRoot('dist/src/main.js'), ...process.argv.slice(2)],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
}

function stop() {
  const running = application;
  if (!running || running.exitCode !== null || running.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const overdue = setTimeout(() => running.kill('SIGKILL'), DRAIN_MS_MAX);
    running.once('exit', () => {
      clearTimeout(overdue);
      resolve();
    });
    running.kill('SIGTERM');
  });
}
