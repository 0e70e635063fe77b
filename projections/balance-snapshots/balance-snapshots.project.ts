import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { toColumns } from '../../src/edges/postgres/columns.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { assert } from '../../src/kernel/assert.js';
import type { Direction } from '../../src/kernel/money.js';
import type { Projection } from '../runtime/projection.js';
import { SNAPSHOT_SHAPE, type SnapshotShape } from './snapshot-shape.js';
import { insertChunks, insertSnapshots, type FullChunk } from './snapshot-nodes.js';

type Opened = Extract<RecordedLedgerEvent, { type: 'AccountOpened' }>;

interface Entry {
  readonly accountId: string;
  readonly transactionId: string;
  readonly leg: number;
  readonly direction: Direction;
  readonly amount: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly reverses: string | null;
  readonly position: bigint;
}

interface NumberedEntry extends Entry {
  readonly number: bigint;
  readonly isDisordered: boolean;
}

/** How far an account's entries have come. */
interface Progress {
  readonly accountId: string;
  entries: bigint;
  /** Epoch milliseconds; -Infinity before the first entry. */
  recordedMaxMs: number;
  disorderMs: number;
}

/**
 * What balances at any two times are computed from: the entries of each account numbered in the order of the log, and,
 * for every full run of them, sums by effective time. A run never changes once it is full, so a backdated entry finds
 * its place in the newest run, and what was believed earlier stays as it was.
 *
 * @param shape how entries are gathered; specs make small nodes of few entries
 */
export function balanceSnapshots(shape: SnapshotShape): Projection {
  return {
    name: 'balance_snapshots',
    tables: ['snapshot_accounts', 'snapshot_entries', 'snapshot_chunks', 'balance_snapshots'],
    handles: ['AccountOpened', 'TransactionPosted'],
    async apply(sql, events) {
      const opened: Opened[] = [];
      const entries: Entry[] = [];
      for (const event of events) {
        if (event.type === 'AccountOpened') opened.push(event);
        else entries.push(...toEntries(event));
      }
      await insertOpened(sql, opened);
      if (entries.length === 0) return;
      const progress = await readProgress(sql, entries);
      const { numbered, full } = number(entries, progress, shape);
      await insertEntries(sql, numbered);
      await writeProgress(sql, [...progress.values()]);
      await insertChunks(sql, full, shape);
      await insertSnapshots(sql, full, shape);
    },
  };
}

/** The one that runs. */
export const balanceSnapshotsProjection = balanceSnapshots(SNAPSHOT_SHAPE);

function toEntries(event: RecordedLedgerEvent): Entry[] {
  assert(event.type === 'TransactionPosted', `${event.type} has no entries.`);
  const { transactionId, effectiveAt, recordedAt, parent } = event.data;
  const reverses = parent?.relation === 'reversal' ? parent.transactionId : null;
  return event.data.legs.map(({ accountId, direction, amount }, leg) => ({
    ...{ accountId, transactionId, leg, direction, amount, effectiveAt, recordedAt, reverses },
    position: event.position,
  }));
}

/** Gives every entry its number, and finds the runs that fill up. Moves `progress`. */
function number(
  entries: readonly Entry[],
  progress: ReadonlyMap<string, Progress>,
  { chunkBits }: SnapshotShape,
): { readonly numbered: readonly NumberedEntry[]; readonly full: readonly FullChunk[] } {
  const numbered: NumberedEntry[] = [];
  const full: FullChunk[] = [];
  for (const entry of entries) {
    const account = progress.get(entry.accountId);
    assert(account, 'Every account that money moves on has been opened before.');
    const recordedAtMs = Date.parse(entry.recordedAt);
    const isDisordered = recordedAtMs < account.recordedMaxMs;
    numbered.push({ ...entry, number: account.entries, isDisordered });
    account.entries += 1n;
    if (isDisordered) account.disorderMs = Math.max(account.disorderMs, account.recordedMaxMs - recordedAtMs);
    else account.recordedMaxMs = recordedAtMs;
    if (account.entries % (1n << BigInt(chunkBits)) === 0n) {
      full.push({
        accountId: entry.accountId,
        chunk: (account.entries >> BigInt(chunkBits)) - 1n,
        positionLast: entry.position,
        recordedMax: new Date(account.recordedMaxMs).toISOString(),
      });
    }
  }
  return { numbered, full };
}

async function insertOpened(sql: Sql, opened: readonly Opened[]): Promise<void> {
  if (opened.length === 0) return;
  await sql.query(
    `insert into snapshot_accounts (account_id, company_id, type, currency, exponent, parent_id, ancestor_ids,
                                    opened_position, entries, recorded_max, disorder_ms)
     select account_id, company_id, type, currency, exponent, parent_id, ancestor_ids::uuid[], position, 0, '-infinity', 0
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::uuid[], $7::text[], $8::bigint[])
         as rows (account_id, company_id, type, currency, exponent, parent_id, ancestor_ids, position)`,
    toColumns(opened, [
      ({ data }) => data.accountId,
      ({ data }) => data.companyId,
      ({ data }) => data.accountType,
      ({ data }) => data.currency,
      ({ data }) => data.exponent,
      ({ data }) => data.parentId,
      // A Postgres array of arrays must be rectangular, so each list travels as one text.
      ({ data }) => `{${data.ancestorIds.join(',')}}`,
      ({ position }) => position,
    ]),
  );
}

async function readProgress(sql: Sql, entries: readonly Entry[]): Promise<ReadonlyMap<string, Progress>> {
  const { rows } = await sql.query<{
    accountId: string;
    entries: bigint;
    recordedMax: Date | number;
    disorderMs: bigint;
  }>(
    `select account_id as "accountId", entries, recorded_max as "recordedMax", disorder_ms as "disorderMs"
       from snapshot_accounts where account_id = any($1::uuid[])`,
    [[...new Set(entries.map(({ accountId }) => accountId))]],
  );
  return new Map(
    rows.map(({ accountId, recordedMax, disorderMs, ...row }) => [
      accountId,
      { ...row, accountId, recordedMaxMs: Number(recordedMax), disorderMs: Number(disorderMs) },
    ]),
  );
}

async function writeProgress(sql: Sql, progress: readonly Progress[]): Promise<void> {
  await sql.query(
    `update snapshot_accounts as account
        set entries = progress.entries, recorded_max = progress.recorded_max, disorder_ms = progress.disorder_ms
       from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::bigint[])
         as progress (account_id, entries, recorded_max, disorder_ms)
      where account.account_id = progress.account_id`,
    toColumns(progress, [
      (account) => account.accountId,
      (account) => account.entries,
      (account) => new Date(account.recordedMaxMs).toISOString(),
      (account) => account.disorderMs,
    ]),
  );
}

async function insertEntries(sql: Sql, entries: readonly NumberedEntry[]): Promise<void> {
  await sql.query(
    `insert into snapshot_entries (account_id, number, transaction_id, leg, direction, amount, effective_at, recorded_at,
                                   is_disordered, reverses, position)
     select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[], $6::numeric[],
                          $7::timestamptz[], $8::timestamptz[], $9::boolean[], $10::uuid[], $11::bigint[])`,
    toColumns(entries, [
      (entry) => entry.accountId,
      (entry) => entry.number,
      (entry) => entry.transactionId,
      (entry) => entry.leg,
      (entry) => entry.direction,
      (entry) => entry.amount,
      (entry) => entry.effectiveAt,
      (entry) => entry.recordedAt,
      (entry) => entry.isDisordered,
      (entry) => entry.reverses,
      (entry) => entry.position,
    ]),
  );
}
