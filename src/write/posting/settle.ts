import { limits } from '../../config/limits.js';
import type { EventMetadata } from '../../edges/event-store/event-store.js';
import { toInstant, type Clock } from '../../kernel/clock.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { eventIdOf } from '../identity.js';
import type { WriteMetrics } from '../metrics.js';
import type { PostedLeg, TransactionPosted } from '../transactions/events.js';
import { existing } from './reserve.decide.js';
import { decideSettle } from './settle.decide.js';

/** Books the entries of committed transactions. Any number of them may work on the same transaction: each leg gets one entry. */
export class LegSettler {
  constructor(
    private readonly executors: AccountExecutors,
    private readonly clock: Clock,
    private readonly metrics: WriteMetrics,
  ) {}

  /**
   * Appends the entry of every leg that has none yet.
   *
   * @param deadlineMs `performance.now()` after which the caller is not kept waiting; the work goes on
   * @returns true once every leg has its entry, false when some still owe it
   */
  async settle(posted: TransactionPosted, metadata: EventMetadata, deadlineMs: number): Promise<boolean> {
    const { transactionId, legs, effectiveAt } = posted.data;
    const entries = legs.map((leg, index) =>
      this.settleLeg({ transactionId, effectiveAt, leg, index, metadata }),
    );
    const all = Promise.allSettled(entries).then((outcomes) =>
      outcomes.every((outcome) => outcome.status === 'fulfilled'),
    );
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.max(0, deadlineMs - performance.now()));
    });
    try {
      return await Promise.race([all, impatience]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async settleLeg({
    transactionId,
    effectiveAt,
    leg,
    index,
    metadata,
  }: {
    transactionId: string;
    effectiveAt: string;
    leg: PostedLeg;
    index: number;
    metadata: EventMetadata;
  }): Promise<void> {
    const entryId = eventIdOf(transactionId, `entry:${index}`);
    const now = toInstant(this.clock.nowMs());
    const outcome = await this.executors.execute(leg.accountId, {
      afterRevision: BigInt(leg.afterRevision),
      // A checked leg is known to be settled by its reservation; an unchecked one by finding its entry.
      ...(leg.reservationId === null ? { doneWhen: entryId } : {}),
      owed: true,
      deadlineMs: performance.now() + limits.settleTimeoutMs,
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
  }
}
