import type { SnapshotShape } from './snapshot-shape.js';

/** SQL expressions, usually placeholders, for the three bounds of {@link sumsAt}. */
export interface Bounds {
  /** `timestamptz`: only entries effective before it; `'infinity'` for all. */
  readonly effectiveBefore: string;
  /** `timestamptz`: only entries recorded before it; `'infinity'` for all. */
  readonly recordedBefore: string;
  /** `bigint`: only entries of transactions at this position of the log or before it. */
  readonly positionMax: string;
}

/**
 * Writes a lateral subquery with the columns `entries`, `debits` and `credits`: an account's sums within bounds.
 *
 * It reads a bounded number of rows, whatever the account's history: one sum of at most `fan - 1` nodes a level, the
 * entries of at most one run, those that one second of effective time holds when `effectiveBefore` is no whole second,
 * and those that clocks put out of order just before `recordedBefore`.
 *
 * @param account alias of a row of `snapshot_accounts`
 */
export function sumsAt(account: string, bounds: Bounds, shape: SnapshotShape): string {
  const { effectiveBefore, recordedBefore, positionMax } = bounds;
  const { chunkBits, fanBits, levels } = shape;
  const ofAccount = `account_id = ${account}.account_id`;
  const amounts = `1::bigint as entries, case direction when 'debit' then amount else 0 end as debits,
                   case direction when 'credit' then amount else 0 end as credits`;
  // Left to itself the planner may walk an account's whole history for what one of these conditions alone finds at once.
  const only = (condition: string): string =>
    `(select * from ledger.snapshot_entries where ${ofAccount} and ${condition} offset 0)`;
  return `(
    with whole as materialized (
      select least(
        coalesce((select chunk + 1 from ledger.snapshot_chunks
                   where ${ofAccount} and recorded_max < ${recordedBefore}
                   order by recorded_max desc, chunk desc limit 1), 0),
        coalesce((select chunk + 1 from ledger.snapshot_chunks
                   where ${ofAccount} and position_last <= ${positionMax}
                   order by position_last desc, chunk desc limit 1), 0)
      ) as chunks
    )
    select coalesce(sum(part.entries), 0)::bigint as entries, coalesce(sum(part.debits), 0) as debits,
           coalesce(sum(part.credits), 0) as credits
      from (
        select snapshot.entries, snapshot.debits, snapshot.credits
          from whole
         cross join generate_series(1, ${levels}) as height (level)
         cross join lateral generate_series(
           case when height.level = ${levels} then 0
                else whole.chunks >> (${fanBits} * height.level) << ${fanBits} end,
           (whole.chunks >> (${fanBits} * (height.level - 1))) - 1
         ) as full_node (node)
         cross join lateral (
           select entries, debits, credits from ledger.balance_snapshots
            where ${ofAccount} and level = height.level and node = full_node.node
              and effective_before <= ${effectiveBefore}
            order by effective_before desc limit 1
         ) snapshot
        union all
        select ${amounts} from whole, lateral ${only(`number >= whole.chunks << ${chunkBits} and number < (whole.chunks + 1) << ${chunkBits}`)} entry
         where effective_at < ${effectiveBefore} and recorded_at < ${recordedBefore} and position <= ${positionMax}
        union all
        select ${amounts} from whole, lateral ${only(`effective_at >= date_trunc('second', ${effectiveBefore}) and effective_at < ${effectiveBefore}`)} entry
         where number < whole.chunks << ${chunkBits}
        union all
        select ${amounts} from whole, lateral ${only(`is_disordered and recorded_at >= ${recordedBefore} - ${account}.disorder_ms * interval '1 millisecond' and recorded_at < ${recordedBefore}`)} entry
         where number >= (whole.chunks + 1) << ${chunkBits} and effective_at < ${effectiveBefore}
           and position <= ${positionMax}
      ) part
  )`;
}
