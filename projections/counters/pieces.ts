import { limits } from '../../src/config/limits.js';
import { PostgresUnavailable, SQLSTATE, sqlstateOf } from '../../src/edges/postgres/sqlstate.js';
import type { Sql } from '../../src/edges/postgres/sql.js';

/** A table that is partitioned by time, of which the caller needs some pieces and others no more. */
export interface PieceNeed {
  /** The partitioned table, without schema: the `search_path` says which set is meant. */
  readonly table: string;
  /** Width of a piece, which begins at a multiple of it. */
  readonly seconds: number;
  /** How full its pages are filled, in percent: what is updated again and again needs room beside itself. */
  readonly fillPercent: number;
  /** Epoch seconds: the begins of the pieces that will be written to. */
  readonly starts: ReadonlySet<number>;
  /** Epoch seconds: pieces that begin before are thrown away; -Infinity for none. */
  readonly since: number;
}

/**
 * Makes the pieces that are missing. Reads go on meanwhile: a piece is made beside its table and attached to it.
 *
 * @returns the pieces that are too old, to be thrown away once the rows are written
 */
export async function makePieces(sql: Sql, needs: readonly PieceNeed[]): Promise<readonly string[]> {
  const { rows } = await sql.query<{ parent: string; piece: string }>(
    `select parent.relname as parent, piece.relname as piece
       from pg_inherits i join pg_class parent on parent.oid = i.inhparent join pg_class piece on piece.oid = i.inhrelid
      where i.inhparent = any ($1::text[]::regclass[])`,
    [needs.map(({ table }) => table)],
  );
  const old: string[] = [];
  for (const { table, seconds, fillPercent, starts, since } of needs) {
    const there = new Set(rows.filter(({ parent }) => parent === table).map(({ piece }) => piece));
    for (const start of starts) {
      const piece = pieceName(table, start);
      if (there.has(piece)) continue;
      await sql.query(
        `create table ${piece} (like ${table} including all) with (fillfactor = ${fillPercent})`,
      );
      await sql.query(
        `alter table ${table} attach partition ${piece} for values from (to_timestamp(${start})) to (to_timestamp(${start + seconds}))`,
      );
    }
    if (since === Number.NEGATIVE_INFINITY) continue;
    old.push(...[...there].filter((piece) => startOf(table, piece) < since));
  }
  return old;
}

/**
 * Throws pieces away. Where a long query holds a table, its rows go at once all the same, and the piece another time.
 *
 * @param sql inside a transaction
 */
export async function dropPieces(sql: Sql, pieces: readonly string[]): Promise<void> {
  if (pieces.length === 0) return;
  const { rows } = await sql.query<{ before: string }>(`select current_setting('lock_timeout') as before`);
  for (const piece of pieces) {
    await sql.query('savepoint piece');
    try {
      await sql.query(`set local lock_timeout = ${limits.counterPieceLockMsMax}`);
      await sql.query(`drop table ${piece}`);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      await sql.query('rollback to savepoint piece');
      await sql.query(`delete from ${piece}`);
    }
    await sql.query('release savepoint piece');
    await sql.query(`select set_config('lock_timeout', $1, true)`, [rows[0]?.before ?? '0']);
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof PostgresUnavailable && sqlstateOf(error.cause) === SQLSTATE.lockNotAvailable;
}

/** Named by the day it begins. */
function pieceName(table: string, start: number): string {
  const [day = ''] = new Date(start * 1000).toISOString().split('T');
  return `${table}_${day.replaceAll('-', '')}`;
}

function startOf(table: string, piece: string): number {
  const day = piece.slice(table.length + 1);
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8))) / 1000;
}
