import type { RecordedEvent as ClientEvent, AllStreamRecordedEvent } from '@eventstore/db-client';
import { assert } from '../../kernel/assert.js';
import type { RecordedEvent } from './event-store.js';

/** Translates the client's event into the port's. Servers since 22.6 name every event's position. */
export function toRecordedEvent(event: ClientEvent | AllStreamRecordedEvent): RecordedEvent {
  assert(event.position !== undefined, `The store names the position of event ${event.id}.`);
  return {
    id: event.id,
    type: event.type,
    streamName: event.streamId,
    revision: event.revision,
    position: event.position.commit,
    recordedAtMs: event.created.getTime(),
    data: event.data,
    metadata: event.metadata,
  };
}
