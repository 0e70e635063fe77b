import { limits } from '../../../config/limits.js';
import type { EventMetadata } from '../../../edges/event-store/event-store.js';
import type { RecordedLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { toInstant, type Clock } from '../../../kernel/clock.js';
import { SCHEMA_VERSION } from '../../event-metadata.js';
import { eventIdOf } from '../../identity.js';
import type { TransactionExecutors } from '../../transactions/executors.js';
import { decideExpire } from '../../transactions/expire-hold.decide.js';
import { existing } from '../reserve.js';
import type { Settlement } from '../settle.js';

/** The types of event that open a hold, move its end, or end it. */
export const HOLD_EVENT_TYPES = [
  'TransactionAuthorized',
  'HoldExtended',
  'HoldVoided',
  'HoldExpired',
] as const;

/** A hold that may still expire. */
export interface OpenHold {
  readonly holdId: string;
  readonly companyId: string;
  readonly expiresAtMs: number;
  /** Reading the holds' events on from here meets it. */
  readonly resumeAfter: bigint | 'start';
}

/** Which holds are open and when they end, followed from the log. */
export class OpenHolds {
  private readonly byId = new Map<string, OpenHold>();
  private last: bigint | 'start';

  /** @param after the position the log is read on from */
  constructor(after: bigint | 'start') {
    this.last = after;
  }

  get count(): number {
    return this.byId.size;
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

  apply(event: RecordedLedgerEvent): void {
    switch (event.type) {
      case 'TransactionAuthorized': {
        const { transactionId: holdId, companyId, expiresAt } = event.data;
        if (expiresAt !== null) {
          this.byId.set(holdId, {
            holdId,
            companyId,
            expiresAtMs: Date.parse(expiresAt),
            resumeAfter: this.last,
          });
        }
        break;
      }
      case 'HoldExtended': {
        // Known or not: it may have been taken for ended when its first time was over, before this event was met.
        const { transactionId: holdId, expiresAt } = event.data;
        const { companyId = '' } = event.metadata as { companyId?: string };
        const { resumeAfter = this.last } = this.byId.get(holdId) ?? {};
        this.byId.set(holdId, { holdId, companyId, expiresAtMs: Date.parse(expiresAt), resumeAfter });
        break;
      }
      case 'HoldVoided':
      case 'HoldExpired':
        this.byId.delete(event.data.transactionId);
        break;
      default:
        break;
    }
    this.last = event.position;
  }

  /** Holds whose time is over, a bounded number of them. */
  due(nowMs: number, countMax: number): OpenHold[] {
    const due: OpenHold[] = [];
    for (const hold of this.byId.values()) {
      if (hold.expiresAtMs > nowMs) continue;
      due.push(hold);
      if (due.length >= countMax) break;
    }
    return due;
  }

  /** The hold that was due has ended one way or another, unless the log told meanwhile that it was extended. */
  ended(due: OpenHold): void {
    if (this.byId.get(due.holdId) === due) this.byId.delete(due.holdId);
  }
}

/** Ends holds whose time is over. */
export class HoldExpiry {
  constructor(
    private readonly holds: TransactionExecutors,
    private readonly settlement: Settlement,
    private readonly clock: Clock,
  ) {}

  /**
   * Records that a hold has expired and gives back what it set aside. Nothing happens to one that has ended or was extended.
   *
   * @returns false when some of it is still to be given back: recovery does it
   * @throws TryAgain, EventStoreUnavailable
   */
  async expire(holdId: string, companyId: string): Promise<boolean> {
    const now = toInstant(this.clock.nowMs());
    const metadata: EventMetadata = {
      $correlationId: holdId,
      $causationId: holdId,
      actor: 'settler',
      companyId,
      requestId: holdId,
      schemaVersion: SCHEMA_VERSION,
    };
    const outcome = await this.holds.execute(holdId, {
      owed: true,
      deadlineMs: this.holds.deadlineIn(limits.settleTimeoutMs),
      metadata,
      decide: (state) => {
        const events = decideExpire(existing(state), now);
        return {
          events: events.map((event) => ({ id: eventIdOf(holdId, 'expired'), event })),
          result: events.flatMap((event) => (event.type === 'HoldExpired' ? event.data.released : [])),
        };
      },
    });
    return outcome.kind === 'done-before' || this.settlement.release(outcome.result, metadata);
  }
}
