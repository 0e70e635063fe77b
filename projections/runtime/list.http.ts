import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { limits } from '../../src/config/limits.js';
import { IsText, Optional, parseInstant } from '../../src/edges/http/fields.js';
import { Problem } from '../../src/edges/http/problem.js';
import type { Instant } from '../../src/kernel/clock.js';
import { PositionAhead, ProjectionBehind } from './freshness.js';
import { decodeCursor, encodeCursor, type ListIdentity, type Page, type PageRequest } from './list.js';

/** What the HTTP forms of the read models share: their parameters, and how a page is answered. */

const CURSOR_CHARS_MAX = 200;
const POSITION_MAX = 2n ** 63n - 1n;

function isPosition(value: unknown): boolean {
  return typeof value === 'string' && /^(?:0|[1-9][0-9]{0,18})$/.test(value) && BigInt(value) <= POSITION_MAX;
}

function isPageSize(value: unknown): boolean {
  return typeof value === 'string' && /^[1-9][0-9]{0,3}$/.test(value) && Number(value) <= limits.pageSizeMax;
}

/** Parameters of every projected read. */
export class FreshnessParameters {
  @Optional()
  @ValidateBy({
    name: 'isPosition',
    validator: { validate: isPosition, defaultMessage: () => 'A position is digits, as answers give it.' },
  })
  @ApiPropertyOptional({
    type: String,
    pattern: '^[0-9]{1,19}$',
    description: `A position from the answer of a command: the read waits up to ${limits.atLeastWaitMsMax / 1000} s until it shows that. One that the log does not have is refused.`,
    example: '2048',
  })
  atLeast?: string;
}

/** Parameters of every list. */
export class PageParameters extends FreshnessParameters {
  @Optional()
  @ValidateBy({
    name: 'isPageSize',
    validator: {
      validate: isPageSize,
      defaultMessage: () => `A page size is a number from 1 to ${limits.pageSizeMax}.`,
    },
  })
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: limits.pageSizeMax,
    default: limits.pageSizeDefault,
    description: 'The most rows to answer.',
  })
  pageSize?: string;

  @Optional()
  @IsText(CURSOR_CHARS_MAX)
  @ApiPropertyOptional({
    type: String,
    maxLength: CURSOR_CHARS_MAX,
    description: '`pageInfo.next` of the page before, with the same filters.',
  })
  cursor?: string;
}

/** Where a list goes on. */
export class PageInfo {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The cursor of the next page; null on the last one.',
  })
  next!: string | null;

  @ApiProperty()
  hasMore!: boolean;
}

/** A page as it is answered, whatever its rows are. */
export interface AnsweredPage<Row> {
  readonly data: readonly Row[];
  readonly pageInfo: PageInfo;
  /** The position the page is valid at, as digits. */
  readonly position: string;
}

/** Brings a time that was validated to UTC; null when there is none. */
export function toUtc(text: string | undefined): Instant | null {
  return text === undefined ? null : parseInstant(text);
}

/** Refuses a query parameter by a rule that no single field can tell. */
export function refusedParameter(name: string, rule: string, detail: string): Problem {
  const pointer = `#query/${name}`;
  return new Problem('request-must-be-valid', {
    errors: [{ pointer, rule, detail }],
    detail: `${pointer}: ${detail}`,
  });
}

/** Reads the position a client asks for. */
export function toAtLeast({ atLeast }: FreshnessParameters): bigint | null {
  return atLeast === undefined ? null : BigInt(atLeast);
}

/**
 * Reads what a client asks of a list.
 *
 * @throws Problem `cursor-must-be-well-formed` when the cursor was not given out for this list
 */
export function toPageRequest(list: ListIdentity, parameters: PageParameters): PageRequest {
  const cursor = parameters.cursor === undefined ? null : decodeCursor(list, parameters.cursor);
  if (parameters.cursor !== undefined && cursor === null) {
    throw new Problem('cursor-must-be-well-formed', { pointer: '#query/cursor' });
  }
  const pageSize = parameters.pageSize === undefined ? limits.pageSizeDefault : Number(parameters.pageSize);
  return { cursor, pageSize, atLeast: toAtLeast(parameters) };
}

/** Writes a page as it is answered. */
export function answerPage<Row>(list: ListIdentity, { rows, next, position }: Page<Row>): AnsweredPage<Row> {
  return {
    data: rows,
    pageInfo: { next: next === null ? null : encodeCursor(list, next), hasMore: next !== null },
    position: position.toString(),
  };
}

/**
 * Waits for a projected read.
 *
 * @throws Problem `projection-is-behind` when the position asked for was not reached in time, `request-must-be-valid` when
 *   the log does not have it
 */
export async function projected<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof PositionAhead) throw refusedParameter('atLeast', 'isInLog', cause.message);
    if (!(cause instanceof ProjectionBehind)) throw cause;
    throw new Problem('projection-is-behind', {
      pointer: '#query/atLeast',
      detail: cause.message,
      retryAfterSeconds: limits.retryAfterBusySeconds,
      cause,
    });
  }
}
