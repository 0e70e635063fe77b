import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiParam, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, ValidateBy } from 'class-validator';
import { limits } from '../../src/config/limits.js';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { Optional } from '../../src/edges/http/fields.js';
import { CurrentPrincipal } from '../../src/edges/http/principal.js';
import { PathCounterName } from '../../src/edges/http/validation.js';
import { toInstant } from '../../src/kernel/clock.js';
import type { Principal } from '../../src/kernel/principal.js';
import { answerPage, PageParameters, projected, toAtLeast, toPageRequest } from '../runtime/list.http.js';
import {
  COUNTER_LIST_EXAMPLE,
  COUNTER_SERIES_EXAMPLE,
  COUNTER_TOP_EXAMPLE,
  COUNTER_WINDOW_EXAMPLE,
  CounterList,
  CounterSeries,
  CounterTop,
  CounterWindow,
  type Counter,
} from './counter-answers.http.js';
import { ListCountersQuery, type ListedCounter } from './counter-list.query.js';
import {
  foundOr,
  KeyParameters,
  refuseNotKept,
  toKey,
  toSegment,
  toSumWindow,
  toWindow,
  WindowParameters,
} from './counter-parameters.http.js';
import { ReadCounterSeriesQuery } from './counter-series.query.js';
import type { CounterState } from './counter-state.js';
import { ReadTopKeysQuery, type Rank } from './counter-top.query.js';
import { ReadCounterWindowQuery } from './counter-window.query.js';

const RANKS: readonly Rank[] = ['count', 'sum'];
const TOP_DEFAULT = 10;

class TopParameters extends WindowParameters {
  @Optional()
  @ValidateBy({
    name: 'isTop',
    validator: {
      validate: (value) =>
        typeof value === 'string' && /^[1-9][0-9]{0,3}$/.test(value) && Number(value) <= limits.counterTopMax,
      defaultMessage: () => `This is a number of keys, from 1 to ${limits.counterTopMax}.`,
    },
  })
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: limits.counterTopMax,
    default: TOP_DEFAULT,
    description: 'The most keys to answer.',
  })
  top?: string;

  @Optional()
  @IsIn(RANKS)
  @ApiPropertyOptional({ enum: RANKS, default: 'count', description: 'What the keys are ranked by.' })
  by?: Rank;
}

const READ_PROBLEMS = ['request-must-be-valid', 'projection-is-behind', 'reads-are-unavailable'] as const;

@ApiTags('counters')
@Controller('v1/counters')
export class ReadCountersController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @DescribeQuery({
    summary: 'List counters',
    description:
      'In the order they were begun, with what was counted and what was not: `ledger-postings`, which every company has, those that were defined, and those that activities were sent to.',
    answers: [{ status: 200, description: 'A page.', type: CounterList, example: COUNTER_LIST_EXAMPLE }],
    problems: [...READ_PROBLEMS, 'cursor-must-be-well-formed'],
  })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() parameters: PageParameters,
  ): Promise<CounterList> {
    const list = ['counters', principal.companyId];
    const query = new ListCountersQuery(principal, toPageRequest(list, parameters));
    const page = await projected(this.queries.execute(query));
    return answerPage(list, { ...page, rows: page.rows.map(toCounter) });
  }

  @Get(':counter')
  @DescribeQuery({
    summary: 'Read the keys with the most within a window',
    description:
      'The window is `[at - window, at)` in the time things happened. It is exact: composed of days, hours and minutes, and of seconds at its edges. The longer its edges are cut finely, the more there is to add up.',
    answers: [{ status: 200, description: 'The keys.', type: CounterTop, example: COUNTER_TOP_EXAMPLE }],
    problems: [...READ_PROBLEMS, 'counter-must-exist'],
  })
  @ApiParam({ name: 'counter', example: COUNTER_TOP_EXAMPLE.counter })
  async top(
    @CurrentPrincipal() principal: Principal,
    @Param('counter', new PathCounterName()) counter: string,
    @Query() parameters: TopParameters,
  ): Promise<CounterTop> {
    const range = toWindow(parameters, Date.now());
    const { by = 'count', top = `${TOP_DEFAULT}` } = parameters;
    const { from, to } = range;
    const query = new ReadTopKeysQuery(principal, counter, from, to, by, Number(top), toAtLeast(parameters));
    const found = foundOr(await projected(this.queries.execute(query)), (notKept) =>
      refuseNotKept('window', notKept),
    );
    const keys = found.keys.map(({ key, count, sum }) => ({ key, count: Number(count), sum: `${sum}` }));
    return { ...answered(counter, range, found), keys };
  }

  @Get(':counter/:key')
  @DescribeQuery({
    summary: 'Read what was counted for a key',
    description:
      'With `window`, one sum over `[at - window, at)`: sliding, exact to the second. With `granularity`, `from` and `to`, a series of buckets, empty ones as zero: tumbling. Both in the time things happened. A key that nothing was counted for is zero.',
    answers: [
      {
        status: 200,
        description: 'The sum.',
        type: CounterWindow,
        example: COUNTER_WINDOW_EXAMPLE,
        or: { description: 'The series.', type: CounterSeries, example: COUNTER_SERIES_EXAMPLE },
      },
    ],
    problems: [...READ_PROBLEMS, 'counter-must-exist'],
  })
  @ApiParam({ name: 'counter', example: COUNTER_WINDOW_EXAMPLE.counter })
  @ApiParam({ name: 'key', example: COUNTER_WINDOW_EXAMPLE.key })
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param('counter', new PathCounterName()) counter: string,
    @Param('key') path: string,
    @Query() parameters: KeyParameters,
  ): Promise<CounterWindow | CounterSeries> {
    const key = toKey(path);
    const isSum = parameters.granularity === undefined && parameters.window !== undefined;
    return isSum
      ? this.window(principal, counter, key, parameters)
      : this.series(principal, counter, key, parameters);
  }

  private async window(
    principal: Principal,
    counter: string,
    key: string,
    parameters: KeyParameters,
  ): Promise<CounterWindow> {
    const range = toSumWindow(parameters, Date.now());
    const { from, to } = range;
    const query = new ReadCounterWindowQuery(principal, counter, key, from, to, toAtLeast(parameters));
    const found = foundOr(await projected(this.queries.execute(query)), (notKept) =>
      refuseNotKept('window', notKept),
    );
    return { ...answered(counter, range, found), key, count: Number(found.count), sum: `${found.sum}` };
  }

  private async series(
    principal: Principal,
    counter: string,
    key: string,
    parameters: KeyParameters,
  ): Promise<CounterSeries> {
    const segment = toSegment(parameters);
    const query = new ReadCounterSeriesQuery(principal, counter, key, segment, toAtLeast(parameters));
    const found = foundOr(await projected(this.queries.execute(query)), (notKept) =>
      refuseNotKept('from', notKept),
    );
    return {
      ...answered(counter, segment, found),
      key,
      granularity: segment.granularity.name,
      buckets: found.buckets.map(({ start, count, sum }) => ({
        start: toInstant(start * 1000),
        count: Number(count),
        sum: `${sum}`,
      })),
    };
  }
}

function answered(
  counter: string,
  { from, to }: { readonly from: number; readonly to: number },
  { complete, position }: CounterState,
) {
  return {
    counter,
    from: toInstant(from * 1000),
    to: toInstant(to * 1000),
    complete,
    position: `${position}`,
  };
}

function toCounter({ backfill, ...listed }: ListedCounter): Counter {
  const { counter, definition, counted, duplicates, late, strays, dropped } = listed;
  return {
    ...{ counter, definition },
    counted: Number(counted),
    duplicates: Number(duplicates),
    late: Number(late),
    strays: Number(strays),
    dropped: Number(dropped),
    backfill:
      backfill === null
        ? null
        : { position: `${backfill.position}`, until: `${backfill.until}`, done: backfill.done },
  };
}
