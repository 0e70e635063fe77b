import { Module, type DynamicModule } from '@nestjs/common';
import { CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
import { loadConfig } from '../../src/config/config.js';
import { serve, type Served } from '../../src/app/serve.js';
import { HealthProbe, type Readiness } from '../../src/edges/http/operations.http.js';
import { AppLogger } from '../../src/observability/logger.js';
import { WRITE_CONTROLLERS } from '../../src/write/controllers.js';
import type { CommandContext } from '../../src/write/command.js';

/** A command or query as it reached the bus. */
export interface Dispatched {
  readonly name: string;
  readonly context?: CommandContext;
  readonly request?: unknown;
  readonly [field: string]: unknown;
}

/** Stands in for the write side: remembers what reaches the bus and answers what a spec wants. */
export class FakeLedger {
  readonly dispatched: Dispatched[] = [];
  answer: (message: Dispatched) => unknown = () => {
    throw new Error('This spec expects that nothing reaches the ledger.');
  };

  module(): DynamicModule {
    const execute = async (message: object): Promise<unknown> => {
      const dispatched = { name: message.constructor.name, ...message };
      this.dispatched.push(dispatched);
      return this.answer(dispatched);
    };
    return {
      module: FakeWriteModule,
      controllers: [...WRITE_CONTROLLERS],
      providers: [
        { provide: CommandBus, useValue: { execute } },
        { provide: QueryBus, useValue: { execute } },
      ],
    };
  }
}

@Module({ imports: [CqrsModule] })
class FakeWriteModule {}

const READY: Readiness = {
  status: 'ready',
  eventStore: 'up',
  writes: 'available',
  reads: 'available',
  settler: null,
  projections: [],
};

export class FixedProbe extends HealthProbe {
  override readiness(): Promise<Readiness> {
    return Promise.resolve(READY);
  }

  override measure(): void {
    return undefined;
  }
}

/** Serves the HTTP edge in front of a fake ledger, on a free port. */
export async function serveFake(
  ledger: FakeLedger,
  options: { readonly logger?: AppLogger; readonly modules?: DynamicModule[] } = {},
): Promise<Served> {
  return serve(loadConfig({ PORT: '0' }), {
    logger: options.logger ?? new AppLogger('silent'),
    ports: [],
    modules: [ledger.module(), ...(options.modules ?? [])],
    probe: () => new FixedProbe(),
  });
}
