import { limits } from '../../../config/limits.js';
import { refused, success, type Result } from '../../../kernel/result.js';
import { LEDGER_POSTINGS_COUNTER, RESERVED_COUNTER_PREFIX } from '../../counters/events.js';
import { refusal, type Refusal } from '../../refusals.js';
import type { ActivitiesRecorded } from '../events.js';
import type { RecordActivitiesRequest } from './record-activities.command.js';

/** What the decision needs besides the request, looked up before. */
export interface RecordActivitiesFacts {
  readonly companyId: string;
  readonly nowMs: number;
  /** Which of the named counters are derived from the ledger, as far as is known. */
  readonly derivedCounters: ReadonlySet<string>;
}

/** Records all activities of a request, or says which one of them a rule forbids; the first in their order. */
export function decideRecordActivities(
  { form, activities }: RecordActivitiesRequest,
  { companyId, nowMs, derivedCounters }: RecordActivitiesFacts,
): Result<ActivitiesRecorded, Refusal> {
  for (const [index, { counter, occurredAt }] of activities.entries()) {
    const place = form === 'list' ? `/activities/${index}` : '';
    if (counter === LEDGER_POSTINGS_COUNTER || derivedCounters.has(counter)) {
      return refused(refusal('counter-is-derived', `${place}/counter`, { counter }));
    }
    if (counter.startsWith(RESERVED_COUNTER_PREFIX)) {
      return refused(refusal('counter-name-is-reserved', `${place}/counter`, { counter }));
    }
    if (Date.parse(occurredAt) > nowMs + limits.activityAheadMsMax) {
      return refused(refusal('occurrence-too-far-ahead', `${place}/occurredAt`, { occurredAt }));
    }
  }
  return success({ type: 'ActivitiesRecorded', data: { companyId, activities } });
}
