import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { DataDirectoryUnusable } from './log/lmdb-environment.js';
import { LmdbEventLog } from './log/lmdb-event-log.js';
import { DataDirectoryInUse } from './log/owner.js';
import type {
  ServerProcessOptions,
  ServerProcessOrder,
  ServerProcessReport,
} from './server-process-messages.js';
import { CannotListen, EventStoreServer } from './server.js';

/*
 * The store's own process, forked by `startEmbeddedEventStore`. It drains and exits when told to, on SIGTERM, and when
 * its parent is gone. Ctrl-C reaches every process of a terminal: this one leaves it to its parent, which may still
 * have appends to finish.
 */

const clock = { nowMs: () => Date.now() };

let stop: () => Promise<void> = () => Promise.resolve();
let exitCode = 0;
let isStopping = false;

function shutDown(code: number): void {
  exitCode = Math.max(exitCode, code);
  if (isStopping) return;
  isStopping = true;
  stop().then(
    () => process.exit(exitCode),
    (error: unknown) => {
      console.error('The embedded event store could not stop cleanly:', error);
      process.exit(1);
    },
  );
}

async function start(options: ServerProcessOptions): Promise<void> {
  const log = await LmdbEventLog.open(options.dataDirectory, clock);
  try {
    const server = await EventStoreServer.listen({
      ...options,
      log,
      clock,
      onBroken: (error) => {
        console.error('The embedded event store failed to write and starts again:', error.message);
        shutDown(1);
      },
    });
    stop = async () => {
      await server.stop();
      await log.close();
    };
    report({ kind: 'listening', port: server.port, storeId: log.storeId });
  } catch (error) {
    await log.close();
    throw error;
  }
}

function report(message: ServerProcessReport): void {
  process.send?.(message);
}

function readOptions(): ServerProcessOptions {
  const [, , text] = process.argv;
  if (text === undefined || !process.send) {
    console.error('This is the embedded event store, started by the ledger itself: use npm start.');
    process.exit(2);
  }
  return JSON.parse(text) as ServerProcessOptions;
}

// A signal to the whole process group reaches this process too: the application still needs its store to drain, and stops it
// by message when it has.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => {
  if (!process.connected) shutDown(0);
});
process.on('disconnect', () => {
  shutDown(0);
});
process.on('message', (order: ServerProcessOrder) => {
  if (order.kind === 'stop') shutDown(0);
});

// What goes wrong is reported in our own words.
setLogVerbosity(logVerbosity.NONE);
try {
  await start(readOptions());
} catch (error) {
  const sentence = error instanceof Error ? error.message : String(error);
  const isFinal = [CannotListen, DataDirectoryInUse, DataDirectoryUnusable].some(
    (kind) => error instanceof kind,
  );
  report({ kind: 'refused', sentence, isFinal });
  process.exitCode = 1;
  process.disconnect();
}
