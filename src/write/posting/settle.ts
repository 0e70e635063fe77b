import { limits } from '../../config/limits.js';
import type { EventMetadata } from '../../edges/event-store/event-store.js';
import { toInstant, type Clock } from '../../kernel/clock.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { eventIdOf } from '../identity.js';
import { inTime } from '../patience.js';
import type { WriteMetrics } from '../metrics.js';
import type { ReleasedPart, TransactionAuthorized, TransactionPosted } from '../transactions/events.js';
import type { TransactionExecutors } from '../transactions/executors.js';
import { decideConclude } from './parent.decide.js';
import { releaseParts } from './reserve.js';
import { existing } from './reserve-account.js';
import { decideSettle } from './settle.decide.js';

/**
 * Does what a committed transaction owes: the entry of every leg, the conclusion on its parent's stream, and what its hold
 * gives back because of it. Any number of processes may work on the same transaction: everything is done once.
 */
export class Settlement {
  constructor(
    private readonly accounts: AccountExecutors,
    private readonly parents: TransactionExecutors,
    private readonly clock: Clock,
    private readonly metrics: WriteMetrics,
  ) {}

  /**
   * Appends what is not there yet.
   *
   * @param deadlineMs the executors' time after which the caller is not kept waiting; the work goes on
   * @returns true once nothing is owed, false when something still is
   */
  async settle(
    committed: TransactionPosted | TransactionAuthorized,
    metadata: EventMetadata,
    deadlineMs: number,
  ): Promise<boolean> {
    const owed: Promise<boolean>[] = [];
    if (committed.data.parent) owed.push(this.conclude(committed, metadata));
    if (committed.type === 'TransactionPosted') {
      committed.data.legs.forEach((_leg, index) => owed.push(this.settleLeg(committed, index, metadata)));
    }
    const all = Promise.allSettled(owed).then((outcomes) =>
      outcomes.every((outcome) => outcome.status === 'fulfilled' && outcome.value),
    );
    return (await inTime(this.accounts.patience, all, deadlineMs)) ?? false;
  }

  /** Gives back what a hold owes on its accounts. */
  release(parts: readonly ReleasedPart[], metadata: EventMetadata): Promise<boolean> {
    return releaseParts({ accounts: this.accounts, metadata }, parts, toInstant(this.clock.nowMs()));
  }

  private async settleLeg(
    { data: { transactionId, effectiveAt, legs, parent } }: TransactionPosted,
    index: number,
    metadata: EventMetadata,
  ): Promise<boolean> {
    const leg = existing(legs[index] ?? null);
    const entryId = eventIdOf(transactionId, `entry:${index}`);
    const now = toInstant(this.clock.nowMs());
    const outcome = await this.accounts.execute(leg.accountId, {
      afterRevision: BigInt(leg.afterRevision),
      // A leg with a reservation of its own is known to be settled by it; others by finding their entry.
      ...(leg.reservationId === null || parent?.relation === 'capture' ? { doneWhen: entryId } : {}),
      owed: true,
      deadlineMs: this.accounts.deadlineIn(limits.settleTimeoutMs),
      metadata,
      decide: (state) => {
        const events = decideSettle(existing(state), { transactionId, index, leg, effectiveAt, now });
        return {
          events: events.map((event) => ({
            id: event.type === 'EntryPosted' ? entryId : eventIdOf(entryId, event.type),
            event,
          })),
          result: { late: events[0]?.type === 'AccountReopened' },
        };
      },
    });
    if (outcome.kind === 'done' && outcome.result.late) this.metrics.lateEntries.inc();
    return true;
  }

  private async conclude(
    committed: TransactionPosted | TransactionAuthorized,
    metadata: EventMetadata,
  ): Promise<boolean> {
    const { parent, transactionId } = committed.data;
    const outcome = await this.parents.execute(existing(parent).transactionId, {
      owed: true,
      deadlineMs: this.parents.deadlineIn(limits.settleTimeoutMs),
      metadata,
      decide: (state) => {
        const events = decideConclude(existing(state), committed, toInstant(this.clock.nowMs()));
        return {
          events: events.map((event) => ({ id: eventIdOf(transactionId, 'concluded'), event })),
          result: events.flatMap((event) => ('released' in event.data ? event.data.released : [])),
        };
      },
    });
    return outcome.kind === 'done-before' || this.release(outcome.result, metadata);
  }
}
