import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../tidy/run-tool.js';
import { until } from './until.js';

const MAIN = path.join(ROOT, 'dist/src/main.js');
const START_MS_MAX = 30_000;

/** The application in a process of its own, as `npm start` runs it. */
export interface RunningApplication {
  readonly url: string;
  /** The settings it runs with: what a tool needs to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops it as SIGTERM does, and removes its data. @returns its exit code */
  stop(): Promise<number | null>;
}

/**
 * Starts the compiled application in a fresh data directory and on free ports.
 *
 * @throws Error with what it printed, when it does not become ready
 */
export async function startApplication(): Promise<RunningApplication> {
  const [port, eventStorePort, postgresPort] = await freePorts(3);
  const directory = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-application-'));
  const environment = {
    PORT: String(port),
    EMBEDDED_EVENTSTORE_PORT: String(eventStorePort),
    EMBEDDED_POSTGRES_PORT: String(postgresPort),
    DATA_DIRECTORY: directory,
    LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  const closed = once(child, 'close');
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    await closed;
    await rm(directory, { recursive: true, force: true });
    return child.exitCode;
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(
      async () => {
        const readiness = (await (await fetch(`${url}/readyz`)).json()) as { status: string; reads: string };
        return readiness.status === 'ready' && readiness.reads === 'available';
      },
      () => `The application did not become ready: ${printed}`,
      START_MS_MAX,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, environment, stop };
}

/** Ports that nobody listens on now. All are held at once, so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
