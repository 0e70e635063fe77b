import type { Sql } from '../../src/edges/postgres/sql.js';
import type { SnapshotShape } from '../balance-snapshots/snapshot-shape.js';
import { partCondition, type AccountPart } from './account-part.js';

/** Accounts that are named; where more differ, only that there are more is told. */
const ACCOUNTS_NAMED_MAX = 1_000;

interface Difference {
  readonly accountId: string;
  readonly what: string;
}

/**
 * Compares everything that `balance_snapshots` derives from its own entries with those entries: their numbers, what
 * is known of each account, where runs end, and the sums of every run and of the nodes above. The entries themselves are compared
 * with the log row by row (`row-texts.ts`), so what agrees with them agrees with the log.
 *
 * PostgreSQL sorts the entries and the sums, on disk when they are many; here there is one row per account that differs.
 *
 * @param sql inside a transaction that sees one snapshot
 * @returns a sentence per account and table that differ, without the full stop
 */
export async function snapshotDifferences(
  sql: Sql,
  part: AccountPart,
  shape: SnapshotShape,
): Promise<readonly string[]> {
  const checks = [
    ['snapshot_accounts', accountsThatDiffer(part)],
    ['snapshot_chunks', chunksThatDiffer(part, shape)],
    ['balance_snapshots', sumsThatDiffer(part, shape)],
  ] as const;
  const sentences: string[] = [];
  for (const [table, text] of checks) {
    const { rows } = await sql.query<Difference>(`${text} limit ${ACCOUNTS_NAMED_MAX + 1}`);
    for (const { accountId, what } of rows.slice(0, ACCOUNTS_NAMED_MAX)) {
      sentences.push(`${table} of account ${accountId}: ${what}`);
    }
    if (rows.length > ACCOUNTS_NAMED_MAX) sentences.push(`${table} of more accounts than these differ`);
  }
  return sentences;
}

/** Entries are numbered in the order of the log; the account knows how many, and how its clocks went. */
function accountsThatDiffer(part: AccountPart): string {
  return `
    with numbered as (
      select account_id, number, is_disordered, recorded_at, row_number() over log - 1 as number_due,
             max(recorded_at) over (log rows between unbounded preceding and 1 preceding) as recorded_before
        from ledger.snapshot_entries where ${partCondition(part)}
      window log as (partition by account_id order by position, leg)
    ), due as (
      select account_id, count(*) as entries, max(recorded_at) as recorded_max,
             coalesce(max((extract(epoch from recorded_before) - extract(epoch from recorded_at)) * 1000)
                        filter (where recorded_at < recorded_before), 0) as disorder_ms,
             count(*) filter (where number <> number_due
                                 or is_disordered <> coalesce(recorded_at < recorded_before, false)) as misnumbered
        from numbered group by account_id
    ), stored as (
      select account_id, entries, recorded_max, disorder_ms from ledger.snapshot_accounts where ${partCondition(part)}
    )
    select account_id as "accountId",
           case when stored.entries is null then 'no row'
                when due.misnumbered > 0 then due.misnumbered || ' of its snapshot_entries are not numbered as in the log'
                when stored.entries <> coalesce(due.entries, 0)
                then 'entries ' || stored.entries || ', the log says ' || coalesce(due.entries, 0)
                else 'recorded_max or disorder_ms is not what its entries come to' end as what
      from due full join stored using (account_id)
     where stored.entries is distinct from coalesce(due.entries, 0)
        or stored.recorded_max is distinct from coalesce(due.recorded_max, '-infinity')
        or stored.disorder_ms is distinct from coalesce(due.disorder_ms, 0) or due.misnumbered > 0
     order by account_id`;
}

function chunksThatDiffer(part: AccountPart, { chunkBits }: SnapshotShape): string {
  return `
    with due as (
      select account_id, number >> ${chunkBits} as chunk, max(position) as position_last,
             max(max(recorded_at)) over (partition by account_id order by number >> ${chunkBits}) as recorded_max,
             min(effective_at) as effective_min
        from ledger.snapshot_entries where ${partCondition(part)}
       group by account_id, number >> ${chunkBits} having count(*) = ${1 << chunkBits}
    ), stored as (
      select account_id, chunk, position_last, recorded_max, effective_min
        from ledger.snapshot_chunks where ${partCondition(part)}
    )
    select account_id as "accountId", 'run ' || min(chunk) || ' does not end where its entries do' as what
      from due full join stored using (account_id, chunk)
     where (due.position_last, due.recorded_max, due.effective_min)
           is distinct from (stored.position_last, stored.recorded_max, stored.effective_min)
     group by account_id order by account_id`;
}

/**
 * Takes the running sums apart into what each second adds, which must be what the entries of that second in the run add, or the
 * nodes below: level by level that proves every row. The first second that differs is where the first wrong row is.
 */
function sumsThatDiffer(part: AccountPart, { chunkBits, fanBits, levels }: SnapshotShape): string {
  return `
    with sizes as (
      select account_id, count(*) as entries from ledger.snapshot_entries where ${partCondition(part)} group by account_id
    ), steps as (
      select account_id, level::integer as level, node, effective_before,
             entries - lag(entries, 1, 0::numeric) over run as entries, debits - lag(debits, 1, 0::numeric) over run as debits,
             credits - lag(credits, 1, 0::numeric) over run as credits
        from (select account_id, level, node, effective_before, entries::numeric as entries, debits, credits
                from ledger.balance_snapshots where ${partCondition(part)}) stored
      window run as (partition by account_id, level, node order by effective_before)
    ), both_sides as (
      select account_id, level, node, effective_before, entries, debits, credits, 1 as stored from steps
      union all
      select account_id, 1, number >> ${chunkBits}, date_trunc('second', effective_at) + interval '1 second', -1,
             case direction when 'debit' then -amount else 0 end, case direction when 'credit' then -amount else 0 end, 0
        from ledger.snapshot_entries join sizes using (account_id)
       where number >> ${chunkBits} < sizes.entries >> ${chunkBits}
      union all
      select account_id, level + 1, node >> ${fanBits}, effective_before, -steps.entries, -debits, -credits, 0
        from steps join sizes using (account_id)
       where level < ${levels}
         and node >> ${fanBits} < sizes.entries >> (${chunkBits} + ${fanBits} * level)
    ), wrong as (
      select account_id, level, node, effective_before, sum(entries) as entries, sum(debits) as debits,
             sum(credits) as credits
        from both_sides group by account_id, level, node, effective_before
      having sum(entries) <> 0 or sum(debits) <> 0 or sum(credits) <> 0 or sum(stored) <> 1
    ), first_wrong as (
      select distinct on (account_id) *, count(*) over (partition by account_id) as seconds
        from wrong order by account_id, level, node, effective_before
    )
    select account_id as "accountId",
           format('level %s node %s before %s: %s (%s of its rows differ)', level, node, effective_before at time zone 'UTC',
                  case when stored.entries is null then 'no row'
                       else format('entries %s, debits %s, credits %s; its entries come to %s, %s, %s', stored.entries,
                                   stored.debits, stored.credits, stored.entries - wrong.entries,
                                   stored.debits - wrong.debits, stored.credits - wrong.credits) end,
                  wrong.seconds) as what
      from first_wrong wrong left join ledger.balance_snapshots stored using (account_id, level, node, effective_before)
     order by account_id`;
}
