import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../src/config/settings.js';
import { layout } from '../../src/embedded/postgres/cluster.js';
import { endLeftovers } from '../../src/embedded/postgres/postmaster.js';

const HOST = '127.0.0.1';
/** As `npm start` and the container run it. */
const NODE_OPTIONS = ['--enable-source-maps', '--max-semi-space-size=64'];
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** A start makes a database cluster on a busy machine; after a kill it waits for what was left to drain. */
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;
const POLL_MS = 50;
const LOG_LINES_MAX = 200;
const LOG_LINES_SHOWN = 15;
/** A killed server's children may still be writing into the directory for a moment. */
const REMOVE_TRIES = 20;

/** The system can't run; the message is one sentence, followed by the last lines of its log where there is one. */
export class SystemFailure extends Error {
  override readonly name = 'SystemFailure';
}

/**
 * The whole ledger as `npm start` runs it, in fresh data directories and on free loopback ports: started, killed, started
 * again, stopped. Settings of the caller's environment do not reach it.
 */
export class LedgerSystem {
  private child: ChildProcess | undefined;
  private log: string[] = [];
  private isWanted = false;
  private isRemoved = false;
  private readonly failure = new AbortController();

  private constructor(
    readonly dataDirectory: string,
    private readonly isKept: boolean,
    private readonly port: number,
    private readonly eventStorePort: number,
    private readonly postgresPort: number,
  ) {}

  /**
   * Makes the directory and finds the ports; starts nothing yet.
   *
   * @param purpose a word for the directory's name
   * @param keptDirectory where the data are to stay; null for a temporary directory
   * @throws SystemFailure when the build is missing, or there is something in that directory already
   */
  static async prepare(purpose: string, keptDirectory: string | null = null): Promise<LedgerSystem> {
    if (!existsSync(MAIN)) {
      throw new SystemFailure(`There is no ${MAIN} to start: run npm run build first.`);
    }
    const [port, eventStorePort, postgresPort] = await findFreePorts();
    const isKept = keptDirectory !== null;
    const directory = isKept
      ? await makeEmpty(path.resolve(keptDirectory))
      : await mkdtemp(path.join(tmpdir(), `evenkeel-${purpose}-`));
    return new LedgerSystem(directory, isKept, port, eventStorePort, postgresPort);
  }

  get origin(): string {
    return `http://${HOST}:${this.port}`;
  }

  get eventStoreUrl(): string {
    return `esdb://${HOST}:${this.eventStorePort}?tls=false`;
  }

  /** Of the API process; undefined while it does not run. */
  get processId(): number | undefined {
    return this.child === undefined || hasEnded(this.child) ? undefined : this.child.pid;
  }

  get postgresDirectory(): string {
    return path.join(this.dataDirectory, 'postgres');
  }

  /** The environment of a tool that is to look at this system. */
  get environment(): NodeJS.ProcessEnv {
    const mine = new Set(Object.values(SETTINGS).map(({ variable }): string => variable));
    const foreign = Object.entries(process.env).filter(
      ([name]) => !mine.has(name) && !name.startsWith('EVENKEEL_'),
    );
    return {
      ...Object.fromEntries(foreign),
      HOST,
      PORT: String(this.port),
      DATA_DIRECTORY: this.dataDirectory,
      EMBEDDED_EVENTSTORE_PORT: String(this.eventStorePort),
      EMBEDDED_POSTGRES_PORT: String(this.postgresPort),
    };
  }

  /** Aborts, with a SystemFailure as its reason, when the process ends without having been asked to. */
  get ended(): AbortSignal {
    return this.failure.signal;
  }

  /**
   * Starts the system and waits until it answers as ready.
   *
   * @returns how long that took, in milliseconds
   * @throws SystemFailure when it ends instead, or is not ready within a minute
   */
  async start(): Promise<number> {
    if (this.isRemoved)
      throw new SystemFailure('The data of this ledger was removed: it is not started again.');
    const startedMs = performance.now();
    this.log = [];
    const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group: Ctrl-C at a terminal reaches its starter alone, which then stops the ledger in order.
      detached: true,
    });
    this.child = child;
    this.isWanted = true;
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    child.once('error', (error) => this.hear(error.message));
    child.once('exit', (code, signal) => {
      if (!this.isWanted || this.child !== child) return;
      this.failure.abort(this.failed(`The ledger ended by itself (${signal ?? `exit code ${code}`}).`));
    });
    while (performance.now() - startedMs < START_MS_MAX) {
      this.failure.signal.throwIfAborted();
      if (await isReady(this.origin)) return performance.now() - startedMs;
      await sleep(POLL_MS);
    }
    throw this.failed(`The ledger was not ready within ${START_MS_MAX / 1000} s.`);
  }

  /** Ends the API process as a power failure would: no warning, nothing drained. What it started is left to itself. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Throws PostgreSQL's whole directory away. Only while the system is stopped. */
  async dropPostgres(): Promise<void> {
    await rm(this.postgresDirectory, { recursive: true });
  }

  /**
   * Asks the system to stop and waits for it.
   *
   * @throws SystemFailure when it does not stop in time, or stops with an error
   */
  async stop(): Promise<void> {
    const child = this.child;
    if (child === undefined || hasEnded(child)) return;
    await this.end('SIGTERM');
    if (child.exitCode !== 0) {
      throw this.failed(
        `The ledger did not stop cleanly (${child.signalCode ?? `exit code ${child.exitCode}`}).`,
      );
    }
  }

  /** Ends what still runs, then removes the directory unless it is to be kept. Never throws: what can't be removed is named. */
  async remove(): Promise<void> {
    this.isRemoved = true;
    const complain = (error: unknown): void => console.error(String(error));
    await this.stop().catch(complain);
    // After a kill nobody but the next start looks after the database, and there may not have been one.
    await endLeftovers(layout(this.postgresDirectory).cluster).catch(complain);
    if (this.isKept) return;
    for (let tries = 1; ; tries += 1) {
      try {
        await rm(this.dataDirectory, { recursive: true, force: true });
        return;
      } catch (error) {
        if (tries === REMOVE_TRIES) {
          console.error(`The directory ${this.dataDirectory} could not be removed: ${String(error)}`);
          return;
        }
        await sleep(POLL_MS * tries);
      }
    }
  }

  /** A failure with the last lines that the server wrote. */
  failed(sentence: string): SystemFailure {
    const lines = this.log.slice(-LOG_LINES_SHOWN).map((line) => `  ${line}`);
    return new SystemFailure(
      lines.length === 0 ? sentence : `${sentence} Its last log lines:\n${lines.join('\n')}`,
    );
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.isWanted = false;
    if (child === undefined || hasEnded(child)) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const patience = new AbortController();
    const late = sleep(STOP_MS_MAX, 'late', { signal: patience.signal }).catch(() => undefined);
    if ((await Promise.race([exited, late])) === 'late') {
      child.kill('SIGKILL');
      await exited;
    }
    patience.abort();
  }

  private hear(text: string): void {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    this.log = [...this.log, ...lines].slice(-LOG_LINES_MAX);
  }
}

async function makeEmpty(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length === 0) return directory;
  throw new SystemFailure(
    `The directory ${directory} is not empty: name one that is, or that does not exist.`,
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function isReady(origin: string): Promise<boolean> {
  try {
    const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(START_MS_MAX) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Three ports that nothing listens on now, all held open until the last is found so that they differ. */
async function findFreePorts(): Promise<[number, number, number]> {
  const find = async (): Promise<{ readonly port: number; readonly release: () => Promise<void> }> => {
    const probe = createServer();
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen(0, HOST, resolve);
    });
    const address = probe.address();
    if (address === null || typeof address === 'string')
      throw new SystemFailure('This machine has no free port.');
    return { port: address.port, release: () => new Promise((resolve) => probe.close(() => resolve())) };
  };
  const [first, second, third] = [await find(), await find(), await find()];
  await Promise.all([first.release(), second.release(), third.release()]);
  return [first.port, second.port, third.port];
}
