import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECTIONS } from '../../projections/index.js';
import { digestTables } from '../../projections/runtime/digest.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { findRunningPostgres } from '../../src/embedded/postgres/embedded-postgres.js';
import type { Findings } from './findings.js';

const SCHEMA = 'ledger';
/** How long the read models may take to be filled again. */
const CATCH_UP_MS_MAX = 60_000;
const POLL_MS = 100;
/** Pause between two looks at the trial balance while the clients trade. */
const WATCH_MS = 500;

/** Table -> rows and digest, as text that can be compared. */
export type Digests = ReadonlyMap<string, string>;

/** The read models stand still, or are too slow. */
export class ReadModelsBehind extends Error {
  override readonly name = 'ReadModelsBehind';
}

/** Looks at the read models in PostgreSQL with SQL of its own. */
export class PostgresProof {
  private constructor(private readonly postgres: Postgres) {}

  /** @throws Error when no server runs on the directory */
  static async connect(directory: string): Promise<PostgresProof> {
    const databaseUrl = await findRunningPostgres(directory);
    if (databaseUrl === undefined) throw new Error(`No PostgreSQL runs on ${directory}.`);
    return new PostgresProof(new Postgres({ databaseUrl, applicationName: 'evenkeel-demo' }));
  }

  /**
   * Sums debits - credits per currency, over the balances and over the journal.
   *
   * @returns currency -> difference of the balances, in minor units
   */
  async trialBalance(findings: Findings): Promise<ReadonlyMap<string, bigint>> {
    const { rows } = await this.postgres.query<{
      currency: string;
      balances: string;
      journal: string | null;
    }>(
      `select b.currency, sum(b.debits - b.credits)::text as balances,
              (select sum(case e.direction when 'debit' then e.amount else -e.amount end)::text
                 from ${SCHEMA}.entries e where e.currency = b.currency) as journal
         from ${SCHEMA}.account_balances b group by b.currency order by b.currency`,
    );
    for (const { currency, balances, journal } of rows) {
      if (balances === '0' && (journal ?? '0') === '0') continue;
      findings.add(
        'balanced',
        `In PostgreSQL, debits and credits in ${currency} differ by ${balances} over the balances and ${journal} over the journal.`,
      );
    }
    return new Map(rows.map(({ currency, balances }) => [currency, BigInt(balances)]));
  }

  /**
   * Digests the tables of every read model once all of them have come to a position.
   *
   * @throws ReadModelsBehind when they do not within a minute
   */
  async digests(position: bigint): Promise<Digests> {
    const untilMs = performance.now() + CATCH_UP_MS_MAX;
    while (!(await this.hasReached(position))) {
      if (performance.now() > untilMs) {
        throw new ReadModelsBehind(
          `The read models did not come to position ${position} within ${CATCH_UP_MS_MAX / 1000} s.`,
        );
      }
      await sleep(POLL_MS);
    }
    const digests = new Map<string, string>();
    for (const projection of PROJECTIONS) {
      for (const { table, rows, digest } of await digestTables(this.postgres, projection, SCHEMA)) {
        digests.set(table, `${rows} rows, digest ${digest}`);
      }
    }
    return digests;
  }

  async close(): Promise<void> {
    await this.postgres.close();
  }

  private async hasReached(position: bigint): Promise<boolean> {
    const { rows } = await this.postgres.query<{ behind: bigint }>(
      `select $2::bigint - count(*) filter (where position >= $1) as behind from ${SCHEMA}.projection_checkpoints`,
      [position.toString(), PROJECTIONS.length],
    );
    return rows[0]?.behind === 0n;
  }
}

/**
 * Takes the trial balance over and over until told to stop: it must be zero at every commit, not only in the end. While
 * there is no database to ask, it waits.
 *
 * @returns how often it was taken
 */
export async function watchTrialBalance(
  directory: string,
  findings: Findings,
  signal: AbortSignal,
): Promise<number> {
  let looks = 0;
  while (!signal.aborted) {
    try {
      const proof = await PostgresProof.connect(directory);
      await proof.trialBalance(findings).finally(() => proof.close());
      looks += 1;
    } catch {
      // The crash takes the database away for a while; what it then holds is looked at when it is back.
    }
    await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
  }
  return looks;
}

/**
 * Holds the rebuilt tables against those before.
 *
 * @returns whether all are the same
 */
export function compareDigests(before: Digests, after: Digests, findings: Findings): boolean {
  for (const [table, digest] of before) {
    if (after.get(table) === digest) continue;
    findings.add('rebuilt', `Table ${table} had ${digest}, rebuilt it has ${after.get(table) ?? 'none'}.`);
  }
  return findings.count('rebuilt') === 0;
}
