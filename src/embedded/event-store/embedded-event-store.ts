import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { supervisorLimits } from './limits.js';
import type {
  ServerProcessOptions,
  ServerProcessOrder,
  ServerProcessReport,
} from './server-process-messages.js';

export interface EmbeddedEventStoreOptions {
  /** Made when missing. One running store at a time may have it. */
  readonly dataDirectory: string;
  readonly host?: string;
  /** 0 for any free port; a restart keeps the port that was found. */
  readonly port: number;
  /** Lets `host` be an address other machines can reach. There is no access control. */
  readonly allowRemote?: boolean;
  readonly log?: (sentence: string) => void;
  /** Further arguments to node for the store's process, such as `--cpu-prof`. */
  readonly execArgv?: readonly string[];
}

/** How the store's process ended without being asked to. */
export interface UnexpectedExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** False when it was given up: nothing listens any more. */
  readonly willRestart: boolean;
}

export interface EmbeddedEventStoreHandle {
  readonly connectionString: string;
  readonly port: number;
  /** Of the process that serves now; another one after a restart. */
  readonly pid: number;
  /** The log's UUID, for ever the same for a data directory. */
  readonly storeId: string;
  /** Lets what is in flight finish, then ends the process; bounded, and safe to call twice. */
  stop(): Promise<void>;
  /** Calls back each time the process ends without having been asked to. @returns how to stop that */
  onExit(callback: (exit: UnexpectedExit) => void): () => void;
}

/** The store could not be started; the message says what to do. */
export class EmbeddedEventStoreFailure extends Error {
  override readonly name = 'EmbeddedEventStoreFailure';
  constructor(
    message: string,
    /** Whether trying again would not help. */
    readonly isFinal: boolean = false,
  ) {
    super(message);
  }
}

/**
 * Starts the embedded event store in a process of its own and waits until it listens. The process is started again, on
 * the same port, when it dies; it ends by itself when this process does.
 *
 * @throws EmbeddedEventStoreFailure when it can't start: port taken, data directory in use, address not loopback
 */
export async function startEmbeddedEventStore(
  options: EmbeddedEventStoreOptions,
): Promise<EmbeddedEventStoreHandle> {
  const supervisor = new Supervisor(options);
  await supervisor.start();
  return supervisor;
}

interface Listening {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly storeId: string;
}

class Supervisor implements EmbeddedEventStoreHandle {
  private readonly callbacks = new Set<(exit: UnexpectedExit) => void>();
  private readonly host: string;
  private current: Listening | undefined;
  private stopping: Promise<void> | undefined;
  private restarting: Promise<void> = Promise.resolve();
  private listeningSinceMs = 0;
  /** Restarts since the process last ran for a while. */
  private quickEnds = 0;

  constructor(private readonly options: EmbeddedEventStoreOptions) {
    this.host = options.host ?? '127.0.0.1';
  }

  get port(): number {
    return this.listening().port;
  }

  get pid(): number {
    return this.listening().pid;
  }

  get storeId(): string {
    return this.listening().storeId;
  }

  get connectionString(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `esdb://${host}:${this.port}?tls=false`;
  }

  async start(): Promise<void> {
    await this.launch(this.options.port);
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopNow();
    return this.stopping;
  }

  onExit(callback: (exit: UnexpectedExit) => void): () => void {
    this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }

  private listening(): Listening {
    if (!this.current) throw new EmbeddedEventStoreFailure('The embedded event store is not started.');
    return this.current;
  }

  private async launch(port: number): Promise<void> {
    const { dataDirectory, allowRemote = false, execArgv = [] } = this.options;
    const listening = await launch(
      { dataDirectory: resolve(dataDirectory), host: this.host, port, allowRemote },
      execArgv,
    );
    this.current = listening;
    this.listeningSinceMs = performance.now();
    listening.child.once('exit', (code, signal) => {
      if (!this.stopping) this.restarting = this.restart(code, signal);
    });
  }

  private async restart(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    const { port } = this.listening();
    this.report(
      `The embedded event store's process ended (${signal ?? `code ${code ?? '?'}`}); starting it again.`,
    );
    this.tell({ code, signal, willRestart: true });
    if (performance.now() - this.listeningSinceMs >= supervisorLimits.stableAfterMs) this.quickEnds = 0;
    while (this.quickEnds < supervisorLimits.restartsMax) {
      await sleep(
        Math.min(
          supervisorLimits.restartDelayMsMin * 2 ** this.quickEnds,
          supervisorLimits.restartDelayMsMax,
        ),
      );
      if (this.stopping) return;
      this.quickEnds += 1;
      try {
        await this.launch(port);
        this.report(`The embedded event store listens on port ${port} again.`);
        return;
      } catch (error) {
        this.report(
          `The embedded event store did not start (attempt ${this.quickEnds}): ${messageOf(error)}`,
        );
      }
    }
    this.report(
      'The embedded event store is given up: start the ledger again after resolving what stopped it.',
    );
    this.tell({ code, signal, willRestart: false });
  }

  private async stopNow(): Promise<void> {
    // `stopping` is read by a restart under way, which then leaves off or has just begun to listen.
    await Promise.resolve();
    await this.restarting;
    if (this.current) await endProcess(this.current.child);
  }

  private report(sentence: string): void {
    this.options.log?.(sentence);
  }

  private tell(exit: UnexpectedExit): void {
    for (const callback of this.callbacks) callback(exit);
  }
}

/** Forks the process and waits until it listens, or says why it can't. */
function launch(options: ServerProcessOptions, execArgv: readonly string[]): Promise<Listening> {
  const child = fork(serverModule(), [JSON.stringify(options)], {
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    const fail = (failure: EmbeddedEventStoreFailure): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(failure);
    };
    const timer = setTimeout(() => {
      fail(
        new EmbeddedEventStoreFailure(
          `The embedded event store did not start within ${supervisorLimits.startTimeoutMs} ms.`,
        ),
      );
    }, supervisorLimits.startTimeoutMs);
    child.on('message', (report: ServerProcessReport) => {
      if (report.kind === 'refused') {
        fail(new EmbeddedEventStoreFailure(report.sentence, report.isFinal));
        return;
      }
      clearTimeout(timer);
      resolve({ child, pid: child.pid ?? 0, port: report.port, storeId: report.storeId });
    });
    child.once('error', (error) => {
      fail(
        new EmbeddedEventStoreFailure(
          `The embedded event store's process can't be started: ${error.message}`,
        ),
      );
    });
    child.once('exit', (code, signal) => {
      fail(
        new EmbeddedEventStoreFailure(
          `The embedded event store's process ended while starting (${signal ?? `code ${code ?? '?'}`}).`,
        ),
      );
    });
  });
}

/** Asks the process to stop, and kills it when it takes too long. */
function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), supervisorLimits.stopTimeoutMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    const order: ServerProcessOrder = { kind: 'stop' };
    if (child.connected) child.send(order);
    else child.kill('SIGTERM');
  });
}

/** The compiled entry of the store's process: beside this file when compiled, else where the build puts it. */
function serverModule(): string {
  const here = fileURLToPath(import.meta.url);
  const directory = dirname(here);
  if (here.endsWith('.js')) return join(directory, 'server-process.js');
  const built = resolve(directory, '../../../dist/src/embedded/event-store/server-process.js');
  if (!existsSync(built)) {
    throw new EmbeddedEventStoreFailure(
      'The embedded event store runs in its own process and needs its compiled code: run npx tsc -p tsconfig.build.json first.',
      true,
    );
  }
  return built;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
