import { limits } from '../../../config/limits.js';
import { COUNTER_NAME_SENTENCE, isCounterName, isText, parseInstant } from '../../../edges/http/fields.js';
import { escapePointer } from '../../../edges/http/json-body.js';
import { Problem, type ProblemError } from '../../../edges/http/problem.js';
import { AMOUNT_DIGITS_MAX, parseNonNegativeAmount } from '../../../kernel/money.js';
import type { RecordedActivity } from '../events.js';
import type { RecordActivitiesRequest } from './record-activities.command.js';

/*
 * Reads the body of `POST /v1/activities` by hand: a thousand activities are validated by a class in tens of milliseconds,
 * in which nothing else is answered.
 */

const VALUE_DEFAULT = '1';

/** A field of an activity: whether it may be left out, its rule, and what it is, as a sentence. */
interface Field {
  readonly rule: string;
  readonly sentence: string;
  readonly isOptional?: true;
  readonly holds: (value: unknown) => boolean;
}

const text = (charsMax: number): Field => ({
  rule: 'isText',
  sentence: `This is a text of 1 to ${charsMax} characters, not only blanks, without control characters.`,
  holds: (value) => isText(value, charsMax),
});

const FIELDS: Readonly<Record<string, Field>> = {
  id: text(limits.activityIdCharsMax),
  counter: { rule: 'isCounterName', sentence: COUNTER_NAME_SENTENCE, holds: isCounterName },
  key: text(limits.counterKeyCharsMax),
  occurredAt: {
    rule: 'isInstant',
    sentence: 'A time is RFC 3339 with an offset, such as "2026-03-01T09:30:00Z".',
    holds: (value) => typeof value === 'string' && parseInstant(value) !== null,
  },
  value: {
    rule: 'isAmountOrZero',
    sentence: `A value is a string of 1 to ${AMOUNT_DIGITS_MAX} digits without leading zeros, such as "1" or "2500".`,
    isOptional: true,
    holds: (value) => value === null || parseNonNegativeAmount(value) !== undefined,
  },
};
const FIELD_ENTRIES = Object.entries(FIELDS);

const COUNT_SENTENCE = `Send a list of 1 to ${limits.activitiesPerRequestMax} activities.`;

/**
 * Reads one activity, or `{ "activities": [...] }`.
 *
 * @param body a JSON object, however wrong otherwise
 * @throws Problem that names every broken rule, or that the activities are too long together
 */
export function readActivities(body: object): RecordActivitiesRequest {
  const errors: ProblemError[] = [];
  const list: unknown = Reflect.get(body, 'activities');
  const form = list === undefined ? 'single' : 'list';
  let sent: readonly unknown[] = [body];
  if (list !== undefined) {
    sent = Array.isArray(list) ? list : [];
    for (const name of Object.keys(body)) if (name !== 'activities') errors.push(unknownField('', name));
    const rule = listFault(list);
    if (rule !== null) errors.push({ pointer: '/activities', rule, detail: COUNT_SENTENCE });
    if (sent.length > limits.activitiesPerRequestMax) sent = [];
  }
  const activities: RecordedActivity[] = [];
  for (const [index, each] of sent.entries()) {
    const place = form === 'list' ? `/activities/${index}` : '';
    if (!isSound(each)) errors.push(...faultsOf(each, place));
    else if (errors.length === 0) activities.push(toActivity(each));
    if (errors.length >= limits.problemErrorsMax) break;
  }
  const [first] = errors;
  if (first !== undefined) {
    throw new Problem('request-must-be-valid', {
      errors: errors.slice(0, limits.problemErrorsMax),
      detail: `${first.pointer}: ${first.detail}`,
    });
  }
  if (!fits(activities)) {
    throw new Problem('body-must-be-smaller', {
      pointer: '/activities',
      detail: `The activities of one request are stored in at most ${limits.activityEventBytesMax} bytes: send fewer at a time.`,
    });
  }
  return { form, activities };
}

/** An activity whose fields keep their rules. */
interface SoundActivity {
  readonly id: string;
  readonly counter: string;
  readonly key: string;
  readonly occurredAt: string;
  readonly value?: string | null;
}

function isSound(value: unknown): value is SoundActivity {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const name in value) if (!Object.hasOwn(FIELDS, name)) return false;
  return FIELD_ENTRIES.every(([name, field]) => {
    const sent: unknown = Reflect.get(value, name);
    return sent === undefined ? field.isOptional === true : field.holds(sent);
  });
}

function* faultsOf(value: unknown, place: string): Generator<ProblemError> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield { pointer: place, rule: 'isObject', detail: 'An activity is an object.' };
    return;
  }
  for (const name of Object.keys(value)) if (!Object.hasOwn(FIELDS, name)) yield unknownField(place, name);
  for (const [name, { rule, sentence, isOptional, holds }] of FIELD_ENTRIES) {
    const pointer = `${place}/${name}`;
    const sent: unknown = Reflect.get(value, name);
    if (sent === undefined) {
      if (isOptional !== true)
        yield { pointer, rule: 'isPresent', detail: `This field is required. ${sentence}` };
    } else if (!holds(sent)) yield { pointer, rule, detail: sentence };
  }
}

function unknownField(place: string, name: string): ProblemError {
  return {
    pointer: `${place}/${escapePointer(name)}`,
    rule: 'isKnown',
    detail: 'This field is not known here.',
  };
}

function listFault(list: unknown): string | null {
  if (!Array.isArray(list)) return 'isArray';
  if (list.length === 0) return 'arrayMinSize';
  return list.length > limits.activitiesPerRequestMax ? 'arrayMaxSize' : null;
}

function toActivity({ id, counter, key, occurredAt, value }: SoundActivity): RecordedActivity {
  return {
    id,
    counter,
    key,
    occurredAt: parseInstant(occurredAt) ?? occurredAt,
    value: value ?? VALUE_DEFAULT,
  };
}

/** What JSON puts around the five fields of an activity, at most. */
const ACTIVITY_FRAME_BYTES = 100;
/** UTF-8 takes at most three bytes for a UTF-16 code unit, and JSON two for a quote. */
const BYTES_PER_CHAR_MAX = 3;

/** Whether the event they make fits. Most do beyond doubt; only the others are written out to be measured. */
function fits(activities: readonly RecordedActivity[]): boolean {
  let bytesMax = 0;
  for (const { id, counter, key, value } of activities) {
    bytesMax +=
      ACTIVITY_FRAME_BYTES + (id.length + counter.length + key.length + value.length) * BYTES_PER_CHAR_MAX;
  }
  return (
    bytesMax <= limits.activityEventBytesMax ||
    Buffer.byteLength(JSON.stringify(activities)) <= limits.activityEventBytesMax
  );
}
