import type { RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { assert } from '../../src/kernel/assert.js';
import { ACCOUNT_STREAM_PREFIX } from '../../src/write/accounts/events.js';

/** The account whose stream an event stands on: account events do not repeat it in their data. */
export function accountOf(event: Pick<RecordedEvent, 'streamName'>): string {
  assert(event.streamName.startsWith(ACCOUNT_STREAM_PREFIX), `${event.streamName} is an account's stream.`);
  return event.streamName.slice(ACCOUNT_STREAM_PREFIX.length);
}
