import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppConfig } from '../config/config.js';
import { limits } from '../config/limits.js';
import { EventStore } from '../edges/event-store/event-store.js';
import type { Clock } from '../kernel/clock.js';
import type { IdSource } from '../kernel/ids.js';
import { AppLogger } from '../observability/logger.js';
import { measureProcess, writeMetrics } from '../observability/metrics.js';
import { CLOCK, ID_SOURCE, WRITE_METRICS } from '../write/tokens.js';
import { openEventLog, type Opened } from './event-log.js';
import { AppHealthProbe } from './health.js';
import { modulesOf } from './modules.js';
import { openReadDatabase, ReadSide } from './read-side.js';
import { serve } from './serve.js';

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
  /** Whether the read models could be prepared when it started. */
  readonly areReadsReady: boolean;
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
  const opened: (() => Promise<unknown>)[] = [];
  const keep = <Part>(part: Opened<Part>): Opened<Part> => {
    opened.push(() => part.close());
    return part;
  };
  try {
    const log =
      overrides.store === undefined
        ? keep(await openEventLog(config, logger))
        : { part: overrides.store, place: 'given' };
    const database = keep(await openReadDatabase(config, logger));
    const readSide = new ReadSide(database.part, log.part, logger, config.roles.includes('projector'));
    opened.push(() => readSide.stop());
    const areReadsReady = await readSide.prepare();
    measureProcess();
    const served = await serve(config, {
      logger,
      probe: (state) => new AppHealthProbe(log.part, readSide, state),
      ports: [
        { provide: EventStore, useValue: log.part },
        { provide: CLOCK, useValue: overrides.clock ?? systemClock },
        { provide: ID_SOURCE, useValue: overrides.ids ?? randomIds },
        { provide: WRITE_METRICS, useValue: writeMetrics },
      ],
      modules: modulesOf(config, readSide),
    });
    opened.push(() => served.close());
    opened.push(() => served.drain());
    let stopping: Promise<boolean> | undefined;
    return {
      url: served.url,
      places: { eventStore: log.place, postgres: database.place },
      areReadsReady,
      stop: () => (stopping ??= closeAll(opened, logger)),
    };
  } catch (error) {
    await closeAll(opened, logger);
    throw error;
  }
}

const systemClock: Clock = { nowMs: () => Date.now() };
const randomIds: IdSource = { newId: () => randomUUID() };

/** Closes in reverse order of opening. A part that fails to close does not keep the others open. */
async function closeAll(opened: readonly (() => Promise<unknown>)[], logger: AppLogger): Promise<boolean> {
  const timeout = new AbortController();
  const closing = (async () => {
    let isClean = true;
    for (const close of opened.toReversed()) {
      const result = await close().catch((error: unknown) => {
        logger.write('error', { err: error }, 'A part of the process could not be stopped.');
        return false;
      });
      if (result === false) isClean = false;
    }
    return isClean;
  })();
  const isClean = await Promise.race([
    closing,
    sleep(limits.shutdownMsMax, false, { signal: timeout.signal }),
  ]);
  timeout.abort();
  return isClean;
}
