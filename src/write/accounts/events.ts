import type { Instant } from '../../kernel/clock.js';
import type { AccountType, Direction } from '../../kernel/money.js';
import type { AccountView } from './account-view.js';

/** Amounts are digit strings of minor units; `null` stands for "none", so that a field is never merely missing. */
type AmountText = string;

/** What happened to one account: the events of stream `account-{accountId}`, as they are stored. */
export type AccountEvent =
  | AccountOpened
  | AccountMetadataChanged
  | OverdraftLimitChanged
  | AccountFrozen
  | AccountUnfrozen
  | FundsReserved
  | ReservationReleased
  | ConditionMet
  | EntryPosted
  | AccountClosing
  | AccountClosed
  | AccountReopened;

export interface AccountOpened {
  readonly type: 'AccountOpened';
  readonly data: {
    readonly accountId: string;
    readonly companyId: string;
    readonly name: string;
    readonly accountType: AccountType;
    readonly currency: string;
    /** Digits after the decimal point of the currency, as it was when the account was opened. */
    readonly exponent: number;
    readonly parentId: string | null;
    /** From the root to the parent, so that a roll-up needs no recursion. */
    readonly ancestorIds: readonly string[];
    /** How far below zero the balance may go: `"0"` never negative, null unlimited. */
    readonly overdraftLimit: AmountText | null;
    readonly metadata: Readonly<Record<string, string>>;
    readonly openedAt: Instant;
    readonly idempotencyKey: string;
    readonly requestHash: string;
    /** The request as it was sent, so that a reused key can be told which fields differ. */
    readonly request: object;
  };
}

/** The fields every administrative change carries: which command made it, when it was decided, and what it was answered. */
interface ByCommand {
  /** Names the command for ever: UUIDv5 of the account and the idempotency key. */
  readonly commandId: string;
  readonly at: Instant;
  /** The frozen answer: a retry gets it again, whatever happened to the account since. */
  readonly answer: AccountView;
}

export interface AccountMetadataChanged {
  readonly type: 'AccountMetadataChanged';
  /** The name and metadata as they stand after the change. */
  readonly data: ByCommand & { readonly name: string; readonly metadata: Readonly<Record<string, string>> };
}

export interface OverdraftLimitChanged {
  readonly type: 'OverdraftLimitChanged';
  readonly data: ByCommand & { readonly overdraftLimit: AmountText | null };
}

export interface AccountFrozen {
  readonly type: 'AccountFrozen';
  readonly data: ByCommand & { readonly reason: string | null };
}

export interface AccountUnfrozen {
  readonly type: 'AccountUnfrozen';
  readonly data: ByCommand & { readonly reason: string | null };
}

export interface FundsReserved {
  readonly type: 'FundsReserved';
  readonly data: {
    readonly reservationId: string;
    readonly transactionId: string;
    readonly attemptId: string;
    /** 0-based index of the leg it is held for. */
    readonly leg: number;
    readonly amount: AmountText;
    readonly requestHash: string;
    readonly at: Instant;
  };
}

export interface ReservationReleased {
  readonly type: 'ReservationReleased';
  readonly data: {
    readonly reservationId: string;
    readonly transactionId: string;
    readonly attemptId: string;
    /** All that is left of the reservation, or the part that this release gives back. */
    readonly amount: AmountText;
    /** Names a release that a hold owes; null when an attempt gives back what it never used. */
    readonly releaseId: string | null;
    readonly at: Instant;
  };
}

/** The conditions that a transaction makes on the account held at the revision before this event. Changes nothing. */
export interface ConditionMet {
  readonly type: 'ConditionMet';
  readonly data: {
    readonly transactionId: string;
    readonly attemptId: string;
    readonly condition: {
      /** The most that was asked to be available; null when only the revision was. */
      readonly availableMin: AmountText | null;
      /** The revision that was expected, as digits; null when none was. */
      readonly revision: string | null;
    };
    readonly at: Instant;
  };
}

export interface EntryPosted {
  readonly type: 'EntryPosted';
  readonly data: {
    readonly transactionId: string;
    /** 0-based index into the transaction's legs. */
    readonly leg: number;
    readonly direction: Direction;
    readonly amount: AmountText;
    readonly currency: string;
    readonly effectiveAt: Instant;
    /** The reservation this entry consumes, a captured part of it on a hold's; null on an unchecked leg. */
    readonly reservationId: string | null;
    /** 1-based count of the account's entries, this one included. */
    readonly sequence: number;
    /** The account's balance after this entry, signed by the account's normal side; digits with an optional minus. */
    readonly balance: string;
    readonly at: Instant;
  };
}

export interface AccountClosing {
  readonly type: 'AccountClosing';
  readonly data: ByCommand & { readonly reason: string | null };
}

export interface AccountClosed {
  readonly type: 'AccountClosed';
  /** By the command itself when nothing was in flight, else by the last entry or release that ended it. */
  readonly data: ByCommand | { readonly at: Instant; readonly transactionId: string };
}

export interface AccountReopened {
  readonly type: 'AccountReopened';
  /** By a command, or by a leg that was committed before the close and settled after it. */
  readonly data:
    | (ByCommand & { readonly reason: string | null })
    | { readonly at: Instant; readonly transactionId: string };
}

/**
 * The claim of one idempotency key on one administrative command: the only event of stream `accountCommand-{commandId}`.
 * The account's own event can only stand after `afterRevision`, so a retry looks there instead of remembering for ever.
 */
export interface AccountCommandAccepted {
  readonly type: 'AccountCommandAccepted';
  readonly data: {
    readonly commandId: string;
    readonly accountId: string;
    readonly companyId: string;
    readonly idempotencyKey: string;
    readonly requestHash: string;
    readonly request: object;
    readonly afterRevision: string;
    readonly at: Instant;
  };
}

export const ACCOUNT_STREAM_PREFIX = 'account-';

/** The stream of one account. */
export function accountStream(accountId: string): string {
  return `${ACCOUNT_STREAM_PREFIX}${accountId}`;
}

/** The stream that claims one administrative command's idempotency key. */
export function accountCommandStream(commandId: string): string {
  return `accountCommand-${commandId}`;
}
