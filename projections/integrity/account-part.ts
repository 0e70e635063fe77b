/** A part of all accounts, so that whoever looks at one part at a time keeps no more than that in memory. */
export interface AccountPart {
  /** From 1. */
  readonly number: number;
  /** How many parts there are. */
  readonly of: number;
}

export const ALL_ACCOUNTS: AccountPart = { number: 1, of: 1 };

/** Ids are UUIDs made by a hash, so their first 32 bits deal them out evenly. */
const ID_DIGITS = 8;

/** Whether an account belongs to a part. */
export function isInPart({ number, of }: AccountPart, accountId: string): boolean {
  return of === 1 || Number.parseInt(accountId.slice(0, ID_DIGITS), 16) % of === number - 1;
}

/** The same as a condition on the column `account_id`. */
export function partCondition({ number, of }: AccountPart): string {
  return of === 1
    ? 'true'
    : `('x' || left(account_id::text, ${ID_DIGITS}))::bit(32)::bigint % ${of} = ${number - 1}`;
}

/** The part to look at after this one. */
export function nextPart({ number, of }: AccountPart): AccountPart {
  return { number: (number % of) + 1, of };
}

/** The first of twice as many parts. */
export function smallerParts({ of }: AccountPart): AccountPart {
  return { number: 1, of: of * 2 };
}
