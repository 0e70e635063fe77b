import type { RecordedLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { ACCOUNT_STREAM_PREFIX } from '../../accounts/events.js';
import type { TransactionPosted } from '../../transactions/events.js';

/** Funds set aside and neither consumed nor released yet. */
export interface OpenReservation {
  readonly reservationId: string;
  readonly accountId: string;
  readonly attemptId: string;
  /** The account's revision at which they were set aside. */
  readonly revision: bigint;
}

/** One transaction with something owed. */
export interface InFlight {
  readonly transactionId: string;
  readonly companyId: string;
  /** When its oldest open piece was recorded, by the store's clock; epoch milliseconds. */
  readonly sinceMs: number;
  /** Reading the log on from here meets everything that is known of it. */
  readonly resumeAfter: bigint | 'start';
  readonly reservations: Map<string, OpenReservation>;
  posted: TransactionPosted | null;
  /** Legs without an entry; empty until the transaction is posted. */
  readonly unsettledLegs: Set<number>;
}

/**
 * Which transactions have something owed, followed from the log: reservations that no entry or release ended, committed legs
 * without an entry. Losing it costs a re-scan, never money: whoever acts on it reads the streams first.
 */
export class InFlightTracker {
  private readonly byTransaction = new Map<string, InFlight>();
  private last: bigint | 'start';

  /** @param after the position the log is read on from */
  constructor(after: bigint | 'start') {
    this.last = after;
  }

  get count(): number {
    return this.byTransaction.size;
  }

  /** The oldest first: a transaction enters when its first event is met. */
  all(): Iterable<InFlight> {
    return this.byTransaction.values();
  }

  get(transactionId: string): InFlight | undefined {
    return this.byTransaction.get(transactionId);
  }

  /** Where to read on from after a restart so that nothing owed is missed. */
  resumeAfter(): bigint | 'start' {
    const [oldest] = this.byTransaction.values();
    return oldest ? oldest.resumeAfter : this.last;
  }

  /** Everything up to here was considered. */
  passed(position: bigint): void {
    this.last = position;
  }

  /** Takes in the next event of the log. */
  apply(event: RecordedLedgerEvent): void {
    switch (event.type) {
      case 'FundsReserved': {
        const { reservationId, transactionId, attemptId } = event.data;
        const accountId = event.streamName.slice(ACCOUNT_STREAM_PREFIX.length);
        this.entry(transactionId, event).reservations.set(reservationId, {
          reservationId,
          accountId,
          attemptId,
          revision: event.revision,
        });
        break;
      }
      case 'ReservationReleased':
        this.ended(event.data.transactionId, (entry) => entry.reservations.delete(event.data.reservationId));
        break;
      case 'TransactionPosted': {
        const entry = this.entry(event.data.transactionId, event);
        entry.posted = event;
        event.data.legs.forEach((_leg, index) => entry.unsettledLegs.add(index));
        break;
      }
      case 'EntryPosted': {
        const { transactionId, leg, reservationId } = event.data;
        this.ended(transactionId, (entry) => {
          entry.unsettledLegs.delete(leg);
          if (reservationId !== null) entry.reservations.delete(reservationId);
        });
        break;
      }
      default:
        // Nothing else sets aside or owes anything.
        break;
    }
    this.last = event.position;
  }

  private entry(transactionId: string, event: RecordedLedgerEvent): InFlight {
    const known = this.byTransaction.get(transactionId);
    if (known) return known;
    const entry: InFlight = {
      transactionId,
      companyId: (event.metadata as { companyId?: string }).companyId ?? '',
      sinceMs: event.recordedAtMs,
      resumeAfter: this.last,
      reservations: new Map(),
      posted: null,
      unsettledLegs: new Set(),
    };
    this.byTransaction.set(transactionId, entry);
    return entry;
  }

  private ended(transactionId: string, end: (entry: InFlight) => void): void {
    const entry = this.byTransaction.get(transactionId);
    // Settled before the place this reading began at.
    if (!entry) return;
    end(entry);
    if (entry.reservations.size === 0 && entry.unsettledLegs.size === 0)
      this.byTransaction.delete(transactionId);
  }
}
