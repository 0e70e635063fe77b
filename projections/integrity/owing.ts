import { limits } from '../../src/config/limits.js';

/** The settler begins after `recoveryAfterMs`; as long again is time enough to finish. */
const OVERDUE_AFTER_MS = 2 * limits.recoveryAfterMs;

/** Things that are owed: all of them, and those the settler should have finished by now. */
export interface Owing {
  readonly all: number;
  readonly overdue: number;
}

/** Counts what is owed. @param nowMs epoch milliseconds */
export function owing(owed: readonly { readonly recordedAtMs: number }[], nowMs: number): Owing {
  return {
    all: owed.length,
    overdue: owed.filter(({ recordedAtMs }) => nowMs - recordedAtMs > OVERDUE_AFTER_MS).length,
  };
}
