interface Counter {
  inc(by?: number): void;
}

interface Gauge {
  set(value: number): void;
}

/** What the write side counts. The registry that exports it is chosen at the edge. */
export interface WriteMetrics {
  /** Appends that found another writer's event first. */
  readonly appendConflicts: Counter;
  /** Transactions committed. */
  readonly transactionsPosted: Counter;
  /** Requests that ended in a recorded refusal. */
  readonly transactionsRejected: Counter;
  /** Answers given again for a key that was used before. */
  readonly replays: Counter;
  /** Entries that arrived on a closed account and reopened it. */
  readonly lateEntries: Counter;
  /** Transactions a settler brought to rest after their own process did not. */
  readonly recovered: Counter;
  /** Attempts a settler fenced off. */
  readonly fenced: Counter;
  /** Transactions with something owed, as the settler knows them. */
  readonly inFlight: Gauge;
  /** How long the oldest of them has been owing, in seconds. */
  readonly oldestInFlightSeconds: Gauge;
}

/** Counts nothing. */
export const NO_METRICS: WriteMetrics = {
  appendConflicts: { inc: () => undefined },
  transactionsPosted: { inc: () => undefined },
  transactionsRejected: { inc: () => undefined },
  replays: { inc: () => undefined },
  lateEntries: { inc: () => undefined },
  recovered: { inc: () => undefined },
  fenced: { inc: () => undefined },
  inFlight: { set: () => undefined },
  oldestInFlightSeconds: { set: () => undefined },
};
