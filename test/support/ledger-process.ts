import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { DYING, FAILPOINTS_VARIABLE, REPORT_FD, type Armed } from '../../tools/failpoints/armament.js';
import { ROOT } from '../tidy/run-tool.js';

const MAIN = path.join(ROOT, 'dist/src/main.js');
const PRELOAD = pathToFileURL(path.join(ROOT, 'dist/tools/failpoints/preload.js')).href;
const START_MS_MAX = 60_000;
/** Nothing listens there: what these processes do needs no database. */
const NO_DATABASE = 'postgresql://nobody@127.0.0.1:9/none';

export interface LedgerProcessOptions {
  readonly eventStoreUrl: string;
  /** Comma-separated. */
  readonly roles: string;
  /** 0 or nothing for any free one. */
  readonly port?: number;
  readonly armed?: readonly Armed[];
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * One process of the ledger as `npm start` runs it, on a given store and without a database: killed, armed to die, or stopped
 * in order. It ends by itself when the process that started it is gone.
 */
export class LedgerProcess {
  readonly ended: Promise<Ended>;
  /** Without trailing slash. */
  url = '';
  private printed = '';
  private report = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
    }
    const report = child.stdio[REPORT_FD] as Readable;
    report.setEncoding('utf8').on('data', (text: string) => (this.report += text));
    // Not `exit`: what it wrote must have arrived.
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /**
   * Starts one and waits until it serves.
   *
   * @throws Error with what it printed, when it ends instead or takes too long
   */
  static async start({
    eventStoreUrl,
    roles,
    port = 0,
    armed = [],
  }: LedgerProcessOptions): Promise<LedgerProcess> {
    const child = spawn(process.execPath, ['--import', PRELOAD, MAIN], {
      env: {
        PATH: process.env['PATH'] ?? '',
        EVENTSTORE_URL: eventStoreUrl,
        DATABASE_URL: NO_DATABASE,
        ROLES: roles,
        PORT: String(port),
        LOG_LEVEL: 'warn',
        ...(armed.length === 0 ? {} : { [FAILPOINTS_VARIABLE]: JSON.stringify(armed) }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
    });
    const started = new LedgerProcess(child);
    try {
      await started.served();
      return started;
    } catch (error) {
      await started.kill();
      throw error;
    }
  }

  /** What stopped at its point so far, as `point key`. */
  get reached(): readonly string[] {
    return this.report.split('\n').filter((line) => line !== '' && line !== DYING);
  }

  /** Whether it died because everything it was armed with stood at its point. */
  get diedArmed(): boolean {
    return this.report.endsWith(`${DYING}\n`);
  }

  /** What it wrote to its log and to its terminal. */
  get output(): string {
    return this.printed;
  }

  /** Ends it as a power failure would. Nothing happens to one that has ended. */
  async kill(): Promise<Ended> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /** Asks it to stop, and waits. */
  async stop(): Promise<Ended> {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  private async served(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const inTime = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), START_MS_MAX);
      this.child.stderr?.on('data', () => {
        if (this.printed.includes('Stop with Ctrl-C')) resolve(true);
      });
    });
    const isServing = await Promise.race([inTime, this.ended.then(() => false)]);
    clearTimeout(timer);
    const url = /http:\/\/[^ ]+/.exec(this.printed)?.[0];
    if (!isServing || url === undefined) {
      throw new Error(`The ledger did not start: ${this.printed}`);
    }
    this.url = url;
  }
}
