import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { BlockDigests, shiftOf, type DifferingBlock } from './block-digests.js';
import { COMPARED_ROWS, hashOf, hashSql, type ComparedRows } from './row-texts.js';

/** The digests of a table's rows, by block of the log. */
export interface TableDigests {
  readonly rows: ComparedRows;
  /** How wide the blocks are: see `BlockDigests`. */
  readonly shift: bigint;
  readonly sums: ReadonlyMap<bigint, bigint>;
}

/** Rows that differ somewhere in a range of the log. */
export interface DifferingRows extends DifferingBlock {
  readonly rows: ComparedRows;
}

/** Digests of every row that the events so far should have written. */
export class RowDigests {
  private readonly digests = COMPARED_ROWS.map((rows) => ({ rows, blocks: new BlockDigests() }));

  /** Takes the next event. @param previous position of the one before, 0 before the first */
  add(event: RecordedLedgerEvent, previous: bigint): void {
    for (const { rows, blocks } of this.digests) {
      for (const row of rows.rowsOf(event)) blocks.add(event.position, previous, hashOf(rows, row));
    }
  }

  /** Where a table differs that holds the rows of the same events. */
  differing({ rows, shift, sums }: TableDigests): DifferingRows[] {
    const blocks = this.digests.find((each) => each.rows === rows)?.blocks ?? new BlockDigests();
    return blocks.differing(shift, sums).map((block) => ({ rows, ...block }));
  }
}

/**
 * Digests the rows of a read model as they are, those of its tables that are compared row by row.
 *
 * @param position of the newest event they contain
 */
export async function readTableDigests(
  sql: Sql,
  readModel: string,
  position: bigint,
): Promise<readonly TableDigests[]> {
  const found: TableDigests[] = [];
  const shift = shiftOf(position);
  for (const rows of COMPARED_ROWS.filter((each) => each.readModel === readModel)) {
    const read = await sql.query<{ block: bigint; sum: string }>(
      `select ${rows.positionColumn} >> $1::integer as block, sum(${hashSql(rows)})::text as sum
         from ledger.${rows.table} where ${rows.positionColumn} is not null group by 1`,
      [`${shift}`],
    );
    found.push({ rows, shift, sums: new Map(read.rows.map(({ block, sum }) => [block, BigInt(sum)])) });
  }
  return found;
}
