import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { assert } from '../../src/kernel/assert.js';
import { isMoneyStream } from '../runtime/money-streams.js';
import type { Findings } from './findings.js';
import type { DifferingRows } from './row-digests.js';
import type { ColumnText, ComparedRows } from './row-texts.js';

/** Ranges looked at row by row; of the others only where they are is told. */
const LOOKED_AT_MAX = 20;

/** Without an index on positions the rows of a range are found by walking the table. */
const STATEMENT_MS_MAX = 600_000;

const INT8_MIN = -(2n ** 63n);
const INT8_MAX = 2n ** 63n - 1n;

type Row = readonly ColumnText[];

/**
 * Finds out which rows differ: reads the ranges of the log again, and the rows that belong there.
 *
 * @param findings where each is added, by its transaction or account
 * @throws EventStoreUnavailable, PostgresUnavailable, UnknownEventType
 */
export async function nameRows(
  store: EventStore,
  postgres: Postgres,
  differing: readonly DifferingRows[],
  findings: Findings,
): Promise<void> {
  if (differing.length === 0) return;
  const session = await postgres.openSession(STATEMENT_MS_MAX);
  try {
    for (const [index, each] of differing.entries()) {
      const named = index < LOOKED_AT_MAX ? await differencesIn(store, session, each) : [];
      const { table } = each.rows;
      const place = `${table}: rows at positions ${each.from} to ${each.to - 1n}`;
      if (index >= LOOKED_AT_MAX) findings.add('PostgreSQL differs', `${place} differ.`);
      else if (named.length === 0) {
        findings.add(
          'PostgreSQL differs',
          `${place} differed, and no longer did when they were looked at one by one.`,
        );
      }
      for (const sentence of named) findings.add('PostgreSQL differs', `${table} ${sentence}.`);
    }
  } finally {
    await session.close();
  }
}

async function differencesIn(store: EventStore, sql: Sql, block: DifferingRows): Promise<string[]> {
  const { rows } = block;
  const logged = await readLogged(store, block);
  const stored = await readStored(sql, block, logged);
  const differences: string[] = [];
  for (const [key, row] of logged) {
    const found = stored.get(key);
    if (found === undefined) differences.push(`of ${name(rows, row)}: no row`);
    else if (found.some((value, column) => value !== row[column])) {
      differences.push(`of ${name(rows, row)}: ${differenceOf(rows, found, row)}`);
    }
  }
  for (const [key, row] of stored) {
    const position = BigInt(row[positionIndex(rows)] ?? block.to);
    if (logged.has(key) || position < block.from || position >= block.to) continue;
    differences.push(
      `has a row for ${name(rows, row)} at position ${position}, which the log does not have there`,
    );
  }
  return differences;
}

async function readLogged(
  store: EventStore,
  { rows, from, to, after }: DifferingRows,
): Promise<Map<string, Row>> {
  const logged = new Map<string, Row>();
  for await (const recorded of store.readAll({ after })) {
    if (recorded.position >= to) break;
    if (recorded.position < from || !isMoneyStream(recorded.streamName)) continue;
    for (const row of rows.rowsOf(toLedgerEvent(recorded))) logged.set(keyOf(rows, row), row);
  }
  return logged;
}

async function readStored(
  sql: Sql,
  { rows, from, to }: DifferingRows,
  logged: ReadonlyMap<string, Row>,
): Promise<Map<string, Row>> {
  const { table, positionColumn, columns } = rows;
  const [key] = columns;
  assert(key, 'A row has a column that names it.');
  const texts = columns.map((column) => column.sql).join(', ');
  const read = await sql.query<{ row: (string | null)[] }>(
    `select array[${texts}] as row from ledger.${table}
      where (${positionColumn} >= $1 and ${positionColumn} <= $2) or ${key.name} = any($3::uuid[])`,
    [
      from < INT8_MIN ? INT8_MIN : from,
      to > INT8_MAX ? INT8_MAX : to - 1n,
      [...new Set([...logged.values()].map((row) => row[0]))],
    ],
  );
  return new Map(read.rows.map(({ row }) => [keyOf(rows, row), row]));
}

function keyOf({ keyLength }: ComparedRows, row: Row): string {
  return row.slice(0, keyLength).join('/');
}

function positionIndex({ columns, positionColumn }: ComparedRows): number {
  return columns.findIndex((column) => column.name === positionColumn);
}

function name({ keyLength, columns }: ComparedRows, row: Row): string {
  const account = columns.findIndex((column) => column.name === 'account_id');
  const leg = keyLength > 1 ? ` leg ${row[1]} on account ${row[account]}` : '';
  return account === 0 ? `account ${row[0]}` : `transaction ${row[0]}${leg}`;
}

/** What clients wrote is theirs: only that it differs is told. */
function differenceOf({ columns }: ComparedRows, stored: Row, logged: Row): string {
  return columns
    .flatMap((column, index) => {
      if (stored[index] === logged[index]) return [];
      const shown = `${column.name} ${stored[index] ?? 'null'}, the log says ${logged[index] ?? 'null'}`;
      return [column.isFree ? `${column.name} is not what the log says` : shown];
    })
    .join('; ');
}
