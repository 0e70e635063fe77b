import { limits } from '../../config/limits.js';
import type { EventStore, ExpectedRevision } from '../../edges/event-store/event-store.js';
import { toLedgerEvent } from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';
import {
  transactionStream,
  type TransactionPosted,
  type TransactionRejected,
} from '../transactions/events.js';

/** What a key came to, for ever. */
export interface RecordedOutcome {
  readonly event: TransactionPosted | TransactionRejected;
  readonly position: bigint;
}

/** What a transaction's stream holds so far. */
export interface Attempts {
  readonly outcome: RecordedOutcome | null;
  /** Where the next append must stand. */
  readonly expected: ExpectedRevision;
  /** Attempts that can no longer commit. */
  readonly abandoned: ReadonlySet<string>;
}

/**
 * Reads what became of a transaction.
 *
 * @throws EventStoreUnavailable
 */
export async function readAttempts(store: EventStore, transactionId: string): Promise<Attempts> {
  const stream = transactionStream(transactionId);
  const abandoned = new Set<string>();
  let expected: ExpectedRevision = 'no_stream';
  for (;;) {
    const page = await store.readStream(stream, {
      from: expected === 'no_stream' ? 'start' : expected + 1n,
      countMax: limits.foldPageEventsMax,
    });
    for (const recorded of page.events) {
      const event = toLedgerEvent(recorded);
      expected = recorded.revision;
      if (event.type === 'TransactionPosted' || event.type === 'TransactionRejected') {
        return { outcome: { event, position: recorded.position }, expected, abandoned };
      }
      assert(
        event.type === 'AttemptAbandoned',
        `${event.type} does not stand before the outcome in ${stream}.`,
      );
      abandoned.add(event.data.attemptId);
    }
    if (page.events.length < limits.foldPageEventsMax) return { outcome: null, expected, abandoned };
  }
}
