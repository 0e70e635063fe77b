import { EventStore } from '../../src/edges/event-store/event-store.js';
import { EventStoreDbEventStore } from '../../src/edges/event-store/eventstoredb-client.js';
import { problemReference } from '../../src/edges/http/problem-pages.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { AppHealthProbe } from '../../src/app/health.js';
import { modulesOf } from '../../src/app/modules.js';
import { ReadSide } from '../../src/app/read-side.js';
import { serve } from '../../src/app/serve.js';
import { configTable, loadConfig } from '../../src/config/config.js';
import { AppLogger } from '../../src/observability/logger.js';
import { metricsTable } from '../../src/observability/metrics.js';
import { NO_METRICS } from '../../src/write/metrics.js';
import { CLOCK, ID_SOURCE, WRITE_METRICS } from '../../src/write/tokens.js';
import { sqlPage } from './sql-page.js';

/** Where the generated pages stand, from the repository's root. */
export const REFERENCE_DIRECTORY = 'docs/reference';

/** The pages that are made from the code: file name -> text. A test compares them with what is committed. */
export async function referenceFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['openapi.json', await servedOpenApi()],
    ['errors.md', problemReference()],
    ['configuration.md', configurationPage()],
    ['metrics.md', metricsPage()],
    ['sql.md', await sqlPage()],
  ]);
}

/** What a running application serves; its stores are never spoken to, so none needs to be there. */
async function servedOpenApi(): Promise<string> {
  const store = new EventStoreDbEventStore('esdb://127.0.0.1:1?tls=false');
  const postgres = new Postgres({
    databaseUrl: 'postgresql://127.0.0.1:1/none',
    applicationName: 'evenkeel',
  });
  const logger = new AppLogger('silent');
  const config = loadConfig({ PORT: '0' });
  const readSide = new ReadSide(postgres, store, logger, { ...config, roles: [] });
  const served = await serve(config, {
    logger,
    probe: (state) => new AppHealthProbe(state, { store, readSide, settler: () => null }),
    ports: [
      { provide: EventStore, useValue: store },
      { provide: CLOCK, useValue: { nowMs: () => 0 } },
      { provide: ID_SOURCE, useValue: { newId: () => '' } },
      { provide: WRITE_METRICS, useValue: NO_METRICS },
    ],
    modules: modulesOf(config.roles, readSide),
  });
  try {
    const response = await fetch(`${served.url}/openapi.json`);
    return `${await response.text()}\n`;
  } finally {
    await served.drain();
    await served.close();
    await postgres.close();
    await store.close();
  }
}

function configurationPage(): string {
  return `# Configuration

Settings come from the environment; an empty variable counts as not set. All mistakes are told at once and stop the
start; a variable that begins with \`EVENKEEL_\` is always one. \`npm start -- --print-config\` prints what is in force,
without secrets.

Generated from \`src/config/settings.ts\`; a test fails when the two differ.

${configTable()}
`;
}

function metricsPage(): string {
  return `# Metrics

\`GET /metrics\` answers in the Prometheus text format: these, and those of the Node process (\`process_*\`, \`nodejs_*\`).

Generated from \`src/observability/metrics.ts\`; a test fails when the two differ.

${metricsTable()}
`;
}
