import { limits } from '../../config/limits.js';
import type { RecordedEvent } from './event-store.js';

/**
 * How much of a bounded number of events one event takes, in memory and to work on: 1, unless it holds many activities. Those weigh as
 * much as one event for every `projectionActivitiesPerEvent` of them.
 */
export function weightOf({ type, data }: Pick<RecordedEvent, 'type' | 'data'>): number {
  if (type !== 'ActivitiesRecorded') return 1;
  const list: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'activities') : null;
  return Array.isArray(list) ? Math.max(1, Math.ceil(list.length / limits.projectionActivitiesPerEvent)) : 1;
}
