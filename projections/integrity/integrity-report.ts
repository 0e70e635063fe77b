import type { Sql } from '../../src/edges/postgres/sql.js';
import type { AccountPart } from './account-part.js';
import type { FindingKind } from './findings.js';
import type { Owing } from './owing.js';

/** What a checker is doing. */
export type CheckerState =
  /** Reading the log from its start. */
  | 'reading'
  /** It has read everything there was, and goes on with what is written. */
  | 'following'
  /** It met something it can't go on from. */
  | 'stopped';

/** What the checker found, in figures alone: whoever may ask learns nothing of a company's accounts. */
export interface IntegrityReport {
  readonly state: CheckerState;
  /** Why it stopped. */
  readonly reason: string | null;
  /** Every event up to here was checked; digits. */
  readonly verifiedPosition: string;
  readonly events: number;
  /** Whose accounts the figures below are of: all, or one part after another where there are many. */
  readonly part: AccountPart;
  readonly accounts: number;
  readonly transactions: number;
  readonly entries: number;
  /** What is wrong now, by kind; empty when nothing is. */
  readonly mismatches: Partial<Readonly<Record<FindingKind, number>>>;
  /** Currency -> debits - credits of all posted transactions, in minor units; digits, always "0" unless the books are wrong. */
  readonly imbalance: Readonly<Record<string, string>>;
  readonly unsettledLegs: Owing;
  readonly orphanReservations: Owing;
  /** The last time the read models were compared, and at which position; null before the first. */
  readonly compared: { readonly at: string; readonly position: string } | null;
}

/** A report and its age. */
export interface StoredReport {
  readonly report: IntegrityReport;
  /** By the database's clock. */
  readonly ageMs: number;
}

/** Leaves a report for the processes that answer queries. */
export async function storeReport(sql: Sql, report: IntegrityReport): Promise<void> {
  await sql.query(
    `insert into ledger.integrity_report (written_at, report) values (clock_timestamp(), $1)
     on conflict (only_row) do update set written_at = excluded.written_at, report = excluded.report`,
    [JSON.stringify(report)],
  );
}

/** The newest report; null when there never was one. */
export async function readReport(sql: Sql): Promise<StoredReport | null> {
  const { rows } = await sql.query<{ report: IntegrityReport; age_ms: number }>(
    `select report, greatest(0, extract(epoch from clock_timestamp() - written_at) * 1000)::float8 as age_ms
       from ledger.integrity_report`,
  );
  const [row] = rows;
  return row === undefined ? null : { report: row.report, ageMs: Math.round(row.age_ms) };
}
