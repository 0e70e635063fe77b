import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { assert } from '../../src/kernel/assert.js';
import type { Backfill, OwedHistory } from '../runtime/projection.js';
import { countedLegs, type Definition } from './collect.js';
import { bucketPieces } from './counter-pieces.js';
import { addToBuckets, DEFINITION_COLUMNS, readClock, toDefinition } from './counter-rows.js';
import type { CounterShape } from './counter-shape.js';
import { Fold } from './fold.js';
import { makePieces } from './pieces.js';

/**
 * Fills in what was posted before a counter was defined. Those that have come to the same place in the log go on together.
 *
 * Sums commute, so it does not matter when this is done: the rows are the same once it is, in a shard of their own.
 */
export function counterBackfill(shape: CounterShape): Backfill {
  return {
    begunBy: ['CounterDefined'],
    handles: ['TransactionPosted'],
    owed,
    fill: (sql, events, from, to) => fill(sql, events, from, to, shape),
  };
}

async function owed(sql: Sql): Promise<OwedHistory | null> {
  const { rows } = await sql.query<{ after: bigint | null; until: bigint | null }>(
    `with unfinished as (select backfilled_to, until_position from counter_definitions where backfilled_to < until_position),
          first as (select min(backfilled_to) as after from unfinished)
     select first.after, min(case when backfilled_to > first.after then backfilled_to else until_position end) as until
       from first, unfinished group by first.after`,
  );
  const [row] = rows;
  if (row === undefined || row.after === null || row.until === null) return null;
  return { after: row.after, until: row.until };
}

async function fill(
  sql: Sql,
  events: readonly RecordedLedgerEvent[],
  from: bigint,
  to: bigint,
  shape: CounterShape,
): Promise<void> {
  const { rows } = await sql.query<Parameters<typeof toDefinition>[0]>(
    `update counter_definitions set backfilled_to = $2
      where backfilled_to = $1 and until_position > $1 returning ${DEFINITION_COLUMNS}`,
    [from, to],
  );
  const definitions = rows.map(toDefinition);
  const fold = new Fold(shape, (await readClock(sql))?.clockMs ?? null);
  const gained = new Map<Definition, { readonly counted: number; readonly dropped: number }>();
  for (const event of events) {
    assert(event.type === 'TransactionPosted', `${event.type} is no history of a counter.`);
    for (const definition of definitions) {
      if (definition.companyId !== event.data.companyId) continue;
      const { legs, dropped } = countedLegs(definition, event.data);
      for (const leg of legs) fold.countHistory(fold.seriesOf(definition, leg.key), leg);
      const before = gained.get(definition) ?? { counted: 0, dropped: 0 };
      gained.set(definition, { counted: before.counted + legs.length, dropped: before.dropped + dropped });
    }
  }
  const pieces = bucketPieces(shape, null, fold.gains);
  await makePieces(sql, pieces);
  await addToBuckets(sql, fold.gains);
  for (const [{ companyId, counter }, { counted, dropped }] of gained) {
    await sql.query(
      'update counter_totals set counted = counted + $3, dropped = dropped + $4 where company_id = $1 and counter = $2',
      [companyId, counter, counted, dropped],
    );
  }
}
