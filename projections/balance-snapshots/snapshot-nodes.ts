import { toColumns } from '../../src/edges/postgres/columns.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { nodesCompletedBy, type SnapshotShape } from './snapshot-shape.js';

/** A run of entries that this batch filled up. */
export interface FullChunk {
  readonly accountId: string;
  /** 0-based count of the account's runs. */
  readonly chunk: bigint;
  readonly positionLast: bigint;
  /** The latest recorded time among the account's entries up to the end of the run. */
  readonly recordedMax: string;
}

/** Remembers where runs end. Their entries must be there. */
export async function insertChunks(
  sql: Sql,
  full: readonly FullChunk[],
  { chunkBits }: SnapshotShape,
): Promise<void> {
  if (full.length === 0) return;
  await sql.query(
    `insert into snapshot_chunks (account_id, chunk, position_last, recorded_max, effective_min)
     select run.*, (select min(entry.effective_at) from snapshot_entries entry
                     where entry.account_id = run.account_id and entry.number >= run.chunk << ${chunkBits}
                       and entry.number < (run.chunk + 1) << ${chunkBits})
       from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[])
         as run (account_id, chunk, position_last, recorded_max)`,
    toColumns(full, [
      (run) => run.accountId,
      (run) => run.chunk,
      (run) => run.positionLast,
      (run) => run.recordedMax,
    ]),
  );
}

/** Sums up the nodes that are now full: runs from their entries, nodes above from the nodes below. */
export async function insertSnapshots(
  sql: Sql,
  full: readonly FullChunk[],
  shape: SnapshotShape,
): Promise<void> {
  const nodes = full.flatMap(({ accountId, chunk }) =>
    nodesCompletedBy(chunk, shape).map((each) => ({ ...each, accountId })),
  );
  for (let level = 1; level <= shape.levels; level += 1) {
    const ofLevel = nodes.filter((each) => each.level === level);
    if (ofLevel.length === 0) return;
    await sql.query(
      `insert into balance_snapshots (account_id, level, node, effective_before, entries, debits, credits)
       select full_node.account_id, ${level}, full_node.node, sums.*
         from unnest($1::uuid[], $2::bigint[]) as full_node (account_id, node)
        cross join lateral (
          select part.effective_before, sum(sum(part.entries)) over up_to, sum(sum(part.debits)) over up_to,
                 sum(sum(part.credits)) over up_to
            from (${level === 1 ? partsOfRun(shape) : partsOfNode(level, shape)}) part
           group by part.effective_before
          window up_to as (order by part.effective_before)
        ) sums`,
      toColumns(ofLevel, [(each) => each.accountId, (each) => each.node]),
    );
  }
}

function partsOfRun({ chunkBits }: SnapshotShape): string {
  return `
    select date_trunc('second', effective_at) + interval '1 second' as effective_before, 1 as entries,
           case direction when 'debit' then amount else 0 end as debits,
           case direction when 'credit' then amount else 0 end as credits
      from snapshot_entries entry
     where entry.account_id = full_node.account_id and entry.number >= full_node.node << ${chunkBits}
       and entry.number < (full_node.node + 1) << ${chunkBits}`;
}

/** Takes the running sums of the nodes below apart again, to add them up in the order of all of them. */
function partsOfNode(level: number, { fanBits }: SnapshotShape): string {
  return `
    select effective_before, entries - lag(entries, 1, 0::bigint) over of_child as entries,
           debits - lag(debits, 1, 0::numeric) over of_child as debits,
           credits - lag(credits, 1, 0::numeric) over of_child as credits
      from balance_snapshots child
     where child.account_id = full_node.account_id and child.level = ${level - 1}
       and child.node >= full_node.node << ${fanBits} and child.node < (full_node.node + 1) << ${fanBits}
    window of_child as (partition by child.node order by child.effective_before)`;
}
