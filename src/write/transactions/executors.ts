import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import type { IdSource } from '../../kernel/ids.js';
import { RANDOM_IDS } from '../ids.js';
import type { WriteMetrics } from '../metrics.js';
import { MACHINE_PATIENCE, type Patience } from '../patience.js';
import { bytesOfEvent } from '../streams/event-bytes.js';
import type { Fold } from '../streams/folded-stream.js';
import { StreamExecutors } from '../streams/stream-executors.js';
import { TRANSACTION_STREAM_PREFIX, type TransactionEvent } from './events.js';
import { evolveTransaction, type TransactionState } from './state.js';

/** How transaction streams are folded. */
export const TRANSACTION_FOLD: Fold<TransactionState, TransactionEvent> = {
  streamPrefix: TRANSACTION_STREAM_PREFIX,
  evolve: evolveTransaction,
  bytesOf: bytesOfEvent,
};

/** The transactions this process changes after their commit: holds that are captured, originals that are reversed. */
export class TransactionExecutors extends StreamExecutors<TransactionState, TransactionEvent> {
  constructor(
    store: EventStore,
    metrics: WriteMetrics,
    patience: Patience = MACHINE_PATIENCE,
    ids: IdSource = RANDOM_IDS,
  ) {
    super(store, metrics, TRANSACTION_FOLD, limits.parentExecutorsMax, patience, ids);
  }
}
