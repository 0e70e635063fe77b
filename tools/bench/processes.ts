import { readdir, readFile } from 'node:fs/promises';

/** The processes of a running ledger, and the one that loads it. */
export const PROCESSES = ['api', 'store', 'postgres', 'load'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** What a process has used so far. */
export interface Usage {
  /** User and system time, that of ended children included. */
  readonly cpuMs: number;
  /** Resident memory. Pages that several processes share (PostgreSQL's buffers) count once, in parts. */
  readonly memoryBytes: number;
}

export type Sample = { readonly [Name in ProcessName]: Usage };

/** One line of `/proc/<pid>/stat`, as far as it is looked at. */
export interface ProcessStat {
  readonly parentId: number;
  readonly cpuMs: number;
}

/** `sysconf(_SC_CLK_TCK)`: 100 on every Linux platform that Node runs on (proc(5), "clock ticks"). */
const MS_PER_TICK = 10;

const STORE_MARK = 'embedded/event-store/';
const POSTGRES_MARK = 'postgres';

/**
 * Reads what the API, the embedded stores it started, and the load generator have used.
 *
 * @returns null where there is no `/proc` to read it from
 */
export async function sampleProcesses(apiId: number, loadId: number): Promise<Sample | null> {
  if (process.platform !== 'linux') return null;
  const { stats, storeIds, postgresIds } = await findProcesses(apiId);
  const use = async (ids: readonly number[]): Promise<Usage> => ({
    cpuMs: ids.reduce((sum, id) => sum + (stats.get(id)?.cpuMs ?? 0), 0),
    memoryBytes: (await Promise.all(ids.map(readMemory))).reduce((sum, bytes) => sum + bytes, 0),
  });
  return {
    api: await use([apiId]),
    store: await use(storeIds),
    postgres: await use(postgresIds),
    load: await use([loadId]),
  };
}

/** The process of the embedded event store; undefined when there is none. */
export async function findStoreProcess(apiId: number): Promise<number | undefined> {
  return process.platform === 'linux' ? (await findProcesses(apiId)).storeIds[0] : undefined;
}

async function findProcesses(apiId: number): Promise<{
  readonly stats: ReadonlyMap<number, ProcessStat>;
  readonly storeIds: readonly number[];
  readonly postgresIds: readonly number[];
}> {
  const stats = await readStats();
  const childrenOf = (id: number): number[] =>
    [...stats].filter(([, { parentId }]) => parentId === id).map(([childId]) => childId);
  const mine = await Promise.all(
    childrenOf(apiId).map(async (id) => ({ id, command: await readText(`/proc/${id}/cmdline`) })),
  );
  const storeIds = mine.filter(({ command }) => command.includes(STORE_MARK)).map(({ id }) => id);
  const postgresIds = mine
    .filter(({ id, command }) => !storeIds.includes(id) && command.includes(POSTGRES_MARK))
    .flatMap(({ id }) => [id, ...childrenOf(id)]);
  return { stats, storeIds, postgresIds };
}

/**
 * Reads a line of `/proc/<pid>/stat` (proc(5)). The name in brackets may hold anything, brackets and blanks too.
 *
 * @returns undefined when it is none
 */
export function parseStat(line: string): ProcessStat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  // Fields 4 (ppid) and 14 to 17 (utime, stime, cutime, cstime); the first one here is field 3.
  const [parentId, ...ticks] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]));
  if (parentId === undefined || ticks.some(Number.isNaN) || Number.isNaN(parentId)) return undefined;
  return { parentId, cpuMs: ticks.reduce((sum, count) => sum + count, 0) * MS_PER_TICK };
}

async function readStats(): Promise<ReadonlyMap<number, ProcessStat>> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(
    ids.map(async (id) => [id, parseStat(await readText(`/proc/${id}/stat`))] as const),
  );
  return new Map(stats.flatMap(([id, stat]) => (stat === undefined ? [] : [[id, stat]])));
}

/** Proportional memory where the kernel tells it, else resident memory. */
async function readMemory(id: number): Promise<number> {
  const [rollup, status] = await Promise.all([
    readText(`/proc/${id}/smaps_rollup`),
    readText(`/proc/${id}/status`),
  ]);
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** A process may end while it is looked at. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
