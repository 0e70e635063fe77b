import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Principal } from '../../src/kernel/principal.js';
import { Freshness } from '../runtime/freshness.js';
import {
  COUNTERS,
  instants,
  readCounter,
  type CounterState,
  type NotKept,
  type UnknownCounter,
} from './counter-state.js';
import { bucketsOf, type Segment } from './window.js';

/** What one bucket holds. */
export interface SeriesBucket {
  /** Epoch seconds. */
  readonly start: number;
  readonly count: bigint;
  readonly sum: bigint;
}

export interface Series extends CounterState {
  readonly kind: 'found';
  /** In order, empty ones included. */
  readonly buckets: readonly SeriesBucket[];
}

/** Reads the buckets of one key. */
export class ReadCounterSeriesQuery extends Query<Series | NotKept | UnknownCounter> {
  constructor(
    readonly principal: Principal,
    readonly counter: string,
    readonly key: string,
    readonly segment: Segment,
    /** The position the answer must contain; null for "as it is now". */
    readonly atLeast: bigint | null,
  ) {
    super();
  }
}

@QueryHandler(ReadCounterSeriesQuery)
export class ReadCounterSeriesHandler implements IQueryHandler<ReadCounterSeriesQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute(query: ReadCounterSeriesQuery): Promise<Series | NotKept | UnknownCounter> {
    const { principal, counter, key, segment, atLeast } = query;
    await this.freshness.reach(COUNTERS, atLeast);
    const starts = bucketsOf(segment);
    const read = await readCounter<{ start: number; count: string; sum: string }>(
      this.postgres,
      { companyId: principal.companyId, counter },
      [segment],
      (values) =>
        `select extract(epoch from bucket_start)::float8 as start, sum(count)::text as count, sum(sum)::text as sum
           from ledger.counter_buckets
          where company_id = $1 and counter = $2 and granularity = '${segment.granularity.name}'
            and key = ${values.parameter(key)}
            and bucket_start = any (${values.parameter(instants(starts))}::timestamptz[])
          group by bucket_start`,
    );
    if (read.kind !== 'found') return read;
    const { rows, ...state } = read;
    const found = new Map(rows.map((row) => [row.start, row]));
    return {
      ...state,
      buckets: starts.map((start) => ({
        start,
        count: BigInt(found.get(start)?.count ?? 0),
        sum: BigInt(found.get(start)?.sum ?? 0),
      })),
    };
  }
}
