import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { EventStore } from '../src/edges/event-store/event-store.js';
import { Postgres } from '../src/edges/postgres/postgres.js';
import { ReadBalanceController } from './account-balances/account-balances.http.js';
import { ReadBalanceHandler } from './account-balances/account-balances.query.js';
import { ListAccountsController } from './accounts/accounts.http.js';
import { ListAccountsHandler } from './accounts/accounts.query.js';
import { ListBalancesController } from './balance-snapshots/balances.http.js';
import { ListBalancesHandler } from './balance-snapshots/balances.query.js';
import { ExplainBalanceController } from './balance-snapshots/explain.http.js';
import { ExplainBalanceHandler } from './balance-snapshots/explain.query.js';
import { ReadBalanceAtHandler } from './balance-snapshots/balance-at.query.js';
import { ListCountersHandler } from './counters/counter-list.query.js';
import { ReadCounterSeriesHandler } from './counters/counter-series.query.js';
import { ReadTopKeysHandler } from './counters/counter-top.query.js';
import { ReadCounterWindowHandler } from './counters/counter-window.query.js';
import { ReadCountersController } from './counters/counters.http.js';
import { ListEntriesController } from './entries/entries.http.js';
import { ListEntriesHandler } from './entries/entries.query.js';
import { ReadIntegrityController } from './integrity/integrity.http.js';
import { INSPECTED_PROJECTIONS, ReadIntegrityHandler } from './integrity/integrity.query.js';
import { Freshness } from './runtime/freshness.js';
import { LogHead } from './runtime/log-head.js';
import { ProjectionRunner } from './runtime/projection-runner.js';
import { ReadStatementController } from './statements/statement.http.js';
import { ReadStatementHandler } from './statements/statement.query.js';
import { ListTransactionsController } from './transactions/transactions.http.js';
import { ListTransactionsHandler } from './transactions/transactions.query.js';

/** What the queries read from. */
export interface ReadParts {
  readonly postgres: Postgres;
  readonly runner: ProjectionRunner;
}

/** The read side's queries and their HTTP face. `ReadAccountQuery`, for strong reads, is handled by the write side. */
@Module({})
export class ReadModule {
  static with({ postgres, runner }: ReadParts): DynamicModule {
    return {
      module: ReadModule,
      imports: [CqrsModule],
      controllers: [
        ListAccountsController,
        ReadBalanceController,
        ExplainBalanceController,
        ListBalancesController,
        ListEntriesController,
        ListTransactionsController,
        ReadStatementController,
        ReadIntegrityController,
        ReadCountersController,
      ],
      providers: [
        { provide: Postgres, useValue: postgres },
        {
          provide: Freshness,
          useFactory: (store: EventStore) => new Freshness(runner, new LogHead(store)),
          inject: [EventStore],
        },
        ListAccountsHandler,
        ReadBalanceHandler,
        ReadBalanceAtHandler,
        ExplainBalanceHandler,
        ListBalancesHandler,
        ListEntriesHandler,
        ListTransactionsHandler,
        ReadStatementHandler,
        { provide: INSPECTED_PROJECTIONS, useValue: runner.projections },
        ReadIntegrityHandler,
        ListCountersHandler,
        ReadCounterWindowHandler,
        ReadCounterSeriesHandler,
        ReadTopKeysHandler,
      ],
    };
  }
}
