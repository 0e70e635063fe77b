import type { EventLog, LogRecord } from '../log/event-log.js';
import { recordCreatedMs, recordData, recordType } from '../log/record.js';
import type { EventParts } from './read-response.js';

const LINK_TYPE = Buffer.from('$>');
const TARGET = /^(\d+)@(.*)$/s;

/**
 * Follows a link (`$>`, data `<revision>@<stream>`) to its event. A link whose event is missing or truncated comes alone;
 * what is no link, or names no revision, is an event like any other.
 */
export function resolveLink(log: EventLog, record: LogRecord): Omit<EventParts, 'structuredIds'> {
  const { bytes, position } = record;
  if (!recordType(bytes).equals(LINK_TYPE)) return { event: bytes, position };
  const target = TARGET.exec(recordData(bytes).toString('utf8'));
  if (!target) return { event: bytes, position };
  const [, revision = '', streamName = ''] = target;
  const event = findEvent(log, streamName, Number(revision));
  return event ? { event, link: bytes, position } : { link: bytes, position };
}

function findEvent(log: EventLog, streamName: string, revision: number): Buffer | undefined {
  const view = log.viewStream(streamName);
  if (!view || revision > view.lastRevision || revision < view.visible.firstRevision) return undefined;
  const page = log.readStream(view.id, revision, 'forwards', { eventsMax: 1, bytesMax: 1 });
  const bytes = page.records[0]?.bytes;
  return bytes && recordCreatedMs(bytes) >= view.visible.recordedFromMs ? bytes : undefined;
}
