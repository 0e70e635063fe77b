import { setTimeout as sleep } from 'node:timers/promises';
import { counterTally } from '../../projections/counters/counter-tally.js';
import { limits } from '../config/limits.js';
import type { EventStore } from '../edges/event-store/event-store.js';
import type { ServerState } from '../edges/http/http-server.js';
import { HealthProbe, type Readiness } from '../edges/http/operations.http.js';
import type { Settler } from '../write/posting/recovery/settler.js';
import { measureCounters } from './counter-metrics.js';
import { measureIntegrity } from './integrity-metrics.js';
import { measureProjections } from './projection-metrics.js';
import type { ReadSide } from './read-side.js';

/** The parts that are asked. */
export interface ProbedParts {
  readonly store: EventStore;
  readonly readSide: ReadSide;
  /** Null while it is not started, and in a process without that role. */
  readonly settler: () => Settler | null;
}

/** Asks the event store and PostgreSQL, each within its time, and what this process runs on top of them. */
export class AppHealthProbe extends HealthProbe {
  private asking: Promise<Readiness> | undefined;

  constructor(
    private readonly state: ServerState,
    private readonly parts: ProbedParts,
  ) {
    super();
  }

  /** Askers that come together share one answer, so that probes can't load what they probe. */
  override async readiness(): Promise<Readiness> {
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  override measure(): void {
    const { checker } = this.parts.readSide;
    if (checker !== null) measureIntegrity(checker, Date.now());
    measureCounters(counterTally);
    measureProjections(this.parts.readSide.status());
  }

  private async ask(): Promise<Readiness> {
    const { store, readSide } = this.parts;
    const [isStoreUp, areReadsUp] = await Promise.all([
      isReachable(store),
      answers(() => readSide.isAvailable()),
    ]);
    const projections = readSide.status().map(({ name, state, position, lagMs, reason, stoppedAt }) => ({
      name,
      state,
      position: position?.toString() ?? null,
      lagMs,
      reason,
      stoppedAt: stoppedAt && {
        ...stoppedAt,
        position: `${stoppedAt.position}`,
        revision: `${stoppedAt.revision}`,
      },
    }));
    const isReady = isStoreUp && !this.state.isStopping;
    return {
      status: isReady ? 'ready' : 'not-ready',
      eventStore: isStoreUp ? 'up' : 'down',
      writes: isReady ? 'available' : 'unavailable',
      reads: areReadsUp && projections.every(({ state }) => state !== 'stopped') ? 'available' : 'degraded',
      settler: this.parts.settler()?.status() ?? null,
      projections,
    };
  }
}

/** Whether the event store answers within the time of a probe. */
export function isReachable(store: EventStore): Promise<boolean> {
  return answers(async () => {
    await store.headPosition();
    return true;
  });
}

async function answers(ask: () => Promise<boolean>): Promise<boolean> {
  const timeout = new AbortController();
  try {
    return await Promise.race([
      ask().catch(() => false),
      sleep(limits.healthProbeMsMax, false, { signal: timeout.signal }),
    ]);
  } finally {
    timeout.abort();
  }
}
