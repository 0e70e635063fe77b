import { limits } from '../../config/limits.js';
import type { EventStore, ExpectedRevision } from '../../edges/event-store/event-store.js';
import { toLedgerEvent } from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';
import {
  transactionStream,
  type HoldCommandAccepted,
  type TransactionAuthorized,
  type TransactionPosted,
  type TransactionRejected,
} from '../transactions/events.js';

/** What a key came to, for ever. */
export interface RecordedOutcome {
  readonly event: TransactionPosted | TransactionAuthorized | TransactionRejected;
  readonly position: bigint;
  /** Where it stands in its stream. */
  readonly revision: bigint;
}

/** What a transaction's stream holds so far. */
export interface Attempts {
  readonly outcome: RecordedOutcome | null;
  /** The key stands for a command that changes a hold, not for one that moves money. */
  readonly claim: HoldCommandAccepted | null;
  /** Where the next append must stand. */
  readonly expected: ExpectedRevision;
  /** Attempts that can no longer commit. */
  readonly abandoned: ReadonlySet<string>;
}

/** What is known of a stream nobody looked at. */
export const UNTOUCHED: Attempts = {
  outcome: null,
  claim: null,
  expected: 'no_stream',
  abandoned: new Set(),
};

/**
 * Reads what became of a transaction that most likely was never tried.
 *
 * @throws EventStoreUnavailable
 */
export async function lookAtAttempts(store: EventStore, transactionId: string): Promise<Attempts> {
  const isTouched = await store.exists(transactionStream(transactionId));
  return isTouched ? readAttempts(store, transactionId) : UNTOUCHED;
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
      countMax: limits.attemptsPageEventsMax,
    });
    for (const recorded of page.events) {
      const event = toLedgerEvent(recorded);
      const { position, revision } = recorded;
      expected = revision;
      switch (event.type) {
        case 'TransactionPosted':
        case 'TransactionAuthorized':
        case 'TransactionRejected':
          return { outcome: { event, position, revision }, claim: null, expected, abandoned };
        case 'HoldCommandAccepted':
          return { outcome: null, claim: event, expected, abandoned };
        default:
          assert(
            event.type === 'AttemptAbandoned',
            `${event.type} does not stand before the outcome in ${stream}.`,
          );
          abandoned.add(event.data.attemptId);
      }
    }
    if (page.events.length < limits.attemptsPageEventsMax) {
      return { outcome: null, claim: null, expected, abandoned };
    }
  }
}
