import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import type { Identity, Launch } from './run-as.js';

/** The one database role and database the application uses. */
export const DATABASE_ROLE = 'evenkeel';
export const DATABASE_NAME = 'evenkeel';

/** Where things lie in the data directory. */
export function layout(dataDirectory: string): {
  readonly cluster: string;
  readonly password: string;
} {
  return { cluster: path.join(dataDirectory, 'cluster'), password: path.join(dataDirectory, 'password') };
}

/**
 * Gives the role's password, made once per data directory and readable by the application's user alone.
 *
 * Loopback is open to every user of the machine, and this role is a superuser that may run programs: trusting the
 * address alone would hand them the database's user.
 */
export async function readOrMakePassword(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined && known.trim() !== '') return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/**
 * Makes the cluster when there is none: UTF-8, C locale (so that order never depends on the machine), checksums, synced.
 * It is made aside and renamed, so that one cut short is never taken for a good one.
 *
 * @param launch runs `initdb` as the database's user
 * @throws Error one sentence with what `initdb` said
 */
export async function createCluster(
  binaries: PostgresBinaries,
  dataDirectory: string,
  launch: Launch,
  identity: Identity | undefined,
): Promise<void> {
  const { cluster, password } = layout(dataDirectory);
  if ((await stat(path.join(cluster, 'PG_VERSION')).catch(() => undefined)) !== undefined) return;
  const draft = `${cluster}.new`;
  const passwordCopy = `${password}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  try {
    await writeFile(passwordCopy, await readOrMakePassword(password), { mode: 0o600 });
    if (identity !== undefined) {
      await chown(draft, identity.uid, identity.gid);
      await chown(passwordCopy, identity.uid, identity.gid);
    }
    await run(binaries.initdb, launch, [
      `--pgdata=${draft}`,
      `--username=${DATABASE_ROLE}`,
      `--pwfile=${passwordCopy}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      '--data-checksums',
      '--no-instructions',
    ]);
  } finally {
    await rm(passwordCopy, { force: true });
  }
  await rename(draft, cluster);
}

/** Starts a program of the packaged PostgreSQL. Its environment is fixed, so that the caller's locale and PG* variables don't reach it. */
export function launchProgram(
  program: string,
  launch: Launch,
  parameters: readonly string[],
): ReturnType<typeof spawn> {
  const [command = program, ...rest] = [...launch.prefix, program, ...parameters];
  return spawn(command, rest, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    // Its own session: Ctrl-C at a terminal must not stop the database before the application has drained.
    detached: true,
    ...(launch.identity === undefined ? {} : launch.identity),
  });
}

async function run(program: string, launch: Launch, parameters: readonly string[]): Promise<void> {
  const child = launchProgram(program, launch, parameters);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new Error(`PostgreSQL's ${path.basename(program)} failed (exit ${code}): ${said.trim()}`);
  }
}
