import { assert } from './assert.js';

/** The most digits an amount may have; the width of the `numeric(38,0)` columns that hold it. */
export const AMOUNT_DIGITS_MAX = 38;

/** A positive count of minor units without sign, point, exponent or leading zero. */
const POSITIVE_AMOUNT = /^[1-9][0-9]{0,37}$/;
const NON_NEGATIVE_AMOUNT = /^(?:0|[1-9][0-9]{0,37})$/;

/** Which side of an account a leg or entry stands on. */
export type Direction = 'debit' | 'credit';

/** The five account types; each gives the account its normal side. */
export type AccountType = 'asset' | 'liability' | 'equity' | 'income' | 'expense';

export const ACCOUNT_TYPES: readonly AccountType[] = ['asset', 'liability', 'equity', 'income', 'expense'];

/**
 * Reads the amount of a leg: a string of 1 to 38 digits, greater than zero.
 *
 * @returns minor units, or undefined when the text is anything else
 */
export function parsePositiveAmount(text: unknown): bigint | undefined {
  return typeof text === 'string' && POSITIVE_AMOUNT.test(text) ? BigInt(text) : undefined;
}

/**
 * Reads an amount that may be zero, such as an overdraft limit.
 *
 * @returns minor units, or undefined when the text is anything else
 */
export function parseNonNegativeAmount(text: unknown): bigint | undefined {
  return typeof text === 'string' && NON_NEGATIVE_AMOUNT.test(text) ? BigInt(text) : undefined;
}

/** The side that raises the balance of an account of this type. */
export function normalSide(type: AccountType): Direction {
  return type === 'asset' || type === 'expense' ? 'debit' : 'credit';
}

/** Debits - credits on a debit-normal account, credits - debits on a credit-normal one; minor units, may be negative. */
export function balanceOf(type: AccountType, debits: bigint, credits: bigint): bigint {
  return normalSide(type) === 'debit' ? debits - credits : credits - debits;
}

/** Whether an entry on this side lowers the balance of an account of this type. */
export function lowersBalance(type: AccountType, direction: Direction): boolean {
  return normalSide(type) !== direction;
}

/** A leg's contribution to its currency's sum: debits count up, credits count down, so a balanced set sums to zero. */
export function signedAmount(direction: Direction, amount: bigint): bigint {
  return direction === 'debit' ? amount : -amount;
}

/**
 * What is out of balance, per currency.
 *
 * @returns debits - credits for each currency where they differ; empty when every currency balances
 */
export function imbalances(
  legs: Iterable<{ readonly direction: Direction; readonly amount: bigint; readonly currency: string }>,
): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const leg of legs) {
    assert(leg.amount > 0n, 'A leg carries a positive amount.');
    sums.set(leg.currency, (sums.get(leg.currency) ?? 0n) + signedAmount(leg.direction, leg.amount));
  }
  for (const [currency, sum] of sums) if (sum === 0n) sums.delete(currency);
  return sums;
}
