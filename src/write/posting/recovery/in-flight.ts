import { limits } from '../../../config/limits.js';
import type { RecordedLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { ACCOUNT_STREAM_PREFIX } from '../../accounts/events.js';
import type {
  Parent,
  ReleasedPart,
  TransactionAuthorized,
  TransactionPosted,
} from '../../transactions/events.js';
import { NO_SCHEDULE, type Schedule } from './due-work.js';

/** Funds set aside and neither consumed, released, nor held by an authorized hold. */
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
  /** Claims of its attempts on a parent's stream, by attempt. */
  readonly claims: Map<string, Parent>;
  committed: TransactionPosted | TransactionAuthorized | null;
  /** Legs without an entry; empty until the transaction is posted. */
  readonly unsettledLegs: Set<number>;
  /** Committed, but its parent's stream does not say so yet. */
  isUnconcluded: boolean;
  /** What it owes as a hold that gives back, by reservation and release. */
  readonly releases: Map<string, ReleasedPart>;
}

/**
 * Which transactions have something owed, followed from the log: reservations and claims that nothing ended, committed legs
 * without an entry, funds a hold gives back. Losing it costs a re-scan, never money: whoever acts on it reads the streams first.
 */
export class InFlightTracker {
  private readonly byTransaction = new Map<string, InFlight>();
  private readonly releaseOwners = new Map<string, string>();
  private last: bigint | 'start';

  /**
   * @param after the position the log is read on from
   * @param schedule told when each is to be recovered
   */
  constructor(
    after: bigint | 'start',
    private readonly schedule: Schedule = NO_SCHEDULE,
  ) {
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
        const { revision } = event;
        const reservation = { reservationId, accountId, attemptId, revision };
        this.entry(transactionId, event).reservations.set(reservationId, reservation);
        break;
      }
      case 'ReservationReleased': {
        const { reservationId, releaseId, transactionId } = event.data;
        if (releaseId === null)
          this.ended(transactionId, (entry) => entry.reservations.delete(reservationId));
        else this.givenBack(`${reservationId}/${releaseId}`);
        break;
      }
      case 'TransactionPosted':
      case 'TransactionAuthorized':
        this.committed(event);
        break;
      case 'EntryPosted': {
        const { transactionId, leg, reservationId } = event.data;
        this.ended(transactionId, (entry) => {
          entry.unsettledLegs.delete(leg);
          if (reservationId !== null) entry.reservations.delete(reservationId);
        });
        break;
      }
      case 'CaptureReserved':
        this.claimed(event, event.data.captureId, {
          relation: 'capture',
          transactionId: event.data.transactionId,
        });
        break;
      case 'IncreaseReserved':
        this.claimed(event, event.data.increaseId, {
          relation: 'increase',
          transactionId: event.data.transactionId,
        });
        break;
      case 'ReversalReserved':
        this.claimed(event, event.data.reversalId, {
          relation: 'reversal',
          transactionId: event.data.transactionId,
        });
        break;
      case 'CaptureReleased':
        this.owes(event, event.data.released);
        this.ended(event.data.captureId, (entry) => entry.claims.delete(event.data.attemptId));
        break;
      case 'IncreaseReleased':
        this.ended(event.data.increaseId, (entry) => entry.claims.delete(event.data.attemptId));
        break;
      case 'ReversalReleased':
        this.ended(event.data.reversalId, (entry) => entry.claims.delete(event.data.attemptId));
        break;
      case 'HoldCaptured':
        this.owes(event, event.data.released);
        this.concluded(event.data.captureId, event.data.attemptId);
        break;
      case 'TransactionReversed':
        this.concluded(event.data.reversalId, event.data.attemptId);
        break;
      case 'HoldIncreased':
        this.owes(event, event.data.released);
        this.concluded(event.data.increaseId, event.data.attemptId);
        break;
      case 'HoldVoided':
      case 'HoldExpired':
        this.owes(event, event.data.released);
        break;
      default:
        // Nothing else sets aside or owes anything.
        break;
    }
    this.last = event.position;
  }

  private committed(event: RecordedLedgerEvent & (TransactionPosted | TransactionAuthorized)): void {
    const { transactionId, legs, parent } = event.data;
    const entry = this.entry(transactionId, event);
    entry.committed = event;
    entry.isUnconcluded = parent !== null;
    if (event.type === 'TransactionPosted') legs.forEach((_leg, index) => entry.unsettledLegs.add(index));
    // What a hold has set aside is where it belongs until the hold ends.
    else
      for (const { reservationId } of legs)
        if (reservationId !== null) entry.reservations.delete(reservationId);
    this.forgetIfAtRest(entry);
  }

  private claimed(
    event: RecordedLedgerEvent & { data: { attemptId: string } },
    childId: string,
    parent: Parent,
  ): void {
    this.entry(childId, event).claims.set(event.data.attemptId, parent);
  }

  private concluded(childId: string, attemptId: string): void {
    this.ended(childId, (entry) => {
      entry.claims.delete(attemptId);
      entry.isUnconcluded = false;
    });
  }

  private owes(
    event: RecordedLedgerEvent & { data: { transactionId: string } },
    parts: readonly ReleasedPart[],
  ): void {
    const { transactionId } = event.data;
    for (const part of parts) {
      const key = `${part.reservationId}/${part.releaseId}`;
      this.entry(transactionId, event).releases.set(key, part);
      this.releaseOwners.set(key, transactionId);
    }
  }

  private givenBack(key: string): void {
    const owner = this.releaseOwners.get(key);
    if (owner === undefined) return;
    this.releaseOwners.delete(key);
    this.ended(owner, (entry) => entry.releases.delete(key));
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
      claims: new Map(),
      committed: null,
      unsettledLegs: new Set(),
      isUnconcluded: false,
      releases: new Map(),
    };
    this.byTransaction.set(transactionId, entry);
    this.schedule.plan(transactionId, entry.sinceMs + limits.recoveryAfterMs);
    return entry;
  }

  private ended(transactionId: string, end: (entry: InFlight) => void): void {
    const entry = this.byTransaction.get(transactionId);
    // Settled before the place this reading began at.
    if (!entry) return;
    end(entry);
    this.forgetIfAtRest(entry);
  }

  private forgetIfAtRest(entry: InFlight): void {
    const { reservations, claims, unsettledLegs, isUnconcluded, releases } = entry;
    const owed = reservations.size + claims.size + unsettledLegs.size + releases.size;
    if (owed > 0 || isUnconcluded) return;
    this.byTransaction.delete(entry.transactionId);
    this.schedule.callOff(entry.transactionId);
  }
}
