import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { assert } from '../../kernel/assert.js';
import { findBinaries } from './binaries.js';
import {
  createCluster,
  DATABASE_NAME,
  DATABASE_ROLE,
  launchProgram,
  layout,
  readOrMakePassword,
} from './cluster.js';
import { claimDirectory, isAlive } from './owner.js';
import { endLeftovers, readPostmasterFile } from './postmaster.js';
import { databaseIdentity, prepareLaunch, type Launch } from './run-as.js';

/** Only this machine. */
const HOST = '127.0.0.1';
/** A start includes crash recovery, which replays up to `max_wal_size` of log. */
const START_MS_MAX = 60_000;
const POLL_MS = 10;
/** How long a fast shutdown may take (it writes a checkpoint) before connections and caches are dropped. */
const STOP_MS_MAX = 10_000;
const KILL_AFTER_MS = 3_000;
/** Pauses between restarts of a server that keeps dying: doubled from the first to the last, for as long as we live. */
const RESTART_MS_FIRST = 100;
const RESTART_MS_MAX = 10_000;
/** SQLSTATE invalid_password. */
const WRONG_PASSWORD = '28P01';
/** Output kept to explain a failed start. */
const SAID_LINES_MAX = 20;

/** Sentences for the operator's log. */
export interface PostgresLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its password and the claim on both; made when missing. */
  readonly dataDirectory: string;
  /** On 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  readonly log: PostgresLog;
}

export interface EmbeddedPostgres {
  /** With the password; the same for as long as the server is not stopped, restarts included. */
  readonly databaseUrl: string;
  readonly port: number;
  /** Shuts the server down and gives the directory up; safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the packaged PostgreSQL on its data directory and keeps it running until `stop`.
 *
 * Resolves once it accepts connections and the database exists. A server that dies is started again, with pauses that
 * double up to {@link RESTART_MS_MAX}. A server left running by an application that was killed is shut down first.
 * Commits are durable: nothing about syncing is relaxed.
 *
 * @throws Error one sentence saying what to do: port taken, directory in use, binaries missing, user can't run it
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDirectory = path.resolve(options.dataDirectory);
  const { cluster, password } = layout(dataDirectory);
  const binaries = await findBinaries();
  await mkdir(dataDirectory, { recursive: true, mode: 0o755 });
  const release = await claimDirectory(dataDirectory);
  try {
    const identity = await databaseIdentity(cluster);
    await refuseForeignCluster(cluster);
    const launch = await prepareLaunch(identity, [dataDirectory, path.dirname(binaries.postgres)]);
    await createCluster(binaries, dataDirectory, launch, identity);
    await endLeftovers(cluster);
    const port = await choosePort(options.port);
    const server = new Server(binaries.postgres, cluster, port, launch, options.log);
    await server.start();
    const databaseUrl = urlOf(port, await readOrMakePassword(password));
    try {
      await createDatabase(databaseUrl, password);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return {
      databaseUrl,
      port,
      stop: async () => {
        await server.stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Finds the server that a running application keeps on the data directory.
 *
 * @returns its address with password, or undefined when none runs there
 */
export async function findRunningPostgres(dataDirectory: string): Promise<string | undefined> {
  const { cluster, password } = layout(path.resolve(dataDirectory));
  const file = await readPostmasterFile(cluster);
  if (file === undefined || !file.ready || !isAlive(file.pid)) return undefined;
  return urlOf(file.port, await readOrMakePassword(password));
}

function urlOf(port: number, password: string): string {
  return `postgresql://${DATABASE_ROLE}:${password}@${HOST}:${port}/${DATABASE_NAME}`;
}

async function refuseForeignCluster(cluster: string): Promise<void> {
  const found = await stat(cluster).catch(() => undefined);
  const uid = process.getuid?.();
  if (found === undefined || uid === undefined || uid === 0 || found.uid === uid) return;
  throw new Error(
    `The database in ${cluster} belongs to user ${found.uid}: start as that user, or set DATA_DIRECTORY to another directory.`,
  );
}

async function choosePort(asked: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen({ host: HOST, port: asked, exclusive: true });
    await once(probe, 'listening');
    const address = probe.address();
    assert(address !== null && typeof address === 'object', 'A TCP server has a port.');
    return address.port;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new Error(
      `Port ${asked} on ${HOST}, meant for the embedded PostgreSQL, is taken: stop what uses it, or set EMBEDDED_POSTGRES_PORT to another port.`,
      { cause },
    );
  } finally {
    if (probe.listening) await new Promise((resolve) => probe.close(resolve));
  }
}

async function createDatabase(databaseUrl: string, passwordFile: string): Promise<void> {
  const url = new URL(databaseUrl);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: STOP_MS_MAX });
  try {
    await client.connect();
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== WRONG_PASSWORD) throw cause;
    throw new Error(
      `The embedded PostgreSQL does not accept the password in ${passwordFile}: restore that file, or remove ${path.dirname(passwordFile)} and the read models are filled again from the log.`,
      { cause },
    );
  }
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE_NAME]);
    if (rowCount === 0) await client.query(`create database ${DATABASE_NAME} template template0`);
  } finally {
    await client.end();
  }
}

/** One server process after another on the same cluster and port. */
class Server {
  private child: ChildProcess | undefined;
  private readonly stopping = new AbortController();
  private supervision: Promise<void> = Promise.resolve();
  private said: string[] = [];

  constructor(
    private readonly program: string,
    private readonly cluster: string,
    private readonly port: number,
    private readonly launch: Launch,
    private readonly log: PostgresLog,
  ) {}

  /** The first start: a failure is the caller's to report. */
  async start(): Promise<void> {
    const { exited } = await this.startOnce();
    this.supervision = this.supervise(exited);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.endChild();
    await this.supervision;
  }

  private async supervise(exited: Promise<string>): Promise<void> {
    let pauseMs = RESTART_MS_FIRST;
    let how = await exited;
    while (!this.stopping.signal.aborted) {
      this.log.warn(`PostgreSQL ended (${how}); starting it again in ${pauseMs} ms.`);
      await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, RESTART_MS_MAX);
      try {
        await endLeftovers(this.cluster);
        if (this.stopping.signal.aborted) return;
        const { exited: next } = await this.startOnce();
        this.log.info('PostgreSQL is running again.');
        pauseMs = RESTART_MS_FIRST;
        how = await next;
      } catch (error) {
        how = error instanceof Error ? error.message : String(error);
      }
    }
  }

  /** @returns `exited` settles, saying how, when the server has ended */
  private async startOnce(): Promise<{ readonly exited: Promise<string> }> {
    this.said = [];
    const child = launchProgram(this.program, this.launch, ['-D', this.cluster, ...settings(this.port)]);
    this.child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    let ended: string | undefined;
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve((ended = error.message)));
      child.once('close', (code, signal) => resolve((ended = signal ?? `exit ${code}`)));
    });
    const deadline = Date.now() + START_MS_MAX;
    for (;;) {
      const file = await readPostmasterFile(this.cluster);
      if (file?.ready === true && file.pid === child.pid) return { exited };
      if (ended !== undefined) throw new Error(this.explain(ended));
      if (Date.now() > deadline) {
        await this.endChild();
        throw new Error(this.explain(`not ready within ${START_MS_MAX} ms`));
      }
      await sleep(POLL_MS);
    }
  }

  private hear(text: string): void {
    for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
      this.said = [...this.said.slice(1 - SAID_LINES_MAX), line];
      if (/\b(?:WARNING|ERROR|FATAL|PANIC):/.test(line)) this.log.warn(`PostgreSQL: ${line}`);
    }
  }

  private explain(how: string): string {
    const said = this.said.join(' ');
    if (/could not bind|Address already in use/i.test(said)) {
      return `Port ${this.port} on ${HOST}, meant for the embedded PostgreSQL, is taken: stop what uses it, or set EMBEDDED_POSTGRES_PORT to another port.`;
    }
    return `The embedded PostgreSQL did not start (${how}): ${said}`;
  }

  private async endChild(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    for (const [signal, waitMs] of [
      ['SIGINT', STOP_MS_MAX],
      ['SIGQUIT', KILL_AFTER_MS],
      ['SIGKILL', KILL_AFTER_MS],
    ] as const) {
      child.kill(signal);
      const patience = new AbortController();
      const inTime = await Promise.race([
        closed.then(() => true),
        sleep(waitMs, false, { signal: patience.signal }).catch(() => false),
      ]);
      patience.abort();
      if (inTime) return;
    }
  }
}

/** What the server is started with: durable, on loopback TCP alone, in UTC. */
function settings(port: number): string[] {
  const values = {
    listen_addresses: HOST,
    port: String(port),
    // No socket file: its path may be longer than the system allows, and it would lie outside the data directory.
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // Nothing replicates from it: a table filled in the transaction that made it needs no log (rebuilds).
    wal_level: 'minimal',
    max_wal_senders: '0',
    log_checkpoints: 'off',
    logging_collector: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
