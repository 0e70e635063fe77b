import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { plant, ROOT } from '../tidy/run-tool.js';
import { until } from '../support/until.js';

const LOCK = '.evenkeel-preparing';

/** Stands for npm: notes that it runs, and installs a compiler when it may; ends with who started it. */
const NPM = `
const fs = require('node:fs');
fs.appendFileSync('ran', 'install ' + process.pid + '\\n');
fs.rmSync('node_modules', { recursive: true, force: true });
const parent = process.ppid;
while (!fs.existsSync('go')) {
  if (process.ppid !== parent) process.exit(1);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}
fs.mkdirSync('node_modules/typescript/bin', { recursive: true });
fs.copyFileSync('compiler.js', 'node_modules/typescript/bin/tsc');
fs.appendFileSync('ran', 'installed\\n');
`;
const COMPILER = `
const fs = require('node:fs');
fs.appendFileSync('ran', 'compile\\n');
fs.mkdirSync('dist/src', { recursive: true });
fs.writeFileSync('dist/src/main.js', '');
fs.appendFileSync('ran', 'compiled\\n');
`;

describe('scripts that are started at once on a fresh clone', () => {
  let tree: string;
  const children: ChildProcess[] = [];

  interface Script {
    readonly child: ChildProcess;
    readonly ended: Promise<number | null>;
    said: string;
  }
  const start = (script = 'scripts/build.mjs'): Script => {
    const child = spawn(process.execPath, [script], {
      cwd: tree,
      env: { ...process.env, NODE_OPTIONS: '', npm_execpath: path.join(tree, 'npm.js') },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    children.push(child);
    const ended = once(child, 'close').then(([code]) => code as number | null);
    const started: Script = { child, ended, said: '' };
    child.stderr.setEncoding('utf8').on('data', (text: string) => (started.said += text));
    return started;
  };
  const saying = (script: Script, words: string): Promise<void> =>
    until(
      () => script.said.includes(words),
      () => script.said,
    );
  const ran = async (): Promise<string> =>
    (await readFile(path.join(tree, 'ran'), 'utf8').catch(() => '')).replaceAll(/ \d+/g, '');
  const allow = (): Promise<void> => writeFile(path.join(tree, 'go'), '');

  beforeEach(async () => {
    tree = await plant({
      'package-lock.json': '{"packages":{"node_modules/typescript":{"version":"1.0.0"}}}',
      'package.json': '{"type":"commonjs"}',
      'tsconfig.json': '{}',
      'tsconfig.build.json': '{}',
      'src/main.ts': '',
      'npm.js': NPM,
      'compiler.js': COMPILER,
    });
    await cp(path.join(ROOT, 'scripts'), path.join(tree, 'scripts'), { recursive: true });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
    await rm(tree, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  it('install and compile once: the others wait for the first, and say so', async () => {
    const first = start();
    await until(async () => (await ran()) === 'install\n');
    const others = [start(), start(), start()];
    for (const other of others) {
      await saying(other, `waiting for process ${first.child.pid}, which is preparing this checkout`);
    }
    await allow();
    for (const script of [first, ...others]) expect(await script.ended).toBe(0);
    expect(await ran()).toBe('install\ninstalled\ncompile\ncompiled\n');
    expect(await start().ended).toBe(0);
    expect(await ran()).toBe('install\ninstalled\ncompile\ncompiled\n');
    await expect(readFile(path.join(tree, LOCK))).rejects.toThrow('ENOENT');
  });

  it('go on where one of them was killed', async () => {
    const first = start();
    await until(async () => (await ran()) === 'install\n');
    const other = start();
    await saying(other, 'waiting for process');
    first.child.kill('SIGKILL');
    await first.ended;
    await until(async () => (await ran()) === 'install\ninstall\n');
    await allow();
    expect(await other.ended).toBe(0);
    expect(await ran()).toContain('compile\ncompiled\n');
  });

  it.each([
    ['whose owner is gone', () => `${spawnSync(process.execPath, ['-e', '']).pid}`, Date.now()],
    ['of before the machine was started', () => `${process.pid}`, 0],
    ['that its owner did not live to sign', () => '', Date.now() - 60_000],
  ])('take over a lock %s', async (_what, text, modifiedMs) => {
    await writeFile(path.join(tree, LOCK), text());
    await utimes(path.join(tree, LOCK), modifiedMs / 1000, modifiedMs / 1000);
    await allow();
    const scripts = [start(), start()];
    for (const { ended } of scripts) expect(await ended).toBe(0);
    expect(await ran()).toBe('install\ninstalled\ncompile\ncompiled\n');
  });

  it('leave no lock where preparing fails, and wait no longer than they may', async () => {
    await writeFile(path.join(tree, 'npm.js'), 'process.exit(1)');
    const failed = start();
    expect(await failed.ended).toBe(1);
    expect(failed.said).toContain('packages could not be installed');
    await expect(readFile(path.join(tree, LOCK))).rejects.toThrow('ENOENT');

    await writeFile(path.join(tree, LOCK), `${process.pid}`);
    const impatient = "import { alone } from './scripts/alone.mjs'; alone(() => false, () => {}, 300);";
    await writeFile(path.join(tree, 'impatient.mjs'), impatient);
    const gaveUp = start('impatient.mjs');
    expect(await gaveUp.ended).toBe(1);
    expect(gaveUp.said).toContain(
      `process ${process.pid} has not finished preparing this checkout within 0 s: end it, or remove ${path.join(tree, LOCK)}`,
    );
  });
});
