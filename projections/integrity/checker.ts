import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import { isStoreAway, type EventStore } from '../../src/edges/event-store/event-store.js';
import type { PostgresSession } from '../../src/edges/postgres/postgres-session.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { readCheckpoint } from '../runtime/checkpoint.js';
import { describeError, isWorthRetrying } from '../runtime/failure.js';
import type { ProjectionLog } from '../runtime/projection.js';
import { ALL_ACCOUNTS, nextPart, smallerParts, type AccountPart } from './account-part.js';
import { storeReport, type IntegrityReport } from './integrity-report.js';
import { RunningAudit, TooManyAccounts, type AuditBounds } from './running-audit.js';

/** What the checker needs. */
export interface CheckerPorts {
  readonly store: EventStore;
  readonly postgres: Postgres;
  readonly log: ProjectionLog;
}

/** How fast and how far it goes. */
export interface CheckerPace extends AuditBounds {
  /** Between two looks at the log. */
  readonly cycleMs: number;
  /** Between two comparisons with the read models, at least. */
  readonly compareEveryMs: number;
  /** Where there are too many accounts to check at once: the rest after each part, as a multiple of the time it took. */
  readonly partRestFactor: number;
  /** After which the log is read anew from its start. */
  readonly restartAfterMs: number;
}

const PACE: CheckerPace = {
  eventsPerSecondMax: limits.checkerEventsPerSecondMax,
  accountsMax: limits.checkerAccountsMax,
  cycleMs: limits.checkerCycleMs,
  compareEveryMs: limits.checkerCompareEveryMs,
  partRestFactor: limits.checkerPartRestFactor,
  restartAfterMs: limits.checkerRestartAfterMs,
};

/** The read models that are compared; the audit keeps behind them, so that it can be at their positions. */
const COMPARED = ['accounts', 'account_balances', 'entries', 'transactions', 'balance_snapshots'];

/**
 * Checks the ledger all the time, as `npm run verify` does once: re-derives every balance from the streams at a bounded pace,
 * compares the read models with them now and then, and leaves its figures for whoever answers queries.
 *
 * One process checks, the others stand by. It writes nothing but its report.
 */
export class Checker {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private newest: IntegrityReport | null = null;
  private comparedAtMs: number | null = null;

  constructor(
    private readonly ports: CheckerPorts,
    private readonly pace: CheckerPace = PACE,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** What this process found; null while it stands by. */
  get report(): IntegrityReport | null {
    return this.newest;
  }

  /** How long ago the read models were last compared; null before the first time. */
  ageMs(nowMs: number): number | null {
    return this.comparedAtMs === null ? null : Math.max(0, nowMs - this.comparedAtMs);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.lead();
      } catch (error) {
        if (signal.aborted) return;
        if (!isWorthRetrying(error)) return this.end(error);
        if (!isStoreAway(error)) {
          this.ports.log.warn(
            `The checker tries again in ${limits.checkerRetryMs} ms: ${describeError(error)}`,
          );
        }
      }
      this.newest = null;
      await sleep(limits.checkerRetryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One term, from taking the lock to losing the connection. */
  private async lead(): Promise<void> {
    const session = await this.ports.postgres.openSession(limits.postgresStatementMsMax);
    const term = new AbortController();
    const signal = AbortSignal.any([term.signal, this.stopping.signal]);
    void session.ended.then(() => term.abort());
    try {
      while (!(await session.tryLock('evenkeel:checker'))) {
        await sleep(limits.checkerRetryMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
      let part = ALL_ACCOUNTS;
      while (!signal.aborted) part = await this.readPart(session, part, signal);
    } finally {
      term.abort();
      await session.close();
    }
  }

  /** One reading, for as many accounts as fit into memory. @returns the part to read next */
  private async readPart(
    session: PostgresSession,
    part: AccountPart,
    signal: AbortSignal,
  ): Promise<AccountPart> {
    const startedMs = Date.now();
    try {
      await this.read(session, part, signal);
      const restMs = part.of > 1 ? this.pace.partRestFactor * (Date.now() - startedMs) : 0;
      await sleep(restMs, undefined, { signal }).catch(() => undefined);
      return nextPart(part);
    } catch (error) {
      if (error instanceof TooManyAccounts) return smallerParts(part);
      throw error;
    }
  }

  /** One reading of the log from its start, and on until it is time for the next: of a part, until it was compared once. */
  private async read(session: PostgresSession, part: AccountPart, signal: AbortSignal): Promise<void> {
    const { store, postgres, log } = this.ports;
    const audit = new RunningAudit(store, this.pace, part);
    const startedMs = Date.now();
    const untilMs = startedMs + this.pace.restartAfterMs;
    let isFollowing = false;
    let compareAtMs = 0;
    let faultsTold = 0;
    let movedAtMs = Date.now();
    let publishedAtMs = 0;
    const publish = async (reason: string | null): Promise<void> => {
      for (const { kind, sentence } of audit.faults.shown.slice(faultsTold))
        log.error(`${kind}: ${sentence}`);
      faultsTold = audit.faults.shown.length;
      const state = reason !== null ? 'stopped' : isFollowing ? 'following' : 'reading';
      this.newest = audit.report(state, reason, Date.now());
      await storeReport(session, this.newest);
      publishedAtMs = Date.now();
    };
    try {
      while (!signal.aborted && Date.now() < untilMs) {
        const target = await this.target(audit.considered, movedAtMs);
        if (target > audit.considered) movedAtMs = Date.now();
        const tell = async (): Promise<void> => {
          if (Date.now() - publishedAtMs >= limits.checkerPublishMs) await publish(null);
        };
        if (!(await audit.advance(target, signal, tell))) return;
        isFollowing = true;
        if (Date.now() >= compareAtMs) {
          const startedAtMs = Date.now();
          const at = new Date(startedAtMs).toISOString();
          const isCompared = await audit.compare(postgres, at, signal, (sentence) => log.error(sentence));
          const tookMs = Date.now() - startedAtMs;
          if (isCompared) {
            this.comparedAtMs = startedAtMs;
            compareAtMs = Date.now() + Math.max(this.pace.compareEveryMs, limits.checkerRestFactor * tookMs);
          }
        }
        await publish(null);
        if (part.of > 1 && this.comparedAtMs !== null && this.comparedAtMs >= startedMs) return;
        await sleep(this.pace.cycleMs, undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      if (!isWorthRetrying(error) && !(error instanceof TooManyAccounts))
        await publish(describeError(error)).catch(() => undefined);
      throw error;
    }
  }

  /** How far to read: to where all compared read models are, or to the head once those stand still. */
  private async target(considered: bigint, movedAtMs: number): Promise<bigint> {
    const { store, postgres } = this.ports;
    const head = await store.headPosition();
    const checkpoints = await Promise.all(COMPARED.map((name) => readCheckpoint(postgres, name)));
    const slowest = checkpoints.reduce(
      (least, each) => (each === undefined || each.position < least ? (each?.position ?? 0n) : least),
      head,
    );
    if (slowest > considered) return slowest;
    return Date.now() - movedAtMs > limits.checkerPatienceMs ? head : considered;
  }

  private end(error: unknown): void {
    this.ports.log.error(`The checker has stopped. ${describeError(error)}`);
    if (this.newest !== null)
      this.newest = { ...this.newest, state: 'stopped', reason: describeError(error) };
  }
}
