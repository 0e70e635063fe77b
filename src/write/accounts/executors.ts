import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import type { IdSource } from '../../kernel/ids.js';
import { RANDOM_IDS } from '../ids.js';
import type { WriteMetrics } from '../metrics.js';
import { MACHINE_PATIENCE, type Patience } from '../patience.js';
import { bytesOfEvent, SMALL_EVENT_BYTES_MAX } from '../streams/event-bytes.js';
import type { Fold } from '../streams/folded-stream.js';
import type { StreamTask } from '../streams/stream-executor.js';
import { StreamExecutors } from '../streams/stream-executors.js';
import { ACCOUNT_STREAM_PREFIX, type AccountEvent } from './events.js';
import { ACCOUNT_SNAPSHOT } from './snapshot.js';
import { evolve, type AccountState } from './state.js';

/** How account streams are folded. */
export const ACCOUNT_FOLD: Fold<AccountState, AccountEvent> = {
  streamPrefix: ACCOUNT_STREAM_PREFIX,
  evolve,
  // Most are entries and reservations: they are not written twice only to be measured.
  bytesOf: (event) => ('answer' in event.data ? bytesOfEvent(event) : SMALL_EVENT_BYTES_MAX),
  snapshot: ACCOUNT_SNAPSHOT,
};

/** One piece of work on one account. */
export type AccountTask<R> = StreamTask<AccountState, AccountEvent, R>;

/** The accounts this process works on. */
export class AccountExecutors extends StreamExecutors<AccountState, AccountEvent> {
  constructor(
    store: EventStore,
    metrics: WriteMetrics,
    patience: Patience = MACHINE_PATIENCE,
    ids: IdSource = RANDOM_IDS,
  ) {
    super(store, metrics, ACCOUNT_FOLD, limits.executorsMax, patience, ids);
  }
}
