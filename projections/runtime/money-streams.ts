import { limits } from '../../src/config/limits.js';
import type { EventStore, RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { weightOf } from '../../src/edges/event-store/event-weight.js';
import { ACCOUNT_STREAM_PREFIX } from '../../src/write/accounts/events.js';
import { TRANSACTION_STREAM_PREFIX } from '../../src/write/transactions/events.js';
import type { Projection } from './projection.js';

/** The streams that hold money, and that read models are made of: how their names begin. */
export const MONEY_STREAM_PREFIXES: readonly string[] = [ACCOUNT_STREAM_PREFIX, TRANSACTION_STREAM_PREFIX];

/** Whether a stream is one of them. */
export function isMoneyStream(streamName: string): boolean {
  return isOneOf(MONEY_STREAM_PREFIXES, streamName);
}

/** How the names of all streams begin that a projection is handed events of. */
export function streamsOf({ streams = [] }: Pick<Projection, 'streams'>): readonly string[] {
  return [...MONEY_STREAM_PREFIXES, ...streams];
}

/** How the names of all streams begin that some projections are handed events of. */
export function streamsOfAll(projections: readonly Pick<Projection, 'streams'>[]): readonly string[] {
  return [...new Set(projections.flatMap(streamsOf))];
}

/** Whether a stream's name begins with one of these. */
export function isOneOf(prefixes: readonly string[], streamName: string): boolean {
  return prefixes.some((prefix) => streamName.startsWith(prefix));
}

/**
 * Reads what some streams hold between two positions, in commit order, at the reader's pace.
 *
 * @param after exclusive; 0 for the start
 * @param to inclusive; at most the head of the log
 * @param prefixes how the names of the streams begin
 * @param weightMax of a batch
 * @returns batches, none of them empty
 * @throws EventStoreUnavailable
 */
export async function* logBatches(
  store: EventStore,
  after: bigint,
  to: bigint,
  prefixes: readonly string[],
  weightMax: number = limits.projectionBatchEventsMax,
): AsyncIterable<readonly RecordedEvent[]> {
  if (after >= to) return;
  let batch: RecordedEvent[] = [];
  let weight = 0;
  for await (const event of store.readAll({ after: after === 0n ? 'start' : after })) {
    if (event.position > to) break;
    if (!isOneOf(prefixes, event.streamName)) continue;
    batch.push(event);
    weight += weightOf(event);
    if (weight < weightMax) continue;
    yield batch;
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield batch;
}

/** The same of the streams that hold money. */
export function moneyBatches(
  store: EventStore,
  after: bigint,
  to: bigint,
  weightMax?: number,
): AsyncIterable<readonly RecordedEvent[]> {
  return logBatches(store, after, to, MONEY_STREAM_PREFIXES, weightMax);
}
