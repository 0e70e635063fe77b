/** The SQLSTATE codes this application names (PostgreSQL manual, appendix A). */
export const SQLSTATE = {
  uniqueViolation: '23505',
  checkViolation: '23514',
  /** A statement ran into its timeout, or somebody cancelled it. */
  queryCanceled: '57014',
  /** Another session holds the lock that was asked for. */
  lockNotAvailable: '55P03',
} as const;

/** Classes and codes that say nothing about the statement: the same one may succeed later. */
const PASSING_CLASSES = [
  '08', // connection exception
  '40', // transaction rollback: serialization failure, deadlock
  '53', // insufficient resources: disk full, out of memory, too many connections
  '57', // operator intervention: shutdown, starting up, cancelled
  '58', // system error: input/output
];
const PASSING_CODES: readonly string[] = [SQLSTATE.lockNotAvailable];

/** The database can't be reached, or the connection broke: what was being done was not committed, or not known to be. */
export class PostgresUnavailable extends Error {
  override readonly name = 'PostgresUnavailable';
}

/** The SQLSTATE of a database error, or undefined for any other error. */
export function sqlstateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether an error comes from the state of the database or the connection, not from what was asked of it. */
export function isPassing(error: unknown): boolean {
  if (error instanceof PostgresUnavailable) return true;
  const state = sqlstateOf(error);
  if (state === undefined) return false;
  return PASSING_CODES.includes(state) || PASSING_CLASSES.some((each) => state.startsWith(each));
}
