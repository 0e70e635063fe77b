import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../config/limits.js';
import type { EventStore } from '../edges/event-store/event-store.js';
import type { ServerState } from '../edges/http/http-server.js';
import { HealthProbe, type Readiness } from '../edges/http/operations.http.js';
import { projectionLagEvents, projectionLagSeconds, projectionStopped } from '../observability/metrics.js';
import type { ReadSide } from './read-side.js';

/** Asks the event store and PostgreSQL, each within its time, and the projections of this process. */
export class AppHealthProbe extends HealthProbe {
  private asking: Promise<Readiness> | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly readSide: ReadSide | null,
    private readonly state: ServerState,
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

  private async ask(): Promise<Readiness> {
    const [isStoreUp, areReadsUp] = await Promise.all([
      answers(async () => {
        await this.store.headPosition();
        return true;
      }),
      answers(async () => (await this.readSide?.isAvailable()) ?? false),
    ]);
    const projections = (this.readSide?.status() ?? []).map(({ name, state, position, lagMs, reason }) => ({
      name,
      state,
      position: position?.toString() ?? null,
      lagMs,
      reason,
    }));
    const isReady = isStoreUp && !this.state.isStopping;
    return {
      status: isReady ? 'ready' : 'not-ready',
      eventStore: isStoreUp ? 'up' : 'down',
      writes: isReady ? 'available' : 'unavailable',
      reads: areReadsUp && projections.every(({ state }) => state !== 'stopped') ? 'available' : 'degraded',
      projections,
    };
  }
}

/** Brings the gauges of the projections up to date; called before metrics are read. */
export function measureProjections(readSide: ReadSide): void {
  for (const { name, state, eventsWaiting, lagMs } of readSide.status()) {
    projectionLagEvents.set({ projection: name }, eventsWaiting);
    projectionLagSeconds.set({ projection: name }, lagMs / 1000);
    projectionStopped.set({ projection: name }, state === 'stopped' ? 1 : 0);
  }
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
