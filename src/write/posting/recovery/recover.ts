import { limits } from '../../../config/limits.js';
import type { EventMetadata, EventStore } from '../../../edges/event-store/event-store.js';
import { toInstant, type Clock } from '../../../kernel/clock.js';
import type { AccountExecutors } from '../../accounts/executors.js';
import { SCHEMA_VERSION } from '../../event-metadata.js';
import { eventIdOf } from '../../identity.js';
import type { WriteMetrics } from '../../metrics.js';
import { transactionStream, type AttemptAbandoned } from '../../transactions/events.js';
import { readAttempts, type Attempts } from '../outcome.js';
import { releaseAll } from '../reserve.js';
import { LegSettler } from '../settle.js';
import type { InFlight, OpenReservation } from './in-flight.js';

/** Finishes what a crash left: settles what is committed, fences and releases what is not. */
export class Recovery {
  private readonly settler: LegSettler;

  constructor(
    private readonly store: EventStore,
    private readonly executors: AccountExecutors,
    private readonly clock: Clock,
    private readonly metrics: WriteMetrics,
  ) {
    this.settler = new LegSettler(executors, clock, metrics);
  }

  /**
   * Brings one transaction to rest. Safe to run beside its own command and beside other recoveries.
   *
   * @returns false when something is still owed: try again later
   * @throws EventStoreUnavailable, AppendOutcomeUnknown
   */
  async recover(inFlight: InFlight): Promise<boolean> {
    const { transactionId } = inFlight;
    const metadata = this.metadata(inFlight);
    const open = [...inFlight.reservations.values()];
    const attempts = await this.fence(transactionId, open, metadata);
    const event = attempts.outcome?.event;
    const posted = event?.type === 'TransactionPosted' ? event : null;
    const consumed = new Set(posted?.data.legs.map((leg) => leg.reservationId));
    const orphans = open.filter(({ reservationId }) => !consumed.has(reservationId));
    await this.release(orphans, metadata);
    const deadlineMs = performance.now() + limits.commandTimeoutMs;
    const settled = posted === null || (await this.settler.settle(posted, metadata, deadlineMs));
    if (settled) this.metrics.recovered.inc();
    return settled;
  }

  /** Without an outcome, no attempt that reserved may commit any more: each is abandoned on the transaction's stream. */
  private async fence(
    transactionId: string,
    open: readonly OpenReservation[],
    metadata: EventMetadata,
  ): Promise<Attempts> {
    let attempts = await readAttempts(this.store, transactionId);
    const attemptIds = new Set(open.map(({ attemptId }) => attemptId));
    for (const attemptId of attemptIds) {
      for (let conflicts = 0; !attempts.outcome && !attempts.abandoned.has(attemptId); conflicts += 1) {
        if (conflicts > limits.commitConflictsMax) return attempts;
        const abandoned: AttemptAbandoned = {
          type: 'AttemptAbandoned',
          data: { transactionId, attemptId, at: toInstant(this.clock.nowMs()) },
        };
        const id = eventIdOf(attemptId, 'abandoned');
        const outcome = await this.store.append(transactionStream(transactionId), attempts.expected, [
          { id, ...abandoned, metadata },
        ]);
        if (outcome.kind === 'appended') this.metrics.fenced.inc();
        attempts = await readAttempts(this.store, transactionId);
      }
    }
    return attempts;
  }

  private release(orphans: readonly OpenReservation[], metadata: EventMetadata): Promise<void> {
    const now = toInstant(this.clock.nowMs());
    return releaseAll(
      this.executors,
      orphans.map(({ reservationId, accountId, revision }) => ({ reservationId, accountId, revision })),
      now,
      metadata,
    );
  }

  private metadata({ transactionId, companyId }: InFlight): EventMetadata {
    return {
      $correlationId: transactionId,
      $causationId: transactionId,
      actor: 'settler',
      companyId,
      requestId: transactionId,
      schemaVersion: SCHEMA_VERSION,
    };
  }
}
