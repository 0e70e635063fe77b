import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const OWNER_FILE = 'owner';
/** Owners found dead and cleared away before giving up: others are racing for the same directory. */
const CLAIMS_MAX = 5;

/** The data directory belongs to a running application. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

/**
 * Makes this process the only one that runs a database on the directory. A claim left by a process that no longer
 * lives (`kill -9`, power loss) is no obstacle; a reused process id is told apart by when the process began.
 *
 * @returns gives the directory up again
 * @throws DirectoryInUse one sentence, when its owner lives
 */
export async function claimDirectory(directory: string): Promise<() => Promise<void>> {
  const file = path.join(directory, OWNER_FILE);
  const own = await describeProcess(process.pid);
  // Written aside and linked into place: nobody ever reads a claim half written.
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, own, { mode: 0o600 });
  try {
    await linkClaim(directory, file, draft);
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(file, { force: true });
}

async function linkClaim(directory: string, file: string, draft: string): Promise<void> {
  for (let attempt = 1; attempt <= CLAIMS_MAX; attempt += 1) {
    try {
      return await link(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await readFile(file, 'utf8').catch(() => '');
    const pid = Number.parseInt(owner, 10);
    if (isAlive(pid) && (await describeProcess(pid)) === owner) {
      throw new DirectoryInUse(
        `The database directory ${directory} is in use by process ${pid}: stop that one first, or set DATA_DIRECTORY to another directory.`,
      );
    }
    await rm(file, { force: true });
  }
  throw new DirectoryInUse(
    `The database directory ${directory} is being started by another process: try again when that is done.`,
  );
}

/** Whether a process with this id exists, whoever runs it. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The process id and, where the kernel tells, the clock tick it began at: together never reused. */
async function describeProcess(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 3 (state) and 22 (starttime), counted from behind the command name, which may itself hold spaces (proc(5)).
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not looked yet.
  return fields[0] === 'Z' ? '' : `${pid} ${fields[19] ?? ''}\n`;
}
