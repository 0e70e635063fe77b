import { randomUUID } from 'node:crypto';
import { MIGRATIONS, PROJECTIONS } from '../../projections/index.js';
import { ReadModule } from '../../projections/read.module.js';
import { ProjectionRunner } from '../../projections/runtime/projection-runner.js';
import { serve } from '../../src/app/serve.js';
import { loadConfig } from '../../src/config/config.js';
import { EventStore } from '../../src/edges/event-store/event-store.js';
import { HealthProbe, type Readiness } from '../../src/edges/http/operations.http.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { AppLogger } from '../../src/observability/logger.js';
import { WRITE_CONTROLLERS } from '../../src/write/controllers.js';
import { NO_METRICS } from '../../src/write/metrics.js';
import { CLOCK, ID_SOURCE, WRITE_METRICS } from '../../src/write/tokens.js';
import { WriteModule } from '../../src/write/write.module.js';
import { InMemoryEventStore } from './in-memory-event-store.js';
import { startTestPostgres } from './postgres.js';

/** What a GET came to. */
export interface ReadAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; empty when it is not JSON. */
  readonly body: Record<string, unknown>;
}

/** A served ledger over a store in memory, with every read model on a PostgreSQL of its own. */
export interface ServedReads {
  readonly store: InMemoryEventStore;
  readonly postgres: Postgres;
  readonly url: string;
  /** @param company the `Ledger-Company`, `default` when absent */
  get(path: string, options?: { readonly company?: string; readonly accept?: string }): Promise<ReadAnswer>;
  /** `atLeast=` the newest position of the store. */
  head(): Promise<string>;
  stop(): Promise<void>;
}

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

class NoProbe extends HealthProbe {
  override readiness(): Promise<Readiness> {
    return Promise.reject(new Error('Nobody asks.'));
  }
  override measure(): void {}
}

/** Starts one for a spec file; `stop` it in `afterAll`. */
export async function serveReads(): Promise<ServedReads> {
  const store = new InMemoryEventStore();
  const server = await startTestPostgres();
  const { postgres } = await server.createDatabase();
  await migrate(postgres, MIGRATIONS);
  const runner = new ProjectionRunner(PROJECTIONS, { store, postgres, log });
  runner.start();
  const served = await serve(loadConfig({ PORT: '0' }), {
    logger: new AppLogger('fatal'),
    probe: () => new NoProbe(),
    ports: [
      { provide: EventStore, useValue: store },
      { provide: CLOCK, useValue: { nowMs: () => Date.now() } },
      { provide: ID_SOURCE, useValue: { newId: () => randomUUID() } },
      { provide: WRITE_METRICS, useValue: NO_METRICS },
    ],
    modules: [{ module: WriteModule, controllers: WRITE_CONTROLLERS }, ReadModule.with({ postgres, runner })],
  });
  return {
    store,
    postgres,
    url: served.url,
    async get(path, { company = 'default', accept } = {}) {
      const response = await fetch(`${served.url}${path}`, {
        headers: { 'ledger-company': company, ...(accept === undefined ? {} : { accept }) },
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
      return { status: response.status, headers: response.headers, text, body };
    },
    head: async () => `atLeast=${await store.headPosition()}`,
    async stop() {
      await served.drain();
      await served.close();
      await runner.stop();
      await server.stop();
    },
  };
}
