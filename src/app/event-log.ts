import path from 'node:path';
import { PROJECTIONS } from '../../projections/index.js';
import { streamsOfAll } from '../../projections/runtime/money-streams.js';
import type { AppConfig } from '../config/config.js';
import type { EventStore } from '../edges/event-store/event-store.js';
import { EventStoreDbEventStore } from '../edges/event-store/eventstoredb-client.js';
import { StoreOutage } from '../edges/event-store/store-outage.js';
import { startEmbeddedEventStore } from '../embedded/event-store/embedded-event-store.js';
import type { AppLogger } from '../observability/logger.js';

/** A part of the process that was opened and has to be closed. */
export interface Opened<Part> {
  readonly part: Part;
  /** Where it runs, for the operator. */
  readonly place: string;
  close(): Promise<void>;
}

/**
 * Connects to the configured event store, or starts the embedded one.
 * A configured store need not be reachable: the client connects when it is first used, and again after every loss.
 *
 * @throws EmbeddedEventStoreFailure one sentence: port taken, data directory in use
 */
export async function openEventLog(config: AppConfig, logger: AppLogger): Promise<Opened<EventStore>> {
  // The settler follows a part of what the projections follow: they share one subscription.
  const common = config.roles.includes('projector') ? streamsOfAll(PROJECTIONS) : [];
  const outage = new StoreOutage(logger);
  if (config.eventStoreUrl !== null) {
    const client = new EventStoreDbEventStore(config.eventStoreUrl, common, outage);
    return { part: client, place: 'EVENTSTORE_URL', close: () => client.close() };
  }
  const dataDirectory = path.join(config.dataDirectory, 'event-store');
  const embedded = await startEmbeddedEventStore({
    dataDirectory,
    port: config.embeddedEventStorePort,
    log: (sentence) => logger.info(sentence),
  });
  embedded.onExit(({ code, signal, willRestart }) =>
    logger.write(
      'error',
      { code, signal, willRestart },
      willRestart
        ? 'The embedded event store ended and is started again.'
        : 'The embedded event store ended and stays down: see its last message, then restart this process.',
    ),
  );
  const client = new EventStoreDbEventStore(embedded.connectionString, common, outage);
  return {
    part: client,
    place: `embedded, 127.0.0.1:${embedded.port}, ${dataDirectory}`,
    close: async () => {
      await client.close();
      await embedded.stop();
    },
  };
}
