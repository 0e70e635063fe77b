/** Where the present comes from. Handed in at the edges, so that decisions and replays never ask for it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  nowMs(): number;
}

/** RFC 3339 in UTC with milliseconds, e.g. `2026-11-20T05:49:00.000Z`: the one text form of an instant in events. */
export type Instant = string;

/** Writes epoch milliseconds as an instant. */
export function toInstant(epochMs: number): Instant {
  return new Date(epochMs).toISOString();
}
