import { balanceOf, lowersBalance, type AccountType, type Direction } from '../../src/kernel/money.js';
import type { AccountRow } from './account-rows.js';

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
  /** The revision at which it got its floor, after a time without one. */
  private floorRevision = 0n;
  /** How far below it legs have taken the account that were decided before that: they saw no floor, so it does not bind them. */
  private belowFloor = 0n;

  constructor(
    readonly accountId: string,
    readonly companyId: string,
    readonly type: AccountType,
    readonly currency: string,
    private overdraftLimit: bigint | null,
    /** What `accounts` should say of it. */
    public row: AccountRow,
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

  /** The balance less what is set aside. */
  get available(): bigint {
    return this.balance - this.reserved;
  }

  /** How far below zero the balance may go; null for unlimited. */
  get limit(): bigint | null {
    return this.overdraftLimit;
  }

  /** @param revision at which it was changed */
  changeLimit(limit: bigint | null, revision: bigint): void {
    if (this.overdraftLimit === null) {
      this.floorRevision = revision;
      this.belowFloor = 0n;
    }
    this.overdraftLimit = limit;
  }

  /** Looks at the entry, already taken, of a leg that reserved nothing. @param afterRevision what its decision had seen */
  excuse(direction: Direction, afterRevision: bigint): void {
    if (afterRevision < this.floorRevision && lowersBalance(this.type, direction)) {
      const missing = -this.available - (this.overdraftLimit ?? 0n);
      if (missing > this.belowFloor) this.belowFloor = missing;
    }
  }

  /** Whether the account stands below a floor it has, funds set aside included, by what that floor binds (ADR 0021). */
  get isBelowFloor(): boolean {
    return this.overdraftLimit !== null && this.available < -this.overdraftLimit - this.belowFloor;
  }
}
