import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { moneyBatches } from '../runtime/money-streams.js';
import { ALL_ACCOUNTS, type AccountPart } from './account-part.js';
import { Audit } from './audit.js';
import { compareReadModel } from './compare.js';
import { Findings, type FindingKind } from './findings.js';
import type { CheckerState, IntegrityReport } from './integrity-report.js';
import { nameRows } from './name-rows.js';
import { owing } from './owing.js';
import { readReadModels } from './read-models.js';

/** Bounds of one audit. */
export interface AuditBounds {
  readonly eventsPerSecondMax: number;
  readonly accountsMax: number;
}

/** There are more accounts than the audit may keep in memory: it has to be begun again, with smaller parts. */
export class TooManyAccounts extends Error {
  override readonly name = 'TooManyAccounts';
}

/** One reading of the log from its start, that goes on with what is written, and compares the read models now and then. */
export class RunningAudit {
  /** Everything up to here was looked at. */
  considered = 0n;
  private readonly audit: Audit;
  private compared: { readonly at: string; readonly position: string; readonly findings: Findings } | null =
    null;

  constructor(
    private readonly store: EventStore,
    private readonly bounds: AuditBounds,
    private readonly part: AccountPart = ALL_ACCOUNTS,
  ) {
    this.audit = new Audit(part);
  }

  /**
   * Takes what the log holds up to a position, at most `eventsPerSecondMax` events a second.
   *
   * @param afterBatch called now and then
   * @returns how it ended: false when `signal` aborted first
   * @throws TooManyAccounts, UnknownEventType, EventStoreUnavailable
   */
  async advance(
    to: bigint,
    signal: AbortSignal,
    afterBatch: () => Promise<void> = () => Promise.resolve(),
  ): Promise<boolean> {
    for await (const batch of moneyBatches(this.store, this.considered, to, limits.checkerBatchEventsMax)) {
      const startedAtMs = performance.now();
      for (const event of batch) this.audit.add(toLedgerEvent(event));
      this.considered = batch.at(-1)?.position ?? this.considered;
      if (this.audit.accounts.size > this.bounds.accountsMax) {
        throw new TooManyAccounts(`There are more than ${this.bounds.accountsMax} accounts in one part.`);
      }
      const pauseMs =
        (batch.length / this.bounds.eventsPerSecondMax) * 1000 - (performance.now() - startedAtMs);
      if (pauseMs >= 1) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return false;
      await afterBatch();
    }
    if (to > this.considered) this.considered = to;
    return true;
  }

  /**
   * Compares the two kinds of streams, and the read models each at its own position.
   *
   * @param found told of each difference
   * @returns false when a read model has not come as far as this audit, so that nothing was compared
   * @throws as `advance`; PostgresUnavailable
   */
  async compare(
    postgres: Postgres,
    at: string,
    signal: AbortSignal,
    found: (sentence: string) => void,
  ): Promise<boolean> {
    const models = (await readReadModels(postgres, this.part)).toSorted((a, b) =>
      a.position < b.position ? -1 : 1,
    );
    const storeId = await this.store.storeId();
    const isBehind = models.some((model) => model.position < this.considered || model.storeId !== storeId);
    if (models.length === 0 || isBehind) return false;
    const findings = new Findings();
    for (const model of models) {
      if (!(await this.advance(model.position, signal))) return false;
      await nameRows(this.store, postgres, compareReadModel(this.audit, model, findings), findings);
    }
    this.audit.compareStreams(findings);
    this.compared = { at, position: `${this.considered}`, findings };
    for (const { kind, sentence } of findings.shown) found(`${kind}: ${sentence}`);
    return true;
  }

  /** What is wrong in the log itself, first of all findings: grows only. */
  get faults(): Findings {
    return this.audit.findings;
  }

  /** The figures as they are now. */
  report(state: CheckerState, reason: string | null, nowMs: number): IntegrityReport {
    const { audit, compared } = this;
    return {
      state,
      reason,
      verifiedPosition: `${this.considered}`,
      events: audit.events,
      part: this.part,
      accounts: audit.accounts.size,
      transactions: audit.posted + audit.authorized + audit.rejected,
      entries: audit.entries,
      mismatches: sumOf(audit.findings, compared?.findings),
      imbalance: Object.fromEntries(
        [...audit.currencies].map(([currency, { debits, credits }]) => [currency, `${debits - credits}`]),
      ),
      unsettledLegs: owing([...audit.owed.values()], nowMs),
      orphanReservations: owing(audit.unowned(), nowMs),
      compared: compared && { at: compared.at, position: compared.position },
    };
  }
}

function sumOf(...all: readonly (Findings | undefined)[]): Partial<Record<FindingKind, number>> {
  const sum: Partial<Record<FindingKind, number>> = {};
  for (const [kind, count] of all.flatMap((findings) => findings?.byKind ?? [])) {
    sum[kind] = (sum[kind] ?? 0) + count;
  }
  return sum;
}
