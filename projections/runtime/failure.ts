import { EventStoreUnavailable, type RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { UnknownEventType } from '../../src/edges/event-store/ledger-event.js';
import { PostgresUnavailable, sqlstateOf } from '../../src/edges/postgres/sqlstate.js';
import { CheckpointMoved, CheckpointRefused } from './checkpoint.js';
import type { StopKind } from './projection.js';

/** An event that can't be applied: the projection that met it stops there. */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent';
  constructor(
    readonly event: RecordedEvent,
    projection: string,
    cause: unknown,
  ) {
    super(
      `Projection ${projection} can't apply ${event.type} at position ${event.position} (${event.streamName} revision ${event.revision}): ${describeError(cause)}`,
      { cause },
    );
  }
}

/** Whether trying again, later and from the stored checkpoint, is right: the event is not to blame. */
export function isWorthRetrying(error: unknown): boolean {
  return (
    error instanceof EventStoreUnavailable ||
    error instanceof PostgresUnavailable ||
    error instanceof CheckpointMoved
  );
}

/** What kind of thing an error is that is not worth retrying. */
export function stopKindOf(error: unknown): StopKind {
  if (error instanceof PoisonEvent)
    return error.cause instanceof UnknownEventType ? 'unknown-event' : 'event';
  return error instanceof CheckpointRefused ? 'checkpoint' : 'fault';
}

/** An error as one line for a log or a status, with its SQLSTATE where it has one. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const state = sqlstateOf(error);
  return state === undefined ? error.message : `${error.message} (SQLSTATE ${state})`;
}
