import { ApiProperty } from '@nestjs/swagger';
import { limits } from '../../src/config/limits.js';
import type { Direction } from '../../src/kernel/money.js';
import type { CounterPart } from '../../src/write/counters/events.js';
import { PageInfo, type AnsweredPage } from '../runtime/list.http.js';
import { COUNTER_SHAPE, type GranularityName } from './counter-shape.js';

/** The answers about counters. Counts are numbers, sums are digits: sums of money are as exact as money. */

class CounterAnswer {
  @ApiProperty()
  counter!: string;

  @ApiProperty({ format: 'date-time', description: 'Inclusive, UTC.' })
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive, UTC.' })
  to!: string;

  @ApiProperty({ description: 'False while what came before its definition is still being filled in.' })
  complete!: boolean;

  @ApiProperty({ description: 'The position in the log the answer is valid at; as digits.' })
  position!: string;
}

/** What was counted for a key within a window. */
export class CounterWindow extends CounterAnswer {
  @ApiProperty()
  key!: string;

  @ApiProperty({ type: 'integer', description: 'Events.' })
  count!: number;

  @ApiProperty({ description: 'Sum of their values as digits; of money in minor units.' })
  sum!: string;
}

/** One bucket of a series. */
export class CounterBucket {
  @ApiProperty({ format: 'date-time', description: 'When it begins, inclusive, UTC.' })
  start!: string;

  @ApiProperty({ type: 'integer' })
  count!: number;

  @ApiProperty({ description: 'Digits.' })
  sum!: string;
}

/** The buckets of a key, empty ones included. */
export class CounterSeries extends CounterAnswer {
  @ApiProperty()
  key!: string;

  @ApiProperty({ enum: COUNTER_SHAPE.granularities.map(({ name }) => name) })
  granularity!: GranularityName;

  @ApiProperty({ type: [CounterBucket] })
  buckets!: readonly CounterBucket[];
}

/** A key with what was counted for it. */
export class TopKey {
  @ApiProperty()
  key!: string;

  @ApiProperty({ type: 'integer' })
  count!: number;

  @ApiProperty({ description: 'Digits.' })
  sum!: string;
}

/** The keys with the most within a window. */
export class CounterTop extends CounterAnswer {
  @ApiProperty({ type: [TopKey], description: 'Greatest first; equal ones in the order of their keys.' })
  keys!: readonly TopKey[];
}

/** Which legs a derived counter counts; null where it does not matter. */
export class CountedLegs {
  @ApiProperty({ type: String, nullable: true })
  kind!: string | null;

  @ApiProperty({ type: String, nullable: true })
  currency!: string | null;

  @ApiProperty({ type: String, nullable: true, enum: ['debit', 'credit', null] })
  direction!: Direction | null;
}

/** What a derived counter counts. */
export class CounterDefinition {
  @ApiProperty({ type: [String], description: 'The parts of its keys, in order, joined by `:`.' })
  by!: readonly CounterPart[];

  @ApiProperty({ type: CountedLegs })
  where!: CountedLegs;
}

/** How far history has been filled in that came before a counter was defined. */
export class CounterBackfill {
  @ApiProperty({ description: 'How far it has come in the log; as digits.' })
  position!: string;

  @ApiProperty({ description: 'Where the counter was defined: how far it is to come; as digits.' })
  until!: string;

  @ApiProperty()
  done!: boolean;
}

/** One counter, and what became of what it was sent. */
export class Counter {
  @ApiProperty()
  counter!: string;

  @ApiProperty({
    type: CounterDefinition,
    nullable: true,
    description: 'What it counts of the ledger; null when it counts activities.',
  })
  definition!: CounterDefinition | null;

  @ApiProperty({ type: 'integer', description: 'Events that were counted.' })
  counted!: number;

  @ApiProperty({ type: 'integer', description: 'Activities not counted again: their id was counted before.' })
  duplicates!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Activities not counted: recorded too long after they occurred.',
  })
  late!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Activities not counted: the counter is derived from the ledger.',
  })
  strays!: number;

  @ApiProperty({
    type: 'integer',
    description: `Legs not counted: their key would be longer than ${limits.counterKeyCharsMax} characters.`,
  })
  dropped!: number;

  @ApiProperty({
    type: CounterBackfill,
    nullable: true,
    description: 'Null on a counter that has no history to fill in.',
  })
  backfill!: CounterBackfill | null;
}

/** A page of counters. */
export class CounterList implements AnsweredPage<Counter> {
  @ApiProperty({ type: [Counter] })
  data!: readonly Counter[];

  @ApiProperty({ type: PageInfo })
  pageInfo!: PageInfo;

  @ApiProperty({ description: 'The position the page is valid at; as digits.' })
  position!: string;
}

const WINDOW_EXAMPLE = {
  counter: 'page-views',
  from: '2026-03-01T12:00:00.000Z',
  to: '2026-03-01T12:15:00.000Z',
  complete: true,
  position: '2048',
};

export const COUNTER_WINDOW_EXAMPLE: CounterWindow = { ...WINDOW_EXAMPLE, key: 'home', count: 42, sum: '42' };

export const COUNTER_SERIES_EXAMPLE: CounterSeries = {
  ...WINDOW_EXAMPLE,
  key: 'home',
  to: '2026-03-01T12:02:00.000Z',
  granularity: '1m',
  buckets: [
    { start: '2026-03-01T12:00:00.000Z', count: 3, sum: '3' },
    { start: '2026-03-01T12:01:00.000Z', count: 0, sum: '0' },
  ],
};

export const COUNTER_TOP_EXAMPLE: CounterTop = {
  ...WINDOW_EXAMPLE,
  keys: [
    { key: 'home', count: 42, sum: '42' },
    { key: 'prices', count: 7, sum: '7' },
  ],
};

export const COUNTER_LIST_EXAMPLE: CounterList = {
  data: [
    {
      counter: 'ledger-postings',
      definition: {
        by: ['account', 'kind', 'direction'],
        where: { kind: null, currency: null, direction: null },
      },
      ...{ counted: 12, duplicates: 0, late: 0, strays: 0, dropped: 0, backfill: null },
    },
    {
      counter: 'fees-by-currency',
      definition: { by: ['currency'], where: { kind: 'fee', currency: null, direction: 'credit' } },
      ...{ counted: 4, duplicates: 0, late: 0, strays: 0, dropped: 0 },
      backfill: { position: '1536', until: '1536', done: true },
    },
    {
      counter: 'page-views',
      definition: null,
      ...{ counted: 42, duplicates: 3, late: 1, strays: 0, dropped: 0, backfill: null },
    },
  ],
  pageInfo: { next: null, hasMore: false },
  position: '2048',
};
