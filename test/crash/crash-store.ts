import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEventLog } from '../../src/app/event-log.js';
import { loadConfig } from '../../src/config/config.js';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { startEmbeddedEventStore } from '../../src/embedded/event-store/embedded-event-store.js';
import { AppLogger } from '../../src/observability/logger.js';

/** A store in a process of its own, which lives while the processes of the ledger die. */
export interface CrashStore {
  /** For the processes of the ledger. */
  readonly url: string;
  /** For the spec, which only reads. */
  readonly events: EventStore;
  /** Ends everything and removes its files. */
  dispose(): Promise<void>;
}

/** Starts a store in a fresh directory on a free port. Nothing is left behind when it does not start. */
export async function startCrashStore(): Promise<CrashStore> {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'evenkeel-crash-'));
  const closing: (() => Promise<void>)[] = [() => rm(dataDirectory, { recursive: true, force: true })];
  const dispose = async (): Promise<void> => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const server = await startEmbeddedEventStore({ dataDirectory, port: 0 });
    closing.push(() => server.stop());
    const { connectionString: url } = server;
    const log = await openEventLog(loadConfig({ EVENTSTORE_URL: url }), new AppLogger('silent'));
    closing.push(() => log.close());
    return { url, events: log.part, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
