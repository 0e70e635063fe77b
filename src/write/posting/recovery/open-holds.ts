import type { RecordedLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { attemptKey } from '../../transactions/attempt-key.js';
import type { HeldLeg, ReservedPart } from '../../transactions/events.js';
import { NO_SCHEDULE, type Schedule } from './due-work.js';

/** The types of event that open a hold, move its end, or may end it. */
export const HOLD_EVENT_TYPES = [
  'TransactionAuthorized',
  'CaptureReserved',
  'CaptureReleased',
  'HoldCaptured',
  'HoldIncreased',
  'HoldExtended',
  'HoldVoided',
  'HoldExpired',
] as const satisfies readonly RecordedLedgerEvent['type'][];

/** A hold that may still expire. */
export interface OpenHold {
  readonly holdId: string;
  readonly companyId: string;
  expiresAtMs: number;
  /** Reading the holds' events on from here meets it. */
  readonly resumeAfter: bigint | 'start';
  /** What captures have not taken, over all its legs, in minor units; null where its first events were not read. */
  uncaptured: bigint | null;
  /** Captures between their reservation and their end, by attempt. */
  readonly captures: Map<string, { readonly amount: bigint; readonly final: boolean }>;
}

/**
 * Which holds are open and when they end, followed from the log. A hold leaves with whatever concludes it: voided, expired,
 * captured finally, or captured to the last unit. Losing it costs a re-scan.
 */
export class OpenHolds {
  private readonly byId = new Map<string, OpenHold>();
  private last: bigint | 'start';

  /**
   * @param after the position the log is read on from
   * @param schedule told when each ends
   */
  constructor(
    after: bigint | 'start',
    private readonly schedule: Schedule = NO_SCHEDULE,
  ) {
    this.last = after;
  }

  get count(): number {
    return this.byId.size;
  }

  get(holdId: string): OpenHold | undefined {
    return this.byId.get(holdId);
  }

  /** Where to read on from after a restart so that no open hold is missed. */
  resumeAfter(): bigint | 'start' {
    const [oldest] = this.byId.values();
    return oldest ? oldest.resumeAfter : this.last;
  }

  /** Everything up to here was considered. */
  passed(position: bigint): void {
    this.last = position;
  }

  /** Takes in the next event of the log. */
  apply(event: RecordedLedgerEvent): void {
    switch (event.type) {
      case 'TransactionAuthorized': {
        const { transactionId, companyId, expiresAt, legs } = event.data;
        // An increase lives as long as its hold.
        if (expiresAt !== null) this.opened(transactionId, companyId, expiresAt, heldBy(legs));
        break;
      }
      case 'HoldExtended': {
        const { transactionId, expiresAt } = event.data;
        const known = this.byId.get(transactionId);
        const { companyId = '' } = event.metadata as { companyId?: string };
        if (known) this.ends(known, expiresAt);
        // Reading began behind its authorization, where an earlier version of this settler left off.
        else this.opened(transactionId, companyId, expiresAt, null);
        break;
      }
      case 'CaptureReserved': {
        const { transactionId, captureId, attemptId, parts, final } = event.data;
        const capture = { amount: sumOf(parts), final };
        this.byId.get(transactionId)?.captures.set(attemptKey(captureId, attemptId), capture);
        break;
      }
      case 'CaptureReleased': {
        const { transactionId, captureId, attemptId } = event.data;
        this.byId.get(transactionId)?.captures.delete(attemptKey(captureId, attemptId));
        break;
      }
      case 'HoldCaptured':
        this.captured(event.data.transactionId, attemptKey(event.data.captureId, event.data.attemptId));
        break;
      case 'HoldIncreased': {
        const known = this.byId.get(event.data.transactionId);
        if (known && known.uncaptured !== null) known.uncaptured += heldBy(event.data.legs);
        break;
      }
      case 'HoldVoided':
      case 'HoldExpired':
        this.concluded(event.data.transactionId);
        break;
      default:
        break;
    }
    this.last = event.position;
  }

  /** The hold is concluded, whether the log has told yet or not. */
  concluded(holdId: string): void {
    this.byId.delete(holdId);
    this.schedule.callOff(holdId);
  }

  private opened(holdId: string, companyId: string, expiresAt: string, uncaptured: bigint | null): void {
    const hold: OpenHold = {
      holdId,
      companyId,
      expiresAtMs: 0,
      resumeAfter: this.last,
      uncaptured,
      captures: new Map(),
    };
    this.byId.set(holdId, hold);
    this.ends(hold, expiresAt);
  }

  private ends(hold: OpenHold, expiresAt: string): void {
    hold.expiresAtMs = Date.parse(expiresAt);
    this.schedule.plan(hold.holdId, hold.expiresAtMs);
  }

  private captured(holdId: string, key: string): void {
    const hold = this.byId.get(holdId);
    const capture = hold?.captures.get(key);
    // Otherwise it shows when its time is over, and its stream is read.
    if (!hold || !capture) return;
    hold.captures.delete(key);
    if (hold.uncaptured !== null) hold.uncaptured -= capture.amount;
    if (capture.final || hold.uncaptured === 0n) this.concluded(holdId);
  }
}

function heldBy(legs: readonly HeldLeg[]): bigint {
  return sumOf(legs.filter(({ reservationId }) => reservationId !== null));
}

function sumOf(parts: readonly Pick<ReservedPart, 'amount'>[]): bigint {
  return parts.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}
