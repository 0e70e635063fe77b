import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { call } from '../support/http-client.js';
import { until } from '../support/until.js';

const MAIN = path.resolve('dist/src/main.js');

let scratch: string;
const started: ChildProcess[] = [];
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'evenkeel-process-'));
  // `npm test` compiles before it runs the specs.
  expect(existsSync(MAIN)).toBe(true);
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
afterAll(() => rm(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

class Run {
  stdout = '';
  stderr = '';
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  /** The environment is only what is given: nothing of the test runner's reaches the application. */
  constructor(env: Record<string, string>, args: readonly string[] = []) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env['PATH'] ?? '', DATA_DIRECTORY: path.join(scratch, 'data'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(this.child);
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits for the banner. */
  async url(): Promise<string> {
    await until(
      () => /Stop with Ctrl-C/.test(this.stderr),
      () => `Not started:\n${this.stderr}${this.stdout}`,
      30_000,
    );
    return /http:\/\/[^ ]+/.exec(this.stderr)?.[0] ?? '';
  }
}

const FREE_PORTS = { PORT: '0', EMBEDDED_EVENTSTORE_PORT: '0', EMBEDDED_POSTGRES_PORT: '0' };

describe('the process', () => {
  it('starts with nothing installed, keeps what it acknowledged over kill -9, and stops cleanly', async () => {
    const first = new Run(FREE_PORTS);
    const url = await first.url();
    expect(first.stderr).toContain(`curl -sS ${url}/v1/accounts`);
    expect(first.stderr).toContain(`${url}/docs`);
    const opened = await call(url, 'POST /v1/accounts', {
      key: 'opening',
      body: { name: 'Cash', type: 'asset', currency: 'USD' },
    });
    expect(opened.status).toBe(201);
    first.kill('SIGKILL');
    await first.exit;

    const second = new Run(FREE_PORTS);
    const again = await call(await second.url(), 'POST /v1/accounts', {
      key: 'opening',
      body: { name: 'Cash', type: 'asset', currency: 'USD' },
    });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.json).toEqual(opened.json);
    const ports = [...second.stderr.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port ?? '');
    expect(new Set(ports).size).toBe(3);
    second.kill('SIGTERM');
    expect(await second.exit).toBe(0);
    for (const port of ports) {
      await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
    }
    const lines = second.stdout.split('\n').filter(Boolean);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
  });

  it('tells everything that is wrong with its settings, and ends with 1', async () => {
    const run = new Run({ HOST: '0.0.0.0', PORT: 'x', EVENKEEL_PORT: '1' });
    expect(await run.exit).toBe(1);
    expect(run.stderr.trim().split('\n')).toEqual([
      'PORT must be a port number from 0 to 65535, not "x".',
      'EVENKEEL_PORT is not a setting: the setting is called PORT.',
    ]);
  });

  it('refuses to be open to the network without authentication', async () => {
    const run = new Run({ HOST: '0.0.0.0' });
    expect(await run.exit).toBe(1);
    expect(run.stderr).toMatch(/^AUTH_MODE=none is allowed only on a loopback address: .*\n$/);
  });

  it('prints its configuration without secrets', async () => {
    const run = new Run({ DATABASE_URL: 'postgresql://u:hunter2@db/evenkeel' }, ['--print-config']);
    expect(await run.exit).toBe(0);
    expect(run.stdout).toContain('PORT=3000\n');
    expect(run.stdout).toContain('DATABASE_URL=(set, not shown)\n');
    expect(run.stdout + run.stderr).not.toContain('hunter2');
  });

  it('explains its settings', async () => {
    const run = new Run({}, ['--help']);
    expect(await run.exit).toBe(0);
    expect(run.stdout).toContain('| `EVENTSTORE_URL` |');
  });

  it('ends at once at a second signal', async () => {
    const run = new Run(FREE_PORTS);
    await run.url();
    run.kill('SIGSTOP');
    run.kill('SIGTERM');
    run.kill('SIGINT');
    run.kill('SIGCONT');
    expect(await run.exit).toBe(1);
  });
});
