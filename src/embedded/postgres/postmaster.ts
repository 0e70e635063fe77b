import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from './owner.js';

const execute = promisify(execFile);

/** How long a server may take to shut down cleanly, then to drop everything, before the next harder signal. */
const CLEAN_STOP_MS_MAX = 10_000;
const HARD_STOP_MS_MAX = 3_000;
const POLL_MS = 20;

/** What a server writes into `postmaster.pid` (PostgreSQL's `utils/pidfile.h`). */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** Reads a data directory's `postmaster.pid`, or gives undefined when there is none. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  return {
    pid: Number.parseInt(lines[0] ?? '', 10),
    port: Number.parseInt(lines[3] ?? '', 10),
    ready: lines[7]?.trim() === 'ready',
  };
}

/**
 * Ends whatever server processes an earlier run left on the data directory, and clears a `postmaster.pid` that names
 * some other program by now. The caller owns the directory, so nobody else's server can be meant.
 *
 * @throws Error one sentence, when a process would not end
 */
export async function endLeftovers(cluster: string): Promise<void> {
  const file = await readPostmasterFile(cluster);
  if (file === undefined) return;
  const left = await serverProcesses(cluster, file.pid);
  if (left.length === 0) {
    // Left in place while its pid is free: the server then checks for itself that no shared memory is still in use.
    if (isAlive(file.pid)) await rm(path.join(cluster, 'postmaster.pid'), { force: true });
    return;
  }
  const leader = left.includes(file.pid) ? [file.pid] : left;
  for (const [signal, waitMs] of [
    ['SIGINT', CLEAN_STOP_MS_MAX],
    ['SIGQUIT', HARD_STOP_MS_MAX],
    ['SIGKILL', HARD_STOP_MS_MAX],
  ] as const) {
    for (const pid of signal === 'SIGKILL' ? left : leader) signalIfAlive(pid, signal);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if ((await serverProcesses(cluster, file.pid)).length === 0) return;
      await sleep(POLL_MS);
    }
  }
  throw new Error(
    `A PostgreSQL left by an earlier run (process ${file.pid}) does not end: end it, then start again.`,
  );
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The processes that work in the data directory: a server and all its children have it as their working directory. */
async function serverProcesses(cluster: string, postmasterPid: number): Promise<number[]> {
  if (process.platform !== 'linux') {
    if (!isAlive(postmasterPid)) return [];
    const { stdout } = await execute('ps', ['-p', String(postmasterPid), '-o', 'comm=']).catch(() => ({
      stdout: '',
    }));
    return stdout.includes('postgres') ? [postmasterPid] : [];
  }
  const directory = await realpath(cluster);
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ({ pid, cwd: await readlink(`/proc/${pid}/cwd`).catch(() => undefined) })),
  );
  return found.filter(({ pid, cwd }) => cwd === directory && pid !== process.pid).map(({ pid }) => pid);
}
