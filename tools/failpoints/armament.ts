/**
 * Where on the road of a command its process dies:
 * P0 the request is parsed; P1 before its nth reservation; P2 after its nth reservation; P3 its commit is sent, no answer came;
 * P4 committed, nothing settled; P5 n of its legs settled; P6 all settled, the answer not sent; P7 the answer is sent.
 */
export const POINTS = ['P0', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'] as const;
export type Point = (typeof POINTS)[number];

/** One command and the point at which it stops. */
export interface Armed {
  readonly point: Point;
  /** Its idempotency key. */
  readonly key: string;
  readonly transactionId: string;
  /** Which append it is at P1, P2 and P5, from 1; at P3 the turns of the event loop between sending and death. */
  readonly nth: number;
}

/** The environment variable that arms a process: a JSON list of `Armed`. */
export const FAILPOINTS_VARIABLE = 'FAILPOINTS';
/** Where the process says what stopped, a line each; written before it dies. */
export const REPORT_FD = 3;
/** The last line of a report: everything that is armed stands at its point, and the process dies now. */
export const DYING = 'dying';

/** How a command that stopped reads in the report. */
export function reportLine({ point, key }: Armed): string {
  return `${point} ${key}`;
}

/**
 * Reads what a process is armed with.
 *
 * @throws Error in one sentence when it can't be read: a crash test that arms nothing would prove nothing
 */
export function parseArmament(text: string): readonly Armed[] {
  const armed: unknown = JSON.parse(text);
  if (!Array.isArray(armed) || armed.length === 0 || !armed.every(isArmed)) {
    throw new Error(`${FAILPOINTS_VARIABLE} must be a list of {point, key, transactionId, nth}: correct it.`);
  }
  return armed;
}

function isArmed(value: unknown): value is Armed {
  if (typeof value !== 'object' || value === null) return false;
  const { point, key, transactionId, nth } = value as Partial<Record<keyof Armed, unknown>>;
  return (
    POINTS.some((known) => known === point) &&
    typeof key === 'string' &&
    typeof transactionId === 'string' &&
    Number.isSafeInteger(nth) &&
    (nth as number) >= 1
  );
}
