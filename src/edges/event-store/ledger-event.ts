import { assert } from '../../kernel/assert.js';
import type { AccountCommandAccepted, AccountEvent } from '../../write/accounts/events.js';
import type { ActivityEvent } from '../../write/activities/events.js';
import type { CounterEvent } from '../../write/counters/events.js';
import type { TransactionEvent } from '../../write/transactions/events.js';
import type { RecordedEvent } from './event-store.js';

/** Every event the ledger writes. */
export type LedgerEvent =
  AccountEvent | TransactionEvent | AccountCommandAccepted | ActivityEvent | CounterEvent;

/** A recorded event whose type is known and whose data has been brought to the newest version. */
export type RecordedLedgerEvent = Omit<RecordedEvent, 'type' | 'data'> & LedgerEvent;

/** Stored type name -> what turns its data into the newest version's. A name that is not here stops the reader. */
const UPCASTERS: { readonly [Type in LedgerEvent['type']]: (data: unknown) => unknown } = {
  AccountOpened: current,
  AccountMetadataChanged: current,
  OverdraftLimitChanged: current,
  AccountFrozen: current,
  AccountUnfrozen: current,
  FundsReserved: current,
  ReservationReleased: current,
  ConditionMet: current,
  EntryPosted: current,
  AccountClosing: current,
  AccountClosed: current,
  AccountReopened: current,
  AccountCommandAccepted: current,
  TransactionPosted: current,
  TransactionRejected: current,
  AttemptAbandoned: current,
  TransactionAuthorized: current,
  HoldCommandAccepted: current,
  CaptureReserved: current,
  CaptureReleased: current,
  HoldCaptured: current,
  IncreaseReserved: current,
  IncreaseReleased: current,
  HoldIncreased: current,
  HoldExtended: current,
  HoldVoided: current,
  HoldExpired: current,
  ReversalReserved: current,
  ReversalReleased: current,
  TransactionReversed: current,
  ActivitiesRecorded: current,
  CounterDefined: current,
};

function current(data: unknown): unknown {
  return data;
}

/** The stored names this version can read. */
export const KNOWN_EVENT_TYPES = Object.keys(UPCASTERS) as readonly LedgerEvent['type'][];

/** A stored event this version can't read: written by a newer version, or not by this ledger. Whoever meets one stops. */
export class UnknownEventType extends Error {
  override readonly name = 'UnknownEventType';
  constructor(readonly event: RecordedEvent) {
    super(
      `Event type ${event.type} at position ${event.position} (${event.streamName} revision ${event.revision}) is unknown to this version: upgrade before reading on.`,
    );
  }
}

/**
 * Brings a recorded event to the newest version of its type.
 *
 * @throws UnknownEventType for a type this version does not know: it is never skipped
 */
export function toLedgerEvent(event: RecordedEvent): RecordedLedgerEvent {
  if (!Object.hasOwn(UPCASTERS, event.type)) throw new UnknownEventType(event);
  const type = event.type as LedgerEvent['type'];
  const data = UPCASTERS[type](event.data);
  assert(typeof data === 'object' && data !== null, `Event ${event.id} carries a JSON object.`);
  return { ...event, type, data } as RecordedLedgerEvent;
}
