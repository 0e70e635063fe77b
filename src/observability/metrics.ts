import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { WriteMetrics } from '../write/metrics.js';

/** Latency buckets in seconds, as OpenTelemetry's semantic conventions give them for HTTP servers. */
const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

interface Declaration {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Prometheus name: base units, `_total` on counters. */
  readonly name: string;
  readonly help: string;
  /** Label names; every label has few values, so that the number of series is bounded. */
  readonly labels: readonly string[];
}

/** Every metric this process exports besides those of the process itself. */
export const METRICS = {
  httpRequestDuration: {
    kind: 'histogram',
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer.',
    labels: ['method', 'route', 'status'],
  },
  transfers: {
    kind: 'counter',
    name: 'ledger_transfers_total',
    help: 'Transactions and transfers by what they came to; reason is the refusal code, or none.',
    labels: ['result', 'reason'],
  },
  transferDuration: {
    kind: 'histogram',
    name: 'ledger_transfer_duration_seconds',
    help: 'Time from a posting command to its outcome.',
    labels: ['result'],
  },
  idempotency: {
    kind: 'counter',
    name: 'ledger_idempotency_total',
    help: 'Commands answered again for a key that was used before.',
    labels: ['outcome'],
  },
  transactionsPosted: {
    kind: 'counter',
    name: 'ledger_transactions_posted_total',
    help: 'Transactions committed.',
    labels: [],
  },
  transactionsRejected: {
    kind: 'counter',
    name: 'ledger_transactions_rejected_total',
    help: 'Requests that ended in a recorded refusal.',
    labels: [],
  },
  appendConflicts: {
    kind: 'counter',
    name: 'ledger_append_conflicts_total',
    help: 'Appends that another writer was ahead of.',
    labels: [],
  },
  lateEntries: {
    kind: 'counter',
    name: 'ledger_late_entries_total',
    help: 'Entries that arrived on a closed account and reopened it.',
    labels: [],
  },
  recovered: {
    kind: 'counter',
    name: 'ledger_recovered_transactions_total',
    help: 'Transactions a settler brought to rest after their own process did not.',
    labels: [],
  },
  fenced: {
    kind: 'counter',
    name: 'ledger_fenced_attempts_total',
    help: 'Attempts a settler fenced off.',
    labels: [],
  },
  inFlight: {
    kind: 'gauge',
    name: 'ledger_transactions_in_flight',
    help: 'Transactions with something owed, as the settler knows them.',
    labels: [],
  },
  oldestInFlightSeconds: {
    kind: 'gauge',
    name: 'ledger_oldest_in_flight_seconds',
    help: 'How long the oldest of them has been owing.',
    labels: [],
  },
  projectionLagEvents: {
    kind: 'gauge',
    name: 'ledger_projection_lag_events',
    help: 'Events a projection has received and not yet written; absent while this process does not write it.',
    labels: ['projection'],
  },
  projectionLagSeconds: {
    kind: 'gauge',
    name: 'ledger_projection_lag_seconds',
    help: 'Age of the oldest event a projection has not yet written; 0 when it is caught up.',
    labels: ['projection'],
  },
  projectionStopped: {
    kind: 'gauge',
    name: 'ledger_projection_stopped',
    help: '1 when a projection has stopped; reason is `unknown-event`, `event` (one it could not apply), `checkpoint` (one it must not use) or `fault`, and `none` while it has not.',
    labels: ['projection', 'reason'],
  },
  projectionStoppedPosition: {
    kind: 'gauge',
    name: 'ledger_projection_stopped_position',
    help: 'Position in the log of the event a projection could not apply, by its type; absent while there is none.',
    labels: ['projection', 'event_type'],
  },
  integrityPosition: {
    kind: 'gauge',
    name: 'ledger_integrity_position',
    help: 'Position in the log up to which the checker of this process has checked every event; 0 where it stands by.',
    labels: [],
  },
  integrityMismatches: {
    kind: 'gauge',
    name: 'ledger_integrity_mismatches',
    help: 'What the checker found wrong, by kind; absent while nothing is.',
    labels: ['kind'],
  },
  integrityImbalance: {
    kind: 'gauge',
    name: 'ledger_integrity_imbalance_minor_units',
    help: 'Debits less credits of all posted transactions, in minor units: 0 unless the books are wrong.',
    labels: ['currency'],
  },
  integrityUnsettledLegs: {
    kind: 'gauge',
    name: 'ledger_integrity_unsettled_legs',
    help: 'Committed legs that are not on their accounts: `all` of them, and those that are `overdue`.',
    labels: ['which'],
  },
  integrityOrphanReservations: {
    kind: 'gauge',
    name: 'ledger_integrity_orphan_reservations',
    help: 'Reservations that nothing will consume and no hold keeps: `all` of them, and those that are `overdue`.',
    labels: ['which'],
  },
  integrityAgeSeconds: {
    kind: 'gauge',
    name: 'ledger_integrity_age_seconds',
    help: 'How long ago the checker last compared the read models with the log; NaN before the first time and where it stands by.',
    labels: [],
  },
  activityEvents: {
    kind: 'counter',
    name: 'activity_events_total',
    help: 'Activities this process has counted (`counted`), and those it has not: met before (`duplicate`), recorded too late (`late`), sent to a counter of the ledger (`stray`); and legs that a counter could not count, their key being too long (`dropped`).',
    labels: ['result'],
  },
  activityDedupHits: {
    kind: 'counter',
    name: 'activity_dedup_hits_total',
    help: 'Activities whose id had been counted within the dedup horizon.',
    labels: [],
  },
  activityShardSkew: {
    kind: 'gauge',
    name: 'activity_shard_skew_ratio',
    help: 'The fullest shard of a busy key over the mean of its shards, of the worst key lately: 1 is even.',
    labels: [],
  },
} as const satisfies Record<string, Declaration>;

/** The metrics as a Markdown table. */
export function metricsTable(): string {
  const rows = Object.values(METRICS).map(({ kind, name, help, labels }) => {
    const labelsText = labels.length === 0 ? '' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${labelsText} | ${help} |`;
  });
  return ['| metric | kind | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** What `/metrics` answers. One per process, as the process is what is measured. */
export const registry = new Registry();

/** Time from a request to its answer, by route pattern. */
export const httpRequestDuration = new Histogram({
  ...named(METRICS.httpRequestDuration),
  buckets: SECONDS_BUCKETS,
});
const transfers = new Counter(named(METRICS.transfers));
const transferDuration = new Histogram({ ...named(METRICS.transferDuration), buckets: SECONDS_BUCKETS });
const idempotency = new Counter(named(METRICS.idempotency));
export const projectionLagEvents = new Gauge(named(METRICS.projectionLagEvents));
export const projectionLagSeconds = new Gauge(named(METRICS.projectionLagSeconds));
export const projectionStopped = new Gauge(named(METRICS.projectionStopped));
export const projectionStoppedPosition = new Gauge(named(METRICS.projectionStoppedPosition));

export const integrityPosition = new Gauge(named(METRICS.integrityPosition));
export const integrityMismatches = new Gauge(named(METRICS.integrityMismatches));
export const integrityImbalance = new Gauge(named(METRICS.integrityImbalance));
export const integrityUnsettledLegs = new Gauge(named(METRICS.integrityUnsettledLegs));
export const integrityOrphanReservations = new Gauge(named(METRICS.integrityOrphanReservations));
export const integrityAgeSeconds = new Gauge(named(METRICS.integrityAgeSeconds));

export const activityEvents = new Counter(named(METRICS.activityEvents));
export const activityDedupHits = new Counter(named(METRICS.activityDedupHits));
export const activityShardSkew = new Gauge(named(METRICS.activityShardSkew));

/** What the write side counts, in this registry. */
export const writeMetrics: WriteMetrics = {
  appendConflicts: new Counter(named(METRICS.appendConflicts)),
  transactionsPosted: new Counter(named(METRICS.transactionsPosted)),
  transactionsRejected: new Counter(named(METRICS.transactionsRejected)),
  replays: idempotency.labels({ outcome: 'replayed' }),
  lateEntries: new Counter(named(METRICS.lateEntries)),
  recovered: new Counter(named(METRICS.recovered)),
  fenced: new Counter(named(METRICS.fenced)),
  inFlight: new Gauge(named(METRICS.inFlight)),
  oldestInFlightSeconds: new Gauge(named(METRICS.oldestInFlightSeconds)),
};

/**
 * Begins to measure one posting command.
 *
 * @returns to be called with what it came to, and the refusal's code or `none`
 */
export function measureTransfer(): (result: 'accepted' | 'refused', reason: string) => void {
  const elapsed = transferDuration.startTimer();
  return (result, reason) => {
    elapsed({ result });
    transfers.inc({ result, reason });
  };
}

let isMeasuringProcess = false;

/** Adds memory, CPU, event loop and garbage collection to the registry; once, however often it is called. */
export function measureProcess(): void {
  if (isMeasuringProcess) return;
  isMeasuringProcess = true;
  collectDefaultMetrics({ register: registry });
}

function named<const Labels extends readonly string[]>(declaration: {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
}): { name: string; help: string; labelNames: Labels[number][]; registers: Registry[] } {
  return {
    name: declaration.name,
    help: declaration.help,
    labelNames: [...declaration.labels],
    registers: [registry],
  };
}
