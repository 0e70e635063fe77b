/** The SQLSTATE codes this application names (PostgreSQL manual, appendix A). */
export const SQLSTATE = {
  /** There is no database of that name. */
  noSuchDatabase: '3D000',
  /** Another session holds the lock that was asked for. */
  lockNotAvailable: '55P03',
  /** Something else, a view for example, would lose what it is made of. */
  dependentObjectsStillExist: '2BP01',
  /** There is no such table: the schema is not in place yet. */
  undefinedTable: '42P01',
} as const;

/** Classes and codes that say nothing about the statement: the same one may succeed later. */
const PASSING_CLASSES = [
  '08', // connection exception
  '40', // transaction rollback: serialization failure, deadlock
  '53', // insufficient resources: disk full, out of memory, too many connections
  '57', // operator intervention: shutdown, starting up, a statement cancelled or timed out
  '58', // system error: input/output
];
const PASSING_CODES: readonly string[] = [SQLSTATE.lockNotAvailable, SQLSTATE.undefinedTable];

/**
 * The database can't be reached, broke the connection, or can't do it just now. What was being done was not committed,
 * or is not known to be; the statement is not to blame.
 */
export class PostgresUnavailable extends Error {
  override readonly name = 'PostgresUnavailable';
}

/** The database is there, but does not let this application in: nothing changes that until the settings do. */
export class PostgresRefused extends Error {
  override readonly name = 'PostgresRefused';
}

/** Whether a SQLSTATE says that the user, its password or the name of the database is wrong. */
export function isRefusal(state: string): boolean {
  return state.startsWith('28') || state === SQLSTATE.noSuchDatabase;
}

/** The SQLSTATE of a database error, or undefined for any other error. */
export function sqlstateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether a SQLSTATE comes from the state of the database, not from what was asked of it. */
export function isPassing(state: string): boolean {
  return PASSING_CODES.includes(state) || PASSING_CLASSES.some((each) => state.startsWith(each));
}
