import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries } from './binaries.js';
import { launchProgram } from './cluster.js';
import { findRunningPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { isAlive } from './owner.js';
import { readPostmasterFile } from './postmaster.js';
import { databaseIdentity, prepareLaunch } from './run-as.js';

const WITHIN_MS = 15_000;
const lines: string[] = [];
const log = { info: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) };

let parent: string;
let dataDirectory: string;
let running: EmbeddedPostgres | undefined;

const start = async (port = 0): Promise<EmbeddedPostgres> =>
  (running = await startEmbeddedPostgres({ dataDirectory, port, log }));
const stop = async (): Promise<void> => {
  await running?.stop();
  running = undefined;
};
const postmaster = async (): Promise<number> =>
  (await readPostmasterFile(path.join(dataDirectory, 'cluster')))?.pid ?? -1;

async function ask(databaseUrl: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`Nothing happened in time. Log:\n${lines.join('\n')}`);
    await sleep(20);
  }
}

describe('the embedded PostgreSQL', () => {
  beforeAll(async () => {
    // Private to its owner, as `mktemp -d` and root's home are: the database's user can't pass through it unaided.
    parent = await mkdtemp(path.join(tmpdir(), 'evenkeel-pg-'));
    await chmod(parent, 0o700);
    dataDirectory = path.join(parent, 'postgres');
  });
  afterEach(stop);
  afterAll(() => rm(parent, { recursive: true, force: true }));

  it('starts on loopback with UTF-8, C locale, UTC, and keeps what was committed over a restart', async () => {
    const first = await start();
    expect(new URL(first.databaseUrl).hostname).toBe('127.0.0.1');
    expect(await ask(first.databaseUrl, 'show server_encoding')).toBe('UTF8');
    expect(
      await ask(first.databaseUrl, `select datcollate from pg_database where datname = 'evenkeel'`),
    ).toBe('C');
    expect(await ask(first.databaseUrl, 'show timezone')).toBe('UTC');
    expect(await ask(first.databaseUrl, 'show listen_addresses')).toBe('127.0.0.1');
    await ask(first.databaseUrl, 'create table kept as select 42 as answer');
    const pid = await postmaster();
    await stop();
    expect(isAlive(pid)).toBe(false);

    const second = await start();
    expect(await ask(second.databaseUrl, 'select answer from kept')).toBe(42);
  });

  it('asks for a password that only its owner can read', async () => {
    const { databaseUrl } = await start();
    expect((await stat(path.join(dataDirectory, 'password'))).mode & 0o777).toBe(0o600);
    const guess = new URL(databaseUrl);
    guess.password = 'guess';
    await expect(ask(guess.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  it('is started again on the same port when it dies', async () => {
    const { databaseUrl } = await start();
    const pid = await postmaster();
    process.kill(pid, 'SIGKILL');
    await until(async () => (await postmaster()) !== pid && (await ask(databaseUrl, 'select 1')) === 1);
  });

  it('is refused while another process of the application runs it, and can be found by it', async () => {
    const { databaseUrl } = await start();
    expect(await findRunningPostgres(dataDirectory)).toBe(databaseUrl);
    await expect(startEmbeddedPostgres({ dataDirectory, port: 0, log })).rejects.toThrow(
      `The database directory ${dataDirectory} is in use by process ${process.pid}: stop that one first, or set DATA_DIRECTORY to another directory.`,
    );
    expect(await ask(databaseUrl, 'select 1')).toBe(1);
  });

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start(port)).rejects.toThrow(
      `Port ${port} on 127.0.0.1, meant for the embedded PostgreSQL, is taken: stop what uses it, or set EMBEDDED_POSTGRES_PORT to another port.`,
    );
    await new Promise((resolve) => other.close(resolve));
    await start(port);
  });

  it('says which password it does not accept, and leaves nothing running', async () => {
    await start();
    await stop();
    const file = path.join(dataDirectory, 'password');
    const password = await readFile(file, 'utf8');
    await writeFile(file, 'another\n');
    await expect(start()).rejects.toThrow(
      `The embedded PostgreSQL does not accept the password in ${file}: restore that file, or remove ${dataDirectory} and the read models are filled again from the log.`,
    );
    await writeFile(file, password);
    await start();
  });

  it('starts over a postmaster.pid and a claim left by kill -9, also when their process ids are somebody else’s now', async () => {
    await start();
    await stop();
    const other = spawn('sleep', ['60']);
    const pidFile = path.join(dataDirectory, 'cluster', 'postmaster.pid');
    const claim = path.join(dataDirectory, 'owner');
    try {
      for (const pid of [other.pid ?? 0, 4_194_303]) {
        await writeFile(
          pidFile,
          `${pid}\n${dataDirectory}/cluster\n1700000000\n5432\n\n127.0.0.1\n  1 2\nready   \n`,
        );
        await writeFile(claim, `${pid} 1\n`);
        await start();
        expect(await readFile(claim, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
        await stop();
      }
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('ends the server of an application that was killed before it starts its own', async () => {
    const { port } = await start();
    await stop();
    const { postgres } = await findBinaries();
    const cluster = path.join(dataDirectory, 'cluster');
    const launch = await prepareLaunch(await databaseIdentity(cluster), [cluster, path.dirname(postgres)]);
    const settings = ['-D', cluster, '-p', String(port), '-c', 'unix_socket_directories='];
    const orphan = launchProgram(postgres, launch, settings);
    const ended = once(orphan, 'exit');
    await until(async () => (await readPostmasterFile(cluster))?.ready === true);
    const { databaseUrl } = await start();
    expect(await ended).toEqual([0, null]);
    expect(await ask(databaseUrl, 'select 1')).toBe(1);
  });
});
