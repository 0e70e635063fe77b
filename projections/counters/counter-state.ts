import type { Sql } from '../../src/edges/postgres/sql.js';
import { LEDGER_POSTINGS_COUNTER } from '../../src/write/counters/events.js';
import { Conditions } from '../runtime/conditions.js';
import { validAt } from '../runtime/valid-at.js';
import { keptSince, type Granularity } from './counter-shape.js';
import type { Segment } from './window.js';

/** The projection whose rows are read. */
export const COUNTERS = { name: 'counters' } as const;

/** Which counter of which company. */
export interface CounterName {
  readonly companyId: string;
  readonly counter: string;
}

/** What every answer about a counter says. */
export interface CounterState {
  /** The position its sums are valid at. */
  readonly position: bigint;
  /** False while history from before its definition is being filled in. */
  readonly complete: boolean;
}

/** Buckets that are asked for are no longer kept: those of a granularity, before a second. */
export interface NotKept {
  readonly kind: 'not-kept';
  readonly granularity: Granularity;
  /** Epoch seconds: from here on they are. */
  readonly since: number;
}

/** Nobody has sent activities to such a counter, or defined it, as far as the read model knows. */
export interface UnknownCounter {
  readonly kind: 'unknown';
}

interface StateRow {
  readonly position: bigint;
  readonly clock: Date | null;
  readonly known: boolean;
  readonly complete: boolean;
}

/** Rows that were read together with the state they belong to. */
export interface Found<Row> extends CounterState {
  readonly kind: 'found';
  readonly rows: readonly Row[];
}

/**
 * Reads rows of one counter and its state, in one statement, so that they belong together.
 *
 * @param rowsOf writes a query for the rows; its values are added to the conditions it is handed, whose first two are the company and
 *   the counter
 * @param segments what the rows are made of: none of it must have been thrown away
 */
export async function readCounter<Row extends object>(
  sql: Sql,
  { companyId, counter }: CounterName,
  segments: readonly Segment[],
  rowsOf: (values: Conditions) => string,
): Promise<Found<Row> | NotKept | UnknownCounter> {
  const values = new Conditions([companyId, counter]);
  const { rows } = await sql.query<StateRow & { rows: Row[] | null }>(
    `select coalesce(valid.position, 0) as position, (select recorded_max from ledger.counter_clock) as clock,
            exists (select from ledger.counter_totals where company_id = $1 and counter = $2) as known,
            not exists (select from ledger.counter_definitions
                         where company_id = $1 and counter = $2 and backfilled_to < until_position) as complete,
            (select json_agg(found) from (${rowsOf(values)}) found) as rows
       from ${validAt([COUNTERS])} valid`,
    values.values,
  );
  const [state] = rows;
  if (state === undefined || !(state.known || counter === LEDGER_POSTINGS_COUNTER))
    return { kind: 'unknown' };
  const clockMs = state.clock?.getTime() ?? null;
  for (const { granularity, from } of segments) {
    const since = keptSince(granularity, clockMs);
    if (from < since) return { kind: 'not-kept', granularity, since };
  }
  return { kind: 'found', position: state.position, complete: state.complete, rows: state.rows ?? [] };
}

/** Writes times as the text of an array. */
export function instants(seconds: readonly number[]): string {
  return `{${seconds.map((second) => new Date(second * 1000).toISOString()).join(',')}}`;
}
