import { loadConfig } from '../src/config/config.js';
import type { Migration } from '../src/edges/postgres/migrate.js';
import { accountBalancesProjection } from './account-balances/account-balances.project.js';
import { accountBalancesMigration } from './account-balances/account-balances.table.js';
import { accountsProjection } from './accounts/accounts.project.js';
import { accountsMigration } from './accounts/accounts.table.js';
import { analystsMigration } from './analysts/analysts.table.js';
import { balanceSnapshotsProjection } from './balance-snapshots/balance-snapshots.project.js';
import {
  balanceSnapshotsMigration,
  shorterRunsMigration,
} from './balance-snapshots/balance-snapshots.table.js';
import { counterShape, type CounterSettings } from './counters/counter-shape.js';
import { counters } from './counters/counters.project.js';
import {
  counterSettingsMigration,
  countersMigration,
  counterViewMigration,
  droppedLegsMigration,
} from './counters/counters.table.js';
import { entriesProjection } from './entries/entries.project.js';
import { entriesByPositionMigration, entriesMigration } from './entries/entries.table.js';
import { integrityMigration } from './integrity/integrity.table.js';
import {
  checkpointMarkMigration,
  checkpointMigration,
  checkpointSettingsMigration,
} from './runtime/checkpoint.js';
import type { Projection } from './runtime/projection.js';
import { transactionsProjection } from './transactions/transactions.project.js';
import {
  transactionFiltersMigration,
  transactionParentsMigration,
  transactionsMigration,
} from './transactions/transactions.table.js';

/** Every read model, as an environment wants it. Their names are permanent: checkpoints and locks go by them. */
export function projectionsOf(settings: CounterSettings): readonly Projection[] {
  return [
    accountsProjection,
    accountBalancesProjection,
    transactionsProjection,
    entriesProjection,
    balanceSnapshotsProjection,
    counters(counterShape(settings)),
  ];
}

/** The same with nothing set. Names, tables and streams are those of any environment; what fills tables goes by its own. */
export const PROJECTIONS = projectionsOf(loadConfig({}));

/** The schema, step by step; a released step is never edited. */
export const MIGRATIONS: readonly Migration[] = [
  checkpointMigration,
  accountsMigration,
  accountBalancesMigration,
  transactionsMigration,
  entriesMigration,
  transactionParentsMigration,
  checkpointMarkMigration,
  balanceSnapshotsMigration,
  entriesByPositionMigration,
  transactionFiltersMigration,
  analystsMigration,
  integrityMigration,
  shorterRunsMigration,
  countersMigration,
  counterViewMigration,
  checkpointSettingsMigration,
  counterSettingsMigration,
  droppedLegsMigration,
];
