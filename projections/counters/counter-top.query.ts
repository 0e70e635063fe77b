import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Principal } from '../../src/kernel/principal.js';
import { Freshness } from '../runtime/freshness.js';
import { COUNTER_SHAPE } from './counter-shape.js';
import {
  COUNTERS,
  readCounter,
  type CounterState,
  type NotKept,
  type UnknownCounter,
} from './counter-state.js';
import { segmentsOf } from './window.js';

/** What keys are ranked by. */
export type Rank = 'count' | 'sum';

export interface RankedKey {
  readonly key: string;
  readonly count: bigint;
  readonly sum: bigint;
}

export interface TopKeys extends CounterState {
  readonly kind: 'found';
  /** Greatest first; equal ones in the order of their keys' code points. */
  readonly keys: readonly RankedKey[];
}

/** Reads the keys with the most within `[from, to)`; both are epoch seconds. */
export class ReadTopKeysQuery extends Query<TopKeys | NotKept | UnknownCounter> {
  constructor(
    readonly principal: Principal,
    readonly counter: string,
    readonly from: number,
    readonly to: number,
    readonly by: Rank,
    /** At most `counterTopMax`. */
    readonly keysMax: number,
    /** The position the answer must contain; null for "as it is now". */
    readonly atLeast: bigint | null,
  ) {
    super();
  }
}

@QueryHandler(ReadTopKeysQuery)
export class ReadTopKeysHandler implements IQueryHandler<ReadTopKeysQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute(query: ReadTopKeysQuery): Promise<TopKeys | NotKept | UnknownCounter> {
    const { principal, counter, from, to, by, keysMax, atLeast } = query;
    await this.freshness.reach(COUNTERS, atLeast);
    const segments = segmentsOf(from, to, COUNTER_SHAPE.granularities);
    const read = await readCounter<{ key: string; count: string; sum: string }>(
      this.postgres,
      { companyId: principal.companyId, counter },
      segments,
      (values) => {
        const parts = segments.map(
          ({ granularity, ...each }) =>
            `select key, count, sum from ledger.counter_buckets
              where company_id = $1 and counter = $2 and granularity = '${granularity.name}'
                and bucket_start >= to_timestamp(${values.parameter(each.from)}::float8)
                and bucket_start < to_timestamp(${values.parameter(each.to)}::float8)`,
        );
        return `select key, sum(count)::text as count, sum(sum)::text as sum from (${parts.join(' union all ')}) part
                 group by key order by sum(${by}) desc, key limit ${values.parameter(keysMax)}`;
      },
    );
    if (read.kind !== 'found') return read;
    const { rows, ...state } = read;
    const keys = rows.map(({ key, count, sum }) => ({ key, count: BigInt(count), sum: BigInt(sum) }));
    return { ...state, keys };
  }
}
