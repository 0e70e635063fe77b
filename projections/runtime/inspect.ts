import type { EventStore } from '../../src/edges/event-store/event-store.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { CheckpointRefused, readCheckpoint, refuseMisfit, type Checkpoint } from './checkpoint.js';
import { readStop } from './control.js';
import { holderOf } from './lock-holder.js';
import { isOneOf, streamsOf } from './money-streams.js';
import { lockOf } from './projector.js';
import type { Projection, StoppedAt } from './projection.js';

/** What a projection is doing, as far as the database and the log tell: whichever process does it. */
export type InspectedState =
  /** Nothing in the log is missing in its rows. */
  | 'live'
  /** Something is missing, and a process writes it. */
  | 'catching-up'
  /** It met something it can't go on from. */
  | 'stopped'
  /** No process has it. */
  | 'not-running';

/** One projection, seen from outside. */
export interface Inspection {
  readonly name: string;
  readonly state: InspectedState;
  /** How far its rows have come; null before it began. */
  readonly position: bigint | null;
  /** Age of the oldest event its rows do not have; 0 when they have all. */
  readonly lagMs: number;
  /** Why it stopped or can't begin; null when all is well. */
  readonly reason: string | null;
  /** The event it could not apply. */
  readonly stoppedAt: StoppedAt | null;
}

/**
 * Looks at a projection from outside the process that runs it.
 *
 * @param nowMs by the clock that the event store's times are compared with
 * @throws PostgresUnavailable, EventStoreUnavailable
 */
export async function inspectProjection(
  sql: Sql,
  store: EventStore,
  projection: Pick<Projection, 'name' | 'streams'>,
  nowMs: number,
): Promise<Inspection> {
  const { name } = projection;
  const [checkpoint, stop, isLed] = [
    await readCheckpoint(sql, name),
    await readStop(sql, name),
    (await holderOf(sql, lockOf(name))) !== null,
  ];
  const flaw = stop?.reason ?? (checkpoint === undefined ? null : await flawOf(checkpoint, store, name));
  const oldestMs = await oldestMissingMs(store, checkpoint?.position ?? 0n, streamsOf(projection));
  const isBehind = oldestMs !== undefined;
  const state = flaw !== null ? 'stopped' : !isLed ? 'not-running' : isBehind ? 'catching-up' : 'live';
  return {
    ...{ name, state, reason: flaw },
    position: checkpoint?.position ?? null,
    lagMs: oldestMs === undefined ? 0 : Math.max(0, nowMs - oldestMs),
    stoppedAt: stop?.event ?? null,
  };
}

async function flawOf(checkpoint: Checkpoint, store: EventStore, name: string): Promise<string | null> {
  try {
    await refuseMisfit(checkpoint, store, name);
    return null;
  } catch (error) {
    if (error instanceof CheckpointRefused) return error.message;
    throw error;
  }
}

/** When the oldest event after a position that stands on one of these streams was recorded, in epoch milliseconds. */
async function oldestMissingMs(
  store: EventStore,
  position: bigint,
  prefixes: readonly string[],
): Promise<number | undefined> {
  const head = await store.headPosition();
  if (position >= head) return undefined;
  for await (const event of store.readAll({ after: position <= 0n ? 'start' : position })) {
    if (isOneOf(prefixes, event.streamName)) return event.recordedAtMs;
  }
  return undefined;
}
