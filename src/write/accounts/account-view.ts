import type { AccountType } from '../../kernel/money.js';

export type AccountStatus = 'open' | 'frozen' | 'closing' | 'closed';

/** An account as commands and queries answer it. */
export interface AccountView {
  readonly accountId: string;
  readonly name: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly parentId: string | null;
  /** Digits of minor units, or null for unlimited. */
  readonly overdraftLimit: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: AccountStatus;
  readonly openedAt: string;
  /** The account stream's revision this view shows, as digits. */
  readonly revision: string;
}

/** An account's money. All figures are minor units as digits, balance and available with an optional minus. */
export interface WouldBeBalanceView {
  readonly accountId: string;
  readonly currency: string;
  readonly exponent: number;
  readonly debits: string;
  readonly credits: string;
  readonly balance: string;
  readonly reserved: string;
  readonly available: string;
  /** Entries booked on the account so far. */
  readonly sequence: number;
}

/** An account's money, at one revision of its stream. */
export interface BalanceView extends WouldBeBalanceView {
  /** The position in the log these figures are valid at, as digits. */
  readonly position: string;
}
