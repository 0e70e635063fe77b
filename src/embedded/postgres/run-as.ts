import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The user a database process runs as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** How to start a program: what goes before it on the command line, and what `spawn` is told. */
export interface Launch {
  readonly prefix: readonly string[];
  readonly identity: Identity | undefined;
}

/** The account root hands the database to: PostgreSQL refuses to run as root. */
const DATABASE_USER = 'postgres';

/** CAP_DAC_OVERRIDE: enter directories whatever their mode (capability 1 in `linux/capability.h`). */
const DAC_OVERRIDE_BIT = 1n << 1n;

/**
 * Whom the database runs as: nobody else when the application is not root; as root the owner of the
 * data that is already there, else the system user `postgres`, which is created when missing.
 *
 * @throws Error one sentence, when root has no other user to give
 */
export async function databaseIdentity(clusterDirectory: string): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const cluster = await stat(clusterDirectory).catch(() => undefined);
  if (cluster !== undefined && cluster.uid !== 0) return { uid: cluster.uid, gid: cluster.gid };
  const known = await lookUp(DATABASE_USER);
  if (known !== undefined) return known;
  await execute('useradd', ['--system', '--user-group', '--no-create-home', DATABASE_USER]).catch(
    () => undefined,
  );
  const created = await lookUp(DATABASE_USER);
  if (created !== undefined) return created;
  throw new Error(
    `PostgreSQL refuses to run as root and no user "${DATABASE_USER}" could be created: start as a plain user, create that user, or set DATABASE_URL.`,
  );
}

async function lookUp(name: string): Promise<Identity | undefined> {
  try {
    const [uid, gid] = await Promise.all([execute('id', ['-u', name]), execute('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * Prepares starting programs as `identity`, able to enter `paths`.
 *
 * Where util-linux's `setpriv` exists, the database is also told to shut down cleanly when this process dies, so that
 * `kill -9` of the application leaves no server behind. It is what lets a root-owned, private directory (root's home,
 * `mktemp -d`) hold the data too: the database keeps the one capability to pass through it.
 *
 * @throws Error one sentence, when the identity can't reach a path and there is no way to let it
 */
export async function prepareLaunch(
  identity: Identity | undefined,
  paths: readonly string[],
): Promise<Launch> {
  const setpriv = await hasSetpriv();
  const onDeath = setpriv ? ['setpriv', '--pdeathsig', 'INT'] : [];
  if (identity === undefined) return { prefix: onDeath, identity: undefined };
  const closed = await firstClosed(identity, paths);
  if (closed === undefined && !setpriv) return { prefix: [], identity };
  const become = [`--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups'];
  if (closed === undefined) return { prefix: [...onDeath, ...become], identity: undefined };
  if (setpriv && (await mayOverrideModes())) {
    const pass = ['--inh-caps=-all,+dac_override', '--ambient-caps=+dac_override'];
    return { prefix: [...onDeath, ...become, ...pass], identity: undefined };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and user ${identity.uid} can't enter ${closed}: start as a plain user, keep the project and its data in a directory others may enter (chmod o+x), or set DATABASE_URL.`,
  );
}

async function hasSetpriv(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    await execute('setpriv', ['--pdeathsig', 'INT', 'true']);
    return true;
  } catch {
    return false;
  }
}

async function mayOverrideModes(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8');
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return (BigInt(`0x${bounding}`) & BigInt(`0x${effective}`) & DAC_OVERRIDE_BIT) !== 0n;
}

/** The first directory above (or at) one of the paths that the identity may not enter. */
async function firstClosed(identity: Identity, paths: readonly string[]): Promise<string | undefined> {
  for (const start of paths) {
    for (let directory = start; ; directory = path.dirname(directory)) {
      const found = await stat(directory);
      const bits = found.uid === identity.uid ? 0o100 : found.gid === identity.gid ? 0o010 : 0o001;
      if ((found.mode & bits) === 0) return directory;
      if (directory === path.dirname(directory)) break;
    }
  }
  return undefined;
}
