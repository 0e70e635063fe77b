import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Direction } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import {
  LEDGER_POSTINGS_COUNTER,
  LEDGER_POSTINGS_PARTS,
  type CounterFilter,
  type CounterPart,
} from '../../src/write/counters/events.js';
import { Freshness } from '../runtime/freshness.js';
import { cutPage, type Page, type PageRequest } from '../runtime/list.js';
import { validAt } from '../runtime/valid-at.js';
import { COUNTERS } from './counter-state.js';

/** One counter, and what became of what it was sent. */
export interface ListedCounter {
  readonly counter: string;
  /** Where the log has it first, in the order of counters; 0 for the one every company has. */
  readonly number: bigint;
  /** What it counts of the ledger; null when it counts activities. */
  readonly definition: { readonly by: readonly CounterPart[]; readonly where: CounterFilter } | null;
  readonly counted: bigint;
  readonly duplicates: bigint;
  readonly late: bigint;
  readonly strays: bigint;
  readonly dropped: bigint;
  /** How far its history has been filled in; null when it has none to fill in. */
  readonly backfill: { readonly position: bigint; readonly until: bigint; readonly done: boolean } | null;
}

/** Lists a company's counters in the order they were begun, the built-in one first. */
export class ListCountersQuery extends Query<Page<ListedCounter>> {
  constructor(
    readonly principal: Principal,
    readonly page: PageRequest,
  ) {
    super();
  }
}

interface Row {
  readonly position: bigint;
  readonly counter: string | null;
  readonly number: bigint;
  readonly counted: bigint;
  readonly duplicates: bigint;
  readonly late: bigint;
  readonly strays: bigint;
  readonly dropped: bigint;
  readonly by: CounterPart[] | null;
  readonly kind: string | null;
  readonly currency: string | null;
  readonly direction: Direction | null;
  readonly backfilledTo: bigint | null;
  readonly until: bigint | null;
}

@QueryHandler(ListCountersQuery)
export class ListCountersHandler implements IQueryHandler<ListCountersQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({ principal, page }: ListCountersQuery): Promise<Page<ListedCounter>> {
    await this.freshness.reach(COUNTERS, page.atLeast);
    const { rows } = await this.postgres.query<Row>(
      `with listed as (
         select * from (
           select $2::text as counter, 0::bigint as number, coalesce(max(counted), 0) as counted,
                  coalesce(max(duplicates), 0) as duplicates, coalesce(max(late), 0) as late, coalesce(max(strays), 0) as strays,
                  coalesce(max(dropped), 0) as dropped
             from ledger.counter_totals where company_id = $1 and counter = $2
           union all
           select counter, number, counted, duplicates, late, strays, dropped from ledger.counter_totals
            where company_id = $1 and counter <> $2 and number > $3 and ($4::bigint is null or since_position <= $4)
         ) each where number > $3 order by number limit $5)
       select coalesce(valid.position, 0) as position, listed.*, definition.by, where_kind as kind,
              where_currency as currency, where_direction as direction, backfilled_to as "backfilledTo",
              until_position as until
         from ${validAt([COUNTERS])} valid
         left join listed on true
         left join ledger.counter_definitions definition
           on definition.company_id = $1 and definition.counter = listed.counter
        order by listed.number`,
      [
        principal.companyId,
        LEDGER_POSTINGS_COUNTER,
        page.cursor?.after ?? -1n,
        page.cursor?.pinned ?? null,
        page.pageSize + 1,
      ],
    );
    const counters = rows.flatMap((row) => (row.counter === null ? [] : [toListed(row, row.counter)]));
    return cutPage(counters, page, rows[0]?.position ?? 0n, ({ number }) => number);
  }
}

function toListed(row: Row, counter: string): ListedCounter {
  const { number, counted, duplicates, late, strays, dropped, backfilledTo, until } = row;
  return {
    ...{ counter, number, counted, duplicates, late, strays, dropped },
    definition: definitionOf(row, counter),
    backfill:
      backfilledTo === null || until === null
        ? null
        : { position: backfilledTo, until, done: backfilledTo >= until },
  };
}

function definitionOf(row: Row, counter: string): ListedCounter['definition'] {
  if (counter === LEDGER_POSTINGS_COUNTER) {
    return { by: LEDGER_POSTINGS_PARTS, where: { kind: null, currency: null, direction: null } };
  }
  const { by, kind, currency, direction } = row;
  return by === null ? null : { by, where: { kind, currency, direction } };
}
