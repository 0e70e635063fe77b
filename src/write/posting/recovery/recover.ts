import { limits } from '../../../config/limits.js';
import type { EventMetadata, EventStore } from '../../../edges/event-store/event-store.js';
import { toInstant, type Clock } from '../../../kernel/clock.js';
import type { AccountExecutors } from '../../accounts/executors.js';
import { SCHEMA_VERSION } from '../../event-metadata.js';
import type { WriteMetrics } from '../../metrics.js';
import type { Parent } from '../../transactions/events.js';
import type { TransactionExecutors } from '../../transactions/executors.js';
import { fenceAttempts } from '../fence.js';
import { UNTOUCHED } from '../outcome.js';
import { releaseGuard, releaseParts, releaseReservations, type ReserveOn } from '../reserve.js';
import { Settlement } from '../settle.js';
import type { InFlight, OpenReservation } from './in-flight.js';

/** What attempts of one transaction had set aside at one moment. */
interface SetAside {
  readonly transactionId: string;
  readonly reservations: readonly OpenReservation[];
  readonly claims: readonly (readonly [attemptId: string, parent: Parent])[];
}

/** Finishes what a crash left: settles what is committed, fences and releases what is not. */
export class Recovery {
  private readonly settlement: Settlement;

  constructor(
    private readonly store: EventStore,
    private readonly accounts: AccountExecutors,
    private readonly parents: TransactionExecutors,
    private readonly clock: Clock,
    private readonly metrics: WriteMetrics,
  ) {
    this.settlement = new Settlement(accounts, parents, clock, metrics);
  }

  /**
   * Brings one transaction to rest. Safe to run beside its own command and beside other recoveries.
   *
   * @returns false when something is still owed: try again later
   * @throws EventStoreUnavailable, AppendOutcomeUnknown
   */
  async recover(inFlight: InFlight): Promise<boolean> {
    const metadata = metadataOf(inFlight);
    const on: ReserveOn = { accounts: this.accounts, parents: this.parents, metadata };
    const { transactionId } = inFlight;
    // As they stand now: what the log brings while this runs belongs to attempts that are not fenced off here.
    const reservations = [...inFlight.reservations.values()];
    const claims = [...inFlight.claims];
    const attemptIds = new Set([
      ...claims.map(([attemptId]) => attemptId),
      ...reservations.map(({ attemptId }) => attemptId),
    ]);
    // What the log tells of the commit is final. Without it, no attempt that set something aside may commit any more.
    const committed = inFlight.committed ?? (await this.fenceOff(transactionId, attemptIds, metadata));
    const released = await this.releaseOrphans({ transactionId, reservations, claims }, committed, on);
    const now = toInstant(this.clock.nowMs());
    const givenBack = await releaseParts(on, [...inFlight.releases.values()], now);
    const deadlineMs = this.accounts.deadlineIn(limits.commandTimeoutMs);
    const settled = committed === null || (await this.settlement.settle(committed, metadata, deadlineMs));
    const isAtRest = released && givenBack && settled;
    if (isAtRest) this.metrics.recovered.inc();
    return isAtRest;
  }

  /** Fences off attempts, most of which have nothing on their transaction's stream. @returns the commit, if there is one */
  private async fenceOff(
    transactionId: string,
    attemptIds: ReadonlySet<string>,
    metadata: EventMetadata,
  ): Promise<InFlight['committed']> {
    const on = { store: this.store, clock: this.clock, metrics: this.metrics };
    const { outcome } = await fenceAttempts(on, transactionId, attemptIds, metadata, UNTOUCHED);
    return outcome === null || outcome.event.type === 'TransactionRejected' ? null : outcome.event;
  }

  /** Gives back what was set aside by attempts that can't commit, or whose outcome names something else. @returns whether all is */
  private async releaseOrphans(
    { transactionId, reservations, claims }: SetAside,
    committed: NonNullable<InFlight['committed']> | null,
    on: ReserveOn,
  ): Promise<boolean> {
    const now = toInstant(this.clock.nowMs());
    const named = new Set(committed?.data.legs.map((leg) => leg.reservationId));
    const orphans = reservations.filter(({ reservationId }) => !named.has(reservationId));
    const lost = claims.filter(([attemptId]) => attemptId !== committed?.data.attemptId);
    const outcomes = await Promise.allSettled([
      releaseReservations(on, orphans, now),
      ...lost.map(([attemptId, parent]) => releaseGuard(on, parent, { transactionId, attemptId, now })),
    ]);
    return outcomes.every((outcome) => outcome.status === 'fulfilled' && outcome.value);
  }
}

function metadataOf({ transactionId, companyId }: InFlight): EventMetadata {
  return {
    $correlationId: transactionId,
    $causationId: transactionId,
    actor: 'settler',
    companyId,
    requestId: transactionId,
    schemaVersion: SCHEMA_VERSION,
  };
}
