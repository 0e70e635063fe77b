/** What the world did to the processes, and what they did about it. Counted over one run. */
export interface Tally {
  crashes: number;
  stalls: number;
  cuts: number;
  outages: number;
  lostRequests: number;
  lostAnswers: number;
  lateAppends: number;
  resentAppends: number;
  unavailable: number;
  conflicts: number;
  recovered: number;
  fenced: number;
  lateEntries: number;
}

/** Nothing happened yet. */
export function emptyTally(): Tally {
  return {
    crashes: 0,
    stalls: 0,
    cuts: 0,
    outages: 0,
    lostRequests: 0,
    lostAnswers: 0,
    lateAppends: 0,
    resentAppends: 0,
    unavailable: 0,
    conflicts: 0,
    recovered: 0,
    fenced: 0,
    lateEntries: 0,
  };
}
