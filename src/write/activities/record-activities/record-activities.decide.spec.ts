import { describe, expect, it } from '@jest/globals';
import { limits } from '../../../config/limits.js';
import { toInstant } from '../../../kernel/clock.js';
import type { RecordedActivity } from '../events.js';
import { decideRecordActivities } from './record-activities.decide.js';

const NOW_MS = Date.parse('2026-03-01T12:00:00.000Z');

function anActivity(changes: Partial<RecordedActivity> = {}): RecordedActivity {
  return {
    id: 'a',
    counter: 'page-views',
    key: 'home',
    occurredAt: toInstant(NOW_MS),
    value: '1',
    ...changes,
  };
}

function deciding(activities: readonly RecordedActivity[], form: 'list' | 'single' = 'list') {
  const facts = { companyId: 'default', nowMs: NOW_MS, derivedCounters: new Set(['sales']) };
  const decided = decideRecordActivities({ form, activities }, facts);
  return decided.ok ? decided.value : decided.refusal;
}

describe('recording activities', () => {
  it('stores them as they are, in their order, for the company', () => {
    const activities = [anActivity(), anActivity({ id: 'b', value: '0' })];
    expect(deciding(activities)).toEqual({
      type: 'ActivitiesRecorded',
      data: { companyId: 'default', activities },
    });
  });

  it('takes what lies as far ahead as a clock may, and nothing that lies further', () => {
    const latest = toInstant(NOW_MS + limits.activityAheadMsMax);
    expect(deciding([anActivity({ occurredAt: latest })])).toMatchObject({ type: 'ActivitiesRecorded' });
    const later = toInstant(NOW_MS + limits.activityAheadMsMax + 1);
    expect(deciding([anActivity(), anActivity({ occurredAt: later })])).toEqual({
      code: 'occurrence-too-far-ahead',
      pointer: '/activities/1/occurredAt',
      details: { occurredAt: later },
    });
  });

  it('takes what happened long ago: whether it is counted is not decided here', () => {
    expect(deciding([anActivity({ occurredAt: '0001-01-01T00:00:00.000Z' })])).toMatchObject({
      type: 'ActivitiesRecorded',
    });
  });

  it.each([
    ['sales', 'counter-is-derived'],
    ['ledger-postings', 'counter-is-derived'],
    ['ledger-views', 'counter-name-is-reserved'],
  ])('refuses the counter %s: %s', (counter, code) => {
    expect(deciding([anActivity(), anActivity(), anActivity({ counter })])).toEqual({
      code,
      pointer: '/activities/2/counter',
      details: { counter },
    });
    expect(deciding([anActivity({ counter })], 'single')).toMatchObject({ code, pointer: '/counter' });
  });

  it('takes a counter whose name only resembles a reserved one', () => {
    for (const counter of ['ledger', 'ledgers-postings', 'my-ledger-postings', 'sales2'])
      expect(deciding([anActivity({ counter })])).toMatchObject({ type: 'ActivitiesRecorded' });
  });
});
