import { randomUUID } from 'node:crypto';
import { access, constants, mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import type { AppConfig } from '../config/config.js';
import { limits } from '../config/limits.js';
import { EventStore } from '../edges/event-store/event-store.js';
import type { Clock } from '../kernel/clock.js';
import type { IdSource } from '../kernel/ids.js';
import { AppLogger } from '../observability/logger.js';
import { measureProcess, writeMetrics } from '../observability/metrics.js';
import { AccountWatch } from '../write/accounts/account-watch.js';
import { Settler } from '../write/posting/recovery/settler.js';
import { CLOCK, ID_SOURCE, WRITE_METRICS } from '../write/tokens.js';
import { openEventLog, type Opened } from './event-log.js';
import { AppHealthProbe, isReachable } from './health.js';
import { modulesOf } from './modules.js';
import { openReadDatabase, ReadSide } from './read-side.js';
import { serve, StartRefused } from './serve.js';

/** What a test puts in the place of the real thing. */
export interface AppOverrides {
  /** Used instead of EVENTSTORE_URL or the embedded store; its owner closes it. */
  readonly store?: EventStore;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  readonly logger?: AppLogger;
}

/** A running application. */
export interface RunningApp {
  /** Without trailing slash. */
  readonly url: string;
  readonly places: { readonly eventStore: string; readonly postgres: string };
  /** What did not answer when it started; everything here is tried again by itself. */
  readonly away: { readonly eventStore: boolean; readonly postgres: boolean };
  /**
   * Readiness off, answers in flight awaited, projections and embedded parts stopped. Bounded; safe to call twice.
   *
   * @returns false when something did not end in time
   */
  stop(): Promise<boolean>;
}

/**
 * Starts everything the configuration asks for and listens. What was started before a failure is stopped again.
 *
 * @throws Error with one sentence saying what to do: port taken, data directory in use, binaries missing, schema too new
 */
export async function startApp(config: AppConfig, overrides: AppOverrides = {}): Promise<RunningApp> {
  const logger = overrides.logger ?? new AppLogger(config.logLevel);
  const opened: Closable[] = [];
  const keep = <Part>(what: string, part: Opened<Part>): Opened<Part> => {
    opened.push({ what, close: () => part.close() });
    return part;
  };
  try {
    await requireDataDirectory(config, overrides);
    const log =
      overrides.store === undefined
        ? keep('the event store', await openEventLog(config, logger))
        : { part: overrides.store, place: 'given' };
    const database = keep('PostgreSQL', await openReadDatabase(config, logger));
    const readSide = new ReadSide(database.part, log.part, logger, config);
    opened.push({ what: 'the projections', close: () => readSide.stop() });
    const areReadsReady = await readSide.prepare();
    measureProcess();
    let settler: Settler | null = null;
    const served = await serve(config, {
      logger,
      probe: (state) => new AppHealthProbe(state, { store: log.part, readSide, settler: () => settler }),
      ports: [
        { provide: EventStore, useValue: log.part },
        { provide: CLOCK, useValue: overrides.clock ?? systemClock },
        { provide: ID_SOURCE, useValue: overrides.ids ?? randomIds },
        { provide: WRITE_METRICS, useValue: writeMetrics },
      ],
      modules: modulesOf(config.roles, readSide),
    });
    opened.push({ what: 'the application', close: () => served.close() });
    if (config.roles.includes('api')) {
      const watch = served.nest.get(AccountWatch);
      opened.push({ what: 'the watch over accounts', close: () => watch.stop() });
      watch.start();
    }
    if (config.roles.includes('settler')) {
      const started = served.nest.get(Settler);
      settler = started;
      opened.push({ what: 'the settler', close: () => started.stop() });
      started.start();
    }
    opened.push({ what: 'the HTTP server', close: () => served.drain() });
    const isStoreUp = await isReachable(log.part);
    let stopping: Promise<boolean> | undefined;
    return {
      url: served.url,
      places: { eventStore: log.place, postgres: database.place },
      away: { eventStore: !isStoreUp, postgres: !areReadsReady },
      stop: () => (stopping ??= closeAll(opened, logger)),
    };
  } catch (error) {
    await closeAll(opened, logger);
    throw error;
  }
}

/** Embedded parts keep their files below the data directory; it is tried before they are, to say plainly what is wrong. */
async function requireDataDirectory(config: AppConfig, overrides: AppOverrides): Promise<void> {
  const isNeeded =
    config.databaseUrl === null || (config.eventStoreUrl === null && overrides.store === undefined);
  if (!isNeeded) return;
  try {
    await mkdir(config.dataDirectory, { recursive: true });
    await access(config.dataDirectory, constants.W_OK);
  } catch (cause) {
    const reason = types.isNativeError(cause) && 'code' in cause ? String(cause.code) : String(cause);
    throw new StartRefused(
      `The data directory ${config.dataDirectory} can't be written (${reason}): set DATA_DIRECTORY to a directory of yours.`,
      { cause },
    );
  }
}

const systemClock: Clock = { nowMs: () => Date.now() };
const randomIds: IdSource = { newId: () => randomUUID() };

/** A part that was started, and how it ends: false when it had to be cut short. */
interface Closable {
  readonly what: string;
  readonly close: () => Promise<unknown>;
}

/** Closes in reverse order of opening. A part that fails to close does not keep the others open. */
async function closeAll(opened: readonly Closable[], logger: AppLogger): Promise<boolean> {
  let closing = 'nothing';
  const closeInOrder = async (): Promise<boolean> => {
    let isClean = true;
    for (const { what, close } of opened.toReversed()) {
      closing = what;
      const result = await close().catch((error: unknown) => {
        logger.write('error', { err: error }, `Stopping ${what} failed.`);
        return false;
      });
      if (result === false) isClean = false;
    }
    return isClean;
  };
  const timeout = new AbortController();
  const late = Symbol('late');
  const result = await Promise.race([
    closeInOrder(),
    sleep(limits.shutdownMsMax, late, { signal: timeout.signal }),
  ]);
  timeout.abort();
  if (typeof result === 'boolean') return result;
  logger.write('error', {}, `Stopping ${closing} takes too long: the process ends without it.`);
  return false;
}
