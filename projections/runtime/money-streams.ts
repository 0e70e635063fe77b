import { limits } from '../../src/config/limits.js';
import type { EventStore, RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { ACCOUNT_STREAM_PREFIX } from '../../src/write/accounts/events.js';
import { TRANSACTION_STREAM_PREFIX } from '../../src/write/transactions/events.js';

/** The streams that hold money, and that read models are made of: how their names begin. */
export const MONEY_STREAM_PREFIXES: readonly string[] = [ACCOUNT_STREAM_PREFIX, TRANSACTION_STREAM_PREFIX];

/** Whether a stream is one of them. */
export function isMoneyStream(streamName: string): boolean {
  return MONEY_STREAM_PREFIXES.some((prefix) => streamName.startsWith(prefix));
}

/**
 * Reads what the money streams hold between two positions, in commit order, at the reader's pace.
 *
 * @param after exclusive; 0 for the start
 * @param to inclusive; at most the head of the log
 * @returns batches of up to `projectionBatchEventsMax`, none of them empty
 * @throws EventStoreUnavailable
 */
export async function* moneyBatches(
  store: EventStore,
  after: bigint,
  to: bigint,
): AsyncIterable<readonly RecordedEvent[]> {
  if (after >= to) return;
  let batch: RecordedEvent[] = [];
  for await (const event of store.readAll({ after: after === 0n ? 'start' : after })) {
    if (event.position > to) break;
    if (!isMoneyStream(event.streamName)) continue;
    batch.push(event);
    if (batch.length < limits.projectionBatchEventsMax) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
