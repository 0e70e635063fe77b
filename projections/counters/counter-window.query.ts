import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Principal } from '../../src/kernel/principal.js';
import { Freshness } from '../runtime/freshness.js';
import { COUNTER_SHAPE } from './counter-shape.js';
import {
  COUNTERS,
  instants,
  readCounter,
  type CounterState,
  type NotKept,
  type UnknownCounter,
} from './counter-state.js';
import { bucketsOf, segmentsOf } from './window.js';

/** How many and how much within a window. */
export interface Sums extends CounterState {
  readonly kind: 'found';
  readonly count: bigint;
  readonly sum: bigint;
}

/** Reads what was counted for one key within `[from, to)`; both are epoch seconds. */
export class ReadCounterWindowQuery extends Query<Sums | NotKept | UnknownCounter> {
  constructor(
    readonly principal: Principal,
    readonly counter: string,
    readonly key: string,
    readonly from: number,
    readonly to: number,
    /** The position the answer must contain; null for "as it is now". */
    readonly atLeast: bigint | null,
  ) {
    super();
  }
}

@QueryHandler(ReadCounterWindowQuery)
export class ReadCounterWindowHandler implements IQueryHandler<ReadCounterWindowQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute(query: ReadCounterWindowQuery): Promise<Sums | NotKept | UnknownCounter> {
    const { principal, counter, key, from, to, atLeast } = query;
    await this.freshness.reach(COUNTERS, atLeast);
    const segments = segmentsOf(from, to, COUNTER_SHAPE.granularities);
    const read = await readCounter<{ count: string; sum: string }>(
      this.postgres,
      { companyId: principal.companyId, counter },
      segments,
      (values) => {
        const ofKey = values.parameter(key);
        // Each bucket is one look into the index: buckets lie by time first, so that what is new lies together.
        const parts = segments.map(
          (segment) =>
            `select count, sum from ledger.counter_buckets
              where company_id = $1 and counter = $2 and granularity = '${segment.granularity.name}' and key = ${ofKey}
                and bucket_start = any (${values.parameter(instants(bucketsOf(segment)))}::timestamptz[])`,
        );
        return `select coalesce(sum(count), 0)::text as count, coalesce(sum(sum), 0)::text as sum
                  from (${parts.join(' union all ')}) part`;
      },
    );
    if (read.kind !== 'found') return read;
    const { rows, ...state } = read;
    return { ...state, count: BigInt(rows[0]?.count ?? 0), sum: BigInt(rows[0]?.sum ?? 0) };
  }
}
