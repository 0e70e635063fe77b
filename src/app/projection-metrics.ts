import type { ProjectionStatus } from '../../projections/runtime/projection.js';
import {
  projectionLagEvents,
  projectionLagSeconds,
  projectionStopped,
  projectionStoppedPosition,
} from '../observability/metrics.js';

/** Puts what the projections of this process are doing into the registry; what no longer holds is gone from it. */
export function measureProjections(statuses: readonly ProjectionStatus[]): void {
  for (const gauge of [projectionLagEvents, projectionStopped, projectionStoppedPosition]) gauge.reset();
  for (const { name, state, eventsWaiting, lagMs, stopKind, stoppedAt } of statuses) {
    const projection = { projection: name };
    if (eventsWaiting !== null) projectionLagEvents.set(projection, eventsWaiting);
    projectionLagSeconds.set(projection, lagMs / 1000);
    projectionStopped.set({ ...projection, reason: stopKind ?? 'none' }, state === 'stopped' ? 1 : 0);
    if (stoppedAt === null) continue;
    projectionStoppedPosition.set({ ...projection, event_type: stoppedAt.type }, Number(stoppedAt.position));
  }
}
