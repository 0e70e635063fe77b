import { balanceOf, type AccountType, type Direction } from '../../src/kernel/money.js';

/** Debits and credits, in minor units. */
export class Sums {
  debits = 0n;
  credits = 0n;

  add(direction: Direction, amount: bigint): void {
    if (direction === 'debit') this.debits += amount;
    else this.credits += amount;
  }
}

/** One account, its money computed twice: from the entries on its own stream, and from the legs of transactions. */
export class AuditedAccount {
  /** From `EntryPosted`. */
  readonly entries = new Sums();
  /** From the legs of `TransactionPosted`. */
  readonly legs = new Sums();
  /** From the legs that have no entry yet. */
  readonly owed = new Sums();
  /** Open reservations. */
  reserved = 0n;
  /** Open reservations that a posted leg names: a read model counts them as consumed. */
  committed = 0n;
  sequence = 0;
  revision = 0n;

  constructor(
    readonly accountId: string,
    readonly companyId: string,
    readonly type: AccountType,
    readonly currency: string,
    /** How far below zero the balance may go; null for unlimited. */
    public overdraftLimit: bigint | null,
  ) {}

  /** The balance as the account's own stream has it. */
  get balance(): bigint {
    return balanceOf(this.type, this.entries.debits, this.entries.credits);
  }

  /** What has to hold between the two computations, whenever it is asked. */
  get isConsistent(): boolean {
    return (
      this.entries.debits + this.owed.debits === this.legs.debits &&
      this.entries.credits + this.owed.credits === this.legs.credits
    );
  }

  /** Whether the account has a floor and stands below it, funds set aside included. */
  get isBelowFloor(): boolean {
    return this.overdraftLimit !== null && this.balance - this.reserved < -this.overdraftLimit;
  }
}
