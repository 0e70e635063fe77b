import { assert } from '../../../src/kernel/assert.js';
import { logBatches, streamsOfAll } from '../money-streams.js';
import type { Projection } from '../projection.js';
import { Rebuild, type RebuildPorts, type RebuildResult } from './rebuild.js';

/** How far the filling has come; the swaps follow it. */
export interface RebuildProgress {
  readonly position: bigint;
  readonly target: bigint;
  readonly events: number;
}

/**
 * Rebuilds projections: all are filled from one reading of the log, then swapped one after the other.
 *
 * @param report called after each batch
 * @param swapped called after each swap
 * @throws RebuildRefused, PoisonEvent, PostgresUnavailable, EventStoreUnavailable: those that were not swapped are untouched
 */
export async function rebuildAll(
  projections: readonly Projection[],
  ports: RebuildPorts,
  report: (progress: RebuildProgress) => void,
  swapped: (result: RebuildResult) => void,
): Promise<void> {
  const rebuilds: Rebuild[] = [];
  try {
    for (const projection of projections) rebuilds.push(await Rebuild.begin(projection, ports));
    await fill(rebuilds, ports, report);
    for (const rebuild of rebuilds) swapped(await rebuild.swap());
  } finally {
    for (const rebuild of rebuilds) await rebuild.end();
  }
}

async function fill(
  rebuilds: readonly Rebuild[],
  { store }: RebuildPorts,
  report: (progress: RebuildProgress) => void,
): Promise<void> {
  assert(rebuilds.length > 0, 'Something is to be rebuilt.');
  const legs = await Promise.all(
    rebuilds.map(async (rebuild) => ({ rebuild, target: await rebuild.target() })),
  );
  const farthest = legs.reduce((most, { target }) => (target > most ? target : most), 0n);
  let events = 0;
  const prefixes = streamsOfAll(rebuilds.map(({ projection }) => projection));
  for await (const batch of logBatches(store, 0n, farthest, prefixes)) {
    // All of them, also when one fails: each has its own session, and who ends it must not meet a statement under way.
    const writes = await Promise.allSettled(legs.map(({ rebuild, target }) => rebuild.write(batch, target)));
    const failed = writes.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    events += batch.length;
    report({ position: batch.at(-1)?.position ?? 0n, target: farthest, events });
  }
}
