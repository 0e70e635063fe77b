import type { Instant } from '../../kernel/clock.js';

/** What happens on an activity stream: the events of `activities-{n}`, as they are stored. */
export type ActivityEvent = ActivitiesRecorded;

/** One thing that happened somewhere, to be counted once. */
export interface RecordedActivity {
  /** The client's name for it within its company and counter: what is met again under this id is not counted again. */
  readonly id: string;
  /** The counter it is counted by: a kebab-case name. */
  readonly counter: string;
  /** What it is counted for. */
  readonly key: string;
  readonly occurredAt: Instant;
  /** What it adds to the sum: 1 to 38 digits without a leading zero, `"0"` allowed; `"1"` when the request left it out. */
  readonly value: string;
}

/** One request's activities, 1 to `activitiesPerRequestMax`, all or none of them. They move no money and are ordered by nothing. */
export interface ActivitiesRecorded {
  readonly type: 'ActivitiesRecorded';
  readonly data: {
    /** Whose counters are meant: the same counter name in two companies names two counters. */
    readonly companyId: string;
    readonly activities: readonly RecordedActivity[];
  };
}

export const ACTIVITY_STREAM_PREFIX = 'activities-';

/** One of the streams activities are spread over, only so that no stream is written by everyone at once. */
export function activityStream(index: number): string {
  return `${ACTIVITY_STREAM_PREFIX}${index}`;
}
