import { existsSync } from 'node:fs';
import path from 'node:path';
import { openEventLog } from '../../src/app/event-log.js';
import { openReadDatabase } from '../../src/app/read-side.js';
import type { AppConfig } from '../../src/config/config.js';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { findRunningPostgres } from '../../src/embedded/postgres/embedded-postgres.js';
import { AppLogger } from '../../src/observability/logger.js';

/** What a tool looks at, and how it lets go. */
export interface Connections {
  readonly store: EventStore;
  readonly postgres: Postgres;
  close(): Promise<void>;
}

/**
 * Connects a tool to the ledger of a configuration: to external stores as they are named, to the embedded ones of a
 * running application through its ports, or else to embedded ones started for the tool's own time.
 *
 * @throws Error one sentence: there is no ledger in the data directory, or its ports can't be known
 */
export async function connect(config: AppConfig): Promise<Connections> {
  const logger = new AppLogger('fatal');
  const settings = await settingsToConnect(config);
  const log = await openEventLog(settings, logger);
  try {
    const database = await openReadDatabase(settings, logger);
    return {
      store: log.part,
      postgres: database.part,
      close: async () => {
        await log.close();
        await database.close();
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function settingsToConnect(config: AppConfig): Promise<AppConfig> {
  const { dataDirectory, eventStoreUrl, databaseUrl, embeddedEventStorePort } = config;
  if (eventStoreUrl !== null && databaseUrl !== null) return config;
  if (!existsSync(dataDirectory)) {
    throw new Error(
      `There is no ledger in ${dataDirectory}: start one with "npm start", or set DATA_DIRECTORY, or EVENTSTORE_URL and DATABASE_URL.`,
    );
  }
  const running = await findRunningPostgres(path.join(dataDirectory, 'postgres'));
  // Nobody is there: what is embedded is started on any free ports, so that no client mistakes it for the application.
  if (running === undefined) return { ...config, embeddedEventStorePort: 0, embeddedPostgresPort: 0 };
  if (eventStoreUrl === null && embeddedEventStorePort === 0) {
    throw new Error(
      'The running application chose the port of its event store itself: set EVENTSTORE_URL to the address it printed, such as esdb://127.0.0.1:2113?tls=false.',
    );
  }
  return {
    ...config,
    eventStoreUrl: eventStoreUrl ?? `esdb://127.0.0.1:${embeddedEventStorePort}?tls=false`,
    databaseUrl: databaseUrl ?? running,
  };
}
