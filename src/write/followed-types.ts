import { KNOWN_EVENT_TYPES, type LedgerEvent } from '../edges/event-store/ledger-event.js';
import { ACCOUNT_SNAPSHOT } from './accounts/snapshot.js';

/**
 * What a reader of a few types of event can do without: every type it knows and does not follow. One that is unknown to this
 * version is not among them: whatever it means, the reader meets it.
 */
export function typesBut(followed: readonly LedgerEvent['type'][]): readonly string[] {
  return [...KNOWN_EVENT_TYPES.filter((type) => !followed.includes(type)), ACCOUNT_SNAPSHOT.type];
}
