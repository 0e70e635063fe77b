import { Logger, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { EventStore } from '../edges/event-store/event-store.js';
import type { Clock } from '../kernel/clock.js';
import type { IdSource } from '../kernel/ids.js';
import { AccountAdministration } from './accounts/administration.js';
import { ChangeAccountHandler } from './accounts/change-account/change-account.handler.js';
import { CloseAccountHandler } from './accounts/close-account/close-account.handler.js';
import { AccountWatch } from './accounts/account-watch.js';
import { AccountExecutors } from './accounts/executors.js';
import { FreezeAccountHandler } from './accounts/freeze-account/freeze-account.handler.js';
import { OpenAccountHandler } from './accounts/open-account/open-account.handler.js';
import { ReadAccountHandler } from './accounts/read-account/read-account.handler.js';
import { ReopenAccountHandler } from './accounts/reopen-account/reopen-account.handler.js';
import { UnfreezeAccountHandler } from './accounts/unfreeze-account/unfreeze-account.handler.js';
import { RecordActivitiesHandler } from './activities/record-activities/record-activities.handler.js';
import { DefineCounterHandler } from './counters/define-counter/define-counter.handler.js';
import { KnownCounters } from './counters/known-counters.js';
import type { WriteMetrics } from './metrics.js';
import { DryRun } from './posting/dry-run.js';
import { Posting } from './posting/posting.js';
import { HoldExpiry } from './posting/recovery/expire-holds.js';
import { Recovery } from './posting/recovery/recover.js';
import { Settler } from './posting/recovery/settler.js';
import { CLOCK, ID_SOURCE, WRITE_METRICS } from './tokens.js';
import { Settlement } from './posting/settle.js';
import { HoldAdministration } from './transactions/administration.js';
import { CaptureHoldHandler } from './transactions/capture-hold/capture-hold.handler.js';
import { ExtendHoldHandler } from './transactions/extend-hold/extend-hold.handler.js';
import { HoldFundsHandler } from './transactions/hold-funds/hold-funds.handler.js';
import { TryHoldHandler } from './transactions/hold-funds/try-hold.handler.js';
import { IncreaseHoldHandler } from './transactions/increase-hold/increase-hold.handler.js';
import { ReadHoldHandler } from './transactions/read-hold/read-hold.handler.js';
import { ReverseTransactionHandler } from './transactions/reverse-transaction/reverse-transaction.handler.js';
import { VoidHoldHandler } from './transactions/void-hold/void-hold.handler.js';
import { TransactionExecutors } from './transactions/executors.js';
import { PostTransactionHandler } from './transactions/post-transaction/post-transaction.handler.js';
import { TryTransactionHandler } from './transactions/post-transaction/try-transaction.handler.js';
import { ReadTransactionHandler } from './transactions/read-transaction/read-transaction.handler.js';

/**
 * The write side. Needs `EventStore`, `CLOCK`, `ID_SOURCE` and `WRITE_METRICS` from a global module;
 * it knows no database and no HTTP.
 */
@Module({
  imports: [CqrsModule],
  providers: [
    {
      provide: AccountExecutors,
      useFactory: (store: EventStore, metrics: WriteMetrics) => new AccountExecutors(store, metrics),
      inject: [EventStore, WRITE_METRICS],
    },
    {
      provide: AccountWatch,
      useFactory: (store: EventStore, executors: AccountExecutors) => {
        const logger = new Logger(AccountWatch.name);
        return new AccountWatch(store, executors, (message) => {
          logger.warn(message);
        });
      },
      inject: [EventStore, AccountExecutors],
    },
    {
      provide: TransactionExecutors,
      useFactory: (store: EventStore, metrics: WriteMetrics) => new TransactionExecutors(store, metrics),
      inject: [EventStore, WRITE_METRICS],
    },
    {
      provide: AccountAdministration,
      useFactory: (store: EventStore, executors: AccountExecutors, clock: Clock, ids: IdSource) =>
        new AccountAdministration(store, executors, clock, ids),
      inject: [EventStore, AccountExecutors, CLOCK, ID_SOURCE],
    },
    {
      provide: Posting,
      useFactory: (
        store: EventStore,
        executors: AccountExecutors,
        parents: TransactionExecutors,
        clock: Clock,
        ids: IdSource,
        metrics: WriteMetrics,
      ) => new Posting(store, executors, parents, clock, ids, metrics),
      inject: [EventStore, AccountExecutors, TransactionExecutors, CLOCK, ID_SOURCE, WRITE_METRICS],
    },
    {
      provide: DryRun,
      useFactory: (executors: AccountExecutors, clock: Clock, ids: IdSource) =>
        new DryRun(executors, clock, ids),
      inject: [AccountExecutors, CLOCK, ID_SOURCE],
    },
    {
      provide: Settler,
      useFactory: (
        store: EventStore,
        executors: AccountExecutors,
        parents: TransactionExecutors,
        clock: Clock,
        ids: IdSource,
        metrics: WriteMetrics,
      ) => {
        const logger = new Logger(Settler.name);
        const recovery = new Recovery(store, executors, parents, clock, metrics);
        const expiry = new HoldExpiry(parents, new Settlement(executors, parents, clock, metrics), clock);
        return new Settler(store, recovery, expiry, clock, ids, metrics, (level, message) => {
          logger[level === 'info' ? 'log' : level](message);
        });
      },
      inject: [EventStore, AccountExecutors, TransactionExecutors, CLOCK, ID_SOURCE, WRITE_METRICS],
    },
    {
      provide: HoldAdministration,
      useFactory: (
        store: EventStore,
        executors: AccountExecutors,
        parents: TransactionExecutors,
        clock: Clock,
        ids: IdSource,
        metrics: WriteMetrics,
      ) => {
        const settlement = new Settlement(executors, parents, clock, metrics);
        return new HoldAdministration(parents, settlement, store, clock, ids);
      },
      inject: [EventStore, AccountExecutors, TransactionExecutors, CLOCK, ID_SOURCE, WRITE_METRICS],
    },
    {
      provide: KnownCounters,
      useFactory: (store: EventStore) => new KnownCounters(store),
      inject: [EventStore],
    },
    OpenAccountHandler,
    ChangeAccountHandler,
    FreezeAccountHandler,
    UnfreezeAccountHandler,
    CloseAccountHandler,
    ReopenAccountHandler,
    ReadAccountHandler,
    PostTransactionHandler,
    ReadTransactionHandler,
    TryTransactionHandler,
    HoldFundsHandler,
    TryHoldHandler,
    CaptureHoldHandler,
    IncreaseHoldHandler,
    ExtendHoldHandler,
    VoidHoldHandler,
    ReadHoldHandler,
    ReverseTransactionHandler,
    RecordActivitiesHandler,
    DefineCounterHandler,
  ],
  exports: [CqrsModule, Posting, AccountExecutors, AccountWatch, Settler],
})
export class WriteModule {}
