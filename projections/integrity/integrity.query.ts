import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { limits } from '../../src/config/limits.js';
import { EventStore } from '../../src/edges/event-store/event-store.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { inspectProjection, type InspectedState } from '../runtime/inspect.js';
import type { Projection } from '../runtime/projection.js';
import { ALL_ACCOUNTS } from './account-part.js';
import {
  readReport,
  type CheckerState,
  type IntegrityReport,
  type StoredReport,
} from './integrity-report.js';

/** How far behind one read model is. */
export interface ProjectionLag {
  readonly name: string;
  readonly state: InspectedState;
  /** Digits; null before it began. */
  readonly position: string | null;
  readonly lagMs: number;
}

/** What is known of the ledger's integrity. The figures are of all companies together and name none of them. */
export interface IntegrityView extends Omit<IntegrityReport, 'state' | 'verifiedPosition' | 'mismatches'> {
  readonly state: CheckerState | 'not-running';
  readonly ageMs: number | null;
  readonly verifiedPosition: string;
  readonly headPosition: string;
  readonly mismatches: { readonly total: number; readonly kinds: Readonly<Record<string, number>> };
  readonly projections: readonly ProjectionLag[];
}

/** Reads what the checker last found, and how far the read models are. */
export class ReadIntegrityQuery extends Query<IntegrityView> {}

/** The read models to look at: handed in, as the list of them knows everything here. */
export const INSPECTED_PROJECTIONS = Symbol('InspectedProjections');

const NOTHING: IntegrityReport = {
  ...{
    state: 'reading',
    reason: null,
    verifiedPosition: '0',
    events: 0,
    part: ALL_ACCOUNTS,
    accounts: 0,
    transactions: 0,
    entries: 0,
  },
  ...{ mismatches: {}, imbalance: {}, compared: null },
  unsettledLegs: { all: 0, overdue: 0 },
  orphanReservations: { all: 0, overdue: 0 },
};

@QueryHandler(ReadIntegrityQuery)
export class ReadIntegrityHandler implements IQueryHandler<ReadIntegrityQuery> {
  private asking: Promise<IntegrityView> | undefined;

  constructor(
    @Inject(Postgres) private readonly postgres: Postgres,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(INSPECTED_PROJECTIONS)
    private readonly projections: readonly Pick<Projection, 'name' | 'streams'>[],
  ) {}

  /** Askers that come together share one answer: each costs the event store a few reads per read model. */
  async execute(): Promise<IntegrityView> {
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async ask(): Promise<IntegrityView> {
    const { postgres, store, projections } = this;
    const nowMs = Date.now();
    const [stored, head, inspections] = await Promise.all([
      readReport(postgres),
      store.headPosition(),
      Promise.all(projections.map((each) => inspectProjection(postgres, store, each, nowMs))),
    ]);
    const { mismatches, ...report } = { ...NOTHING, ...stored?.report };
    return {
      ...report,
      state: stateOf(stored),
      ageMs: stored?.ageMs ?? null,
      headPosition: `${head}`,
      mismatches: {
        total: Object.values(mismatches).reduce((sum, count) => sum + count, 0),
        kinds: mismatches,
      },
      projections: inspections.map(({ name, state, position, lagMs }) => ({
        ...{ name, state, lagMs },
        position: position === null ? null : `${position}`,
      })),
    };
  }
}

/** One that has stopped has said so; one that is silent is not there. */
function stateOf(stored: StoredReport | null): IntegrityView['state'] {
  if (stored === null) return 'not-running';
  const isSilent = stored.ageMs > limits.checkerStaleAfterMs;
  return isSilent && stored.report.state !== 'stopped' ? 'not-running' : stored.report.state;
}
