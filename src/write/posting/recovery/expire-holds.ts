import { limits } from '../../../config/limits.js';
import type { EventMetadata } from '../../../edges/event-store/event-store.js';
import { toInstant, type Clock } from '../../../kernel/clock.js';
import { SCHEMA_VERSION } from '../../event-metadata.js';
import { eventIdOf } from '../../identity.js';
import type { TransactionExecutors } from '../../transactions/executors.js';
import { decideExpire } from '../../transactions/expire-hold.decide.js';
import { existing } from '../reserve.js';
import type { Settlement } from '../settle.js';

/** Ends holds whose time is over. */
export class HoldExpiry {
  constructor(
    private readonly holds: TransactionExecutors,
    private readonly settlement: Settlement,
    private readonly clock: Clock,
  ) {}

  /**
   * Records that a hold has expired and gives back what it set aside. Nothing happens to one that has ended or was extended.
   * What can't be given back now is given back by recovery.
   *
   * @returns false when the hold goes on: it was extended
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
      decide: (seen) => {
        const state = existing(seen);
        const events = decideExpire(state, now);
        return {
          events: events.map((event) => ({ id: eventIdOf(holdId, 'expired'), event })),
          result: {
            released: events.flatMap((event) => (event.type === 'HoldExpired' ? event.data.released : [])),
            goesOn: events.length === 0 && state.hold?.status === 'authorized',
          },
        };
      },
    });
    if (outcome.kind === 'done-before') return true;
    await this.settlement.release(outcome.result.released, metadata);
    return !outcome.result.goesOn;
  }
}
