import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateBy } from 'class-validator';
import { limits } from '../../src/config/limits.js';
import { IsInstant, isText, Optional } from '../../src/edges/http/fields.js';
import { notThere, Problem } from '../../src/edges/http/problem.js';
import { toInstant } from '../../src/kernel/clock.js';
import { FreshnessParameters, refusedParameter, toUtc } from '../runtime/list.http.js';
import { COUNTER_SHAPE, floorTo, type Granularity } from './counter-shape.js';
import type { NotKept, UnknownCounter } from './counter-state.js';
import type { Segment } from './window.js';

/** What requests about counters share: their parameters, and how windows are read and refused. */

const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const WINDOW = /^([1-9][0-9]{0,8})([smhd])$/;
/** The first second of the calendar, from the Unix epoch. */
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z') / 1000;
const GRANULARITY_NAMES = COUNTER_SHAPE.granularities.map(({ name }) => name);

/** A window's length in seconds, or null when the text is none. */
function windowSeconds(text: unknown): number | null {
  const [, count, unit] = typeof text === 'string' ? (WINDOW.exec(text) ?? []) : [];
  if (count === undefined || unit === undefined) return null;
  const seconds = Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
  return seconds * 1000 <= limits.counterWindowMsMax ? seconds : null;
}

export class WindowParameters extends FreshnessParameters {
  @Optional()
  @ValidateBy({
    name: 'isWindow',
    validator: {
      validate: (value) => windowSeconds(value) !== null,
      defaultMessage: () =>
        `A window is a number with s, m, h or d, such as "15m", of at most ${limits.counterWindowMsMax / 86_400_000} days.`,
    },
  })
  @ApiPropertyOptional({
    pattern: '^[1-9][0-9]{0,8}[smhd]$',
    description: 'How long the window is that ends at `at`: so many seconds, minutes, hours or days.',
    example: '15m',
  })
  window?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'Where the window ends, exclusive; cut to the second. Absent: now, cut to the minute, hour or day when the window is longer than seconds, minutes or hours are kept.',
    example: '2026-03-01T12:15:00Z',
  })
  at?: string;
}

export class KeyParameters extends WindowParameters {
  @Optional()
  @IsIn(GRANULARITY_NAMES)
  @ApiPropertyOptional({
    enum: GRANULARITY_NAMES,
    description: 'Instead of `window`: the width of the buckets of a series.',
  })
  granularity?: Granularity['name'];

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Where the series begins, inclusive: the begin of a bucket.',
  })
  from?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: `Where it ends, exclusive: the begin of a bucket, at most ${limits.counterSeriesBucketsMax} later.`,
  })
  to?: string;
}

/** Checks a key of a path. */
export function toKey(key: string): string {
  if (isText(key, limits.counterKeyCharsMax)) return key;
  const detail = `A key is a text of 1 to ${limits.counterKeyCharsMax} characters, without control characters.`;
  throw new Problem('request-must-be-valid', {
    errors: [{ pointer: '#path/key', rule: 'isKey', detail }],
    detail: `#path/key: ${detail}`,
  });
}

/**
 * Reads which window is meant, in epoch seconds.
 *
 * @param nowMs where it ends unless the client says otherwise, cut to what buckets are kept long enough for it
 * @throws Problem `request-must-be-valid` without a window
 */
export function toWindow(
  { window, at }: WindowParameters,
  nowMs: number,
): { readonly from: number; readonly to: number } {
  const seconds = windowSeconds(window);
  if (seconds === null)
    throw refusedParameter('window', 'isPresent', 'Say how long the window is: send window.');
  const atMs = at === undefined ? null : Date.parse(toUtc(at) ?? '');
  const to = atMs === null ? cutNow(Math.floor(nowMs / 1000), seconds) : Math.floor(atMs / 1000);
  const from = to - seconds;
  if (from < YEAR_1) throw refusedParameter('at', 'isInCalendar', 'The window begins before the year 1.');
  return { from, to };
}

/**
 * Reads which window a sum over one key is of, as {@link toWindow} does.
 *
 * @throws Problem `request-must-be-valid` naming a parameter that only a series has
 */
export function toSumWindow(parameters: KeyParameters, nowMs: number): ReturnType<typeof toWindow> {
  const extra = (['from', 'to'] as const).find((name) => parameters[name] !== undefined);
  if (extra === undefined) return toWindow(parameters, nowMs);
  throw refusedParameter(
    extra,
    'isAlone',
    'A sum has window and at: leave from and to out, or send granularity instead of window for a series.',
  );
}

/** Cuts the present to the finest buckets that are kept as long as a window is. */
function cutNow(now: number, seconds: number): number {
  const fine = COUNTER_SHAPE.granularities.find(
    ({ keptSeconds }) => keptSeconds === null || keptSeconds >= seconds,
  );
  return floorTo(now, fine?.seconds ?? 1);
}

/**
 * Reads which buckets a series is made of.
 *
 * @throws Problem `request-must-be-valid` naming the parameter at fault
 */
export function toSegment({ granularity: name, from, to, window, at }: KeyParameters): Segment {
  const granularity = COUNTER_SHAPE.granularities.find((each) => each.name === name);
  if (granularity === undefined) {
    throw refusedParameter(
      'window',
      'isPresent',
      'Send window for a sum, or granularity, from and to for a series.',
    );
  }
  if (window !== undefined || at !== undefined) {
    const extra = window === undefined ? 'at' : 'window';
    throw refusedParameter(
      extra,
      'isAlone',
      'A series has granularity, from and to; leave window and at out.',
    );
  }
  const [first, last] = [toStart('from', from, granularity), toStart('to', to, granularity)];
  if (first > last) throw refusedParameter('from', 'isOrdered', 'from is not after to.');
  if ((last - first) / granularity.seconds > limits.counterSeriesBucketsMax) {
    throw refusedParameter(
      'to',
      'isNear',
      `A series has at most ${limits.counterSeriesBucketsMax} buckets: ask for less, or for wider ones.`,
    );
  }
  return { granularity, from: first, to: last };
}

function toStart(parameter: string, text: string | undefined, { name, seconds }: Granularity): number {
  const utc = toUtc(text);
  if (utc === null)
    throw refusedParameter(parameter, 'isPresent', 'A series has a begin and an end: send from and to.');
  const second = Date.parse(utc) / 1000;
  if (second % seconds === 0) return second;
  throw refusedParameter(
    parameter,
    'isAligned',
    `Buckets of ${name} begin at whole ones in UTC: the one around this time begins at ${toInstant(floorTo(second, seconds) * 1000)}.`,
  );
}

/**
 * Says that buckets are asked for which were thrown away.
 *
 * @param parameter the one to change: `from` of a series, `window` of a sum
 */
export function refuseNotKept(parameter: 'from' | 'window', { granularity, since }: NotKept): Problem {
  const wider = COUNTER_SHAPE.granularities[COUNTER_SHAPE.granularities.indexOf(granularity) + 1]?.name;
  const way =
    parameter === 'from'
      ? `ask for buckets of ${wider ?? granularity.name}, or for a later time`
      : `let the window begin and end at whole multiples of ${wider ?? granularity.name}, or later`;
  return refusedParameter(
    parameter,
    'isKept',
    `This needs buckets of ${granularity.name} before ${toInstant(since * 1000)}, which are no longer kept: ${way}.`,
  );
}

/** Gives what was found, or the refusal that says why not. */
export function foundOr<Answer extends { readonly kind: 'found' }>(
  answer: Answer | NotKept | UnknownCounter,
  refuse: (notKept: NotKept) => Problem,
): Answer {
  if (answer.kind === 'unknown') throw notThere('counter-must-exist');
  if (answer.kind === 'not-kept') throw refuse(answer);
  return answer;
}
