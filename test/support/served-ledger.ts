import { randomUUID } from 'node:crypto';
import { serve, type Served } from '../../src/app/serve.js';
import { loadConfig } from '../../src/config/config.js';
import { EventStore } from '../../src/edges/event-store/event-store.js';
import { AppLogger } from '../../src/observability/logger.js';
import { WRITE_CONTROLLERS } from '../../src/write/controllers.js';
import { NO_METRICS } from '../../src/write/metrics.js';
import { CLOCK, ID_SOURCE, WRITE_METRICS } from '../../src/write/tokens.js';
import { WriteModule } from '../../src/write/write.module.js';
import { FixedProbe } from './fake-ledger.js';

/** Serves the real write side over HTTP on a free port, on the given store. */
export async function serveLedger(store: EventStore): Promise<Served> {
  return serve(loadConfig({ PORT: '0' }), {
    logger: new AppLogger('silent'),
    ports: [
      { provide: EventStore, useValue: store },
      { provide: CLOCK, useValue: { nowMs: () => Date.now() } },
      { provide: ID_SOURCE, useValue: { newId: () => randomUUID() } },
      { provide: WRITE_METRICS, useValue: NO_METRICS },
    ],
    modules: [{ module: WriteModule, controllers: [...WRITE_CONTROLLERS] }],
    probe: () => new FixedProbe(),
  });
}

/** Ends what `serve` began. */
export async function stopServing(served: Served): Promise<void> {
  await served.drain();
  await served.close();
}
