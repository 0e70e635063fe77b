import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { balanceOf, imbalances, type AccountType, type Direction } from '../../src/kernel/money.js';

/** A leg as the log has it. */
export interface LoggedLeg {
  readonly accountId: string;
  readonly direction: Direction;
  readonly amount: bigint;
  readonly currency: string;
}

interface LoggedTransaction {
  readonly transactionId: string;
  readonly legs: readonly LoggedLeg[];
  /** Entries met so far, by leg. */
  readonly entries: number[];
}

interface LoggedAccount {
  readonly type: AccountType;
  /** Null without a floor; minor units below zero. */
  readonly overdraftLimit: bigint | null;
  debits: bigint;
  credits: bigint;
  sequence: number;
}

/**
 * Reads the log once, in its order, with rules of its own: no fold, no state and no rule of the write side is used, so that
 * a mistake there is not repeated here.
 */
export class Replay {
  /** Idempotency key -> the transactions posted under it: one, or something is wrong. */
  readonly byKey = new Map<string, LoggedTransaction[]>();
  /** Idempotency key -> final refusals under it. */
  readonly rejectedByKey = new Map<string, number>();
  readonly accounts = new Map<string, LoggedAccount>();
  /** Entries beyond the first of their leg. */
  duplicates = 0;
  /** Entries without a posted transaction before them, or that say something else than their leg. */
  strays = 0;
  /** Posted transactions whose debits and credits differ in some currency. */
  unbalanced = 0;
  /** Revisions at which an account with a floor is below it. */
  belowFloor = 0;
  /** Entries whose count or running balance is not what the entries before them make it. */
  wrongRunning = 0;
  events = 0;
  /** Of the last event read. */
  newestPosition = 0n;
  private readonly transactions = new Map<string, LoggedTransaction>();
  /** Open reservations: reservation id -> its transaction. */
  private readonly reservations = new Map<string, string>();

  /** Takes the next event of the log. */
  read(event: RecordedLedgerEvent): void {
    this.events += 1;
    this.newestPosition = event.position;
    switch (event.type) {
      case 'AccountOpened': {
        const { accountId, accountType, overdraftLimit } = event.data;
        this.accounts.set(accountId, {
          type: accountType,
          overdraftLimit: overdraftLimit === null ? null : BigInt(overdraftLimit),
          debits: 0n,
          credits: 0n,
          sequence: 0,
        });
        return;
      }
      case 'FundsReserved':
        this.reservations.set(event.data.reservationId, event.data.transactionId);
        return;
      case 'ReservationReleased':
        this.reservations.delete(event.data.reservationId);
        return;
      case 'TransactionPosted':
        this.post(event.data.transactionId, event.data.idempotencyKey, event.data.legs);
        return;
      case 'TransactionRejected': {
        const { idempotencyKey } = event.data;
        this.rejectedByKey.set(idempotencyKey, (this.rejectedByKey.get(idempotencyKey) ?? 0) + 1);
        return;
      }
      case 'EntryPosted': {
        const accountId = event.streamName.slice('account-'.length);
        this.enter(accountId, event.data);
        return;
      }
      default:
        return;
    }
  }

  /** Legs of posted transactions that have no entry. */
  get unsettled(): number {
    let count = 0;
    for (const { entries } of this.transactions.values())
      count += entries.filter((each) => each === 0).length;
    return count;
  }

  /** Open reservations, none of which a posted transaction will consume. */
  get leftReservations(): number {
    return this.reservations.size;
  }

  private post(
    transactionId: string,
    key: string,
    legs: readonly { accountId: string; direction: Direction; amount: string; currency: string }[],
  ): void {
    const transaction: LoggedTransaction = {
      transactionId,
      legs: legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount) })),
      entries: legs.map(() => 0),
    };
    this.transactions.set(transactionId, transaction);
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), transaction]);
    if (imbalances(transaction.legs).size > 0) this.unbalanced += 1;
  }

  private enter(
    accountId: string,
    entry: {
      readonly transactionId: string;
      readonly leg: number;
      readonly direction: Direction;
      readonly amount: string;
      readonly reservationId: string | null;
      readonly sequence: number;
      readonly balance: string;
    },
  ): void {
    const transaction = this.transactions.get(entry.transactionId);
    const leg = transaction?.legs[entry.leg];
    const account = this.accounts.get(accountId);
    const amount = BigInt(entry.amount);
    if (
      !transaction ||
      !account ||
      leg?.accountId !== accountId ||
      leg.direction !== entry.direction ||
      leg.amount !== amount
    ) {
      this.strays += 1;
      return;
    }
    const times = (transaction.entries[entry.leg] ?? 0) + 1;
    transaction.entries[entry.leg] = times;
    if (times > 1) this.duplicates += 1;
    if (entry.reservationId !== null) this.reservations.delete(entry.reservationId);
    if (entry.direction === 'debit') account.debits += amount;
    else account.credits += amount;
    account.sequence += 1;
    const balance = balanceOf(account.type, account.debits, account.credits);
    if (account.overdraftLimit !== null && balance < -account.overdraftLimit) this.belowFloor += 1;
    if (entry.sequence !== account.sequence || entry.balance !== balance.toString()) this.wrongRunning += 1;
  }
}
