import { balanceOf } from '../../src/kernel/money.js';
import type { Movement, PlannedAccount } from './movement.js';

/** What an account must hold, in minor units. */
export interface ExpectedBalance {
  readonly debits: bigint;
  readonly credits: bigint;
  /** Signed by the account's normal side. */
  readonly balance: bigint;
}

/** What the clients were told of one key. */
export interface Acknowledged {
  readonly movement: Movement;
  readonly transactionId: string;
  /** Commit position. */
  readonly position: bigint;
}

/**
 * The clients' own books: what must be, reckoned from what they sent and were told, in plain maps.
 * Nothing here comes from the ledger but its yes or no.
 */
export class Model {
  private readonly accounts = new Map<string, PlannedAccount>();
  private readonly sums = new Map<string, { debits: bigint; credits: bigint }>();
  readonly posted = new Map<string, Acknowledged>();
  /** Key -> the refusal's code. */
  readonly refused = new Map<string, string>();
  /** The newest position the clients were told. */
  newestPosition = 0n;

  constructor(accounts: readonly PlannedAccount[]) {
    for (const account of accounts) {
      this.accounts.set(account.label, account);
      this.sums.set(account.label, { debits: 0n, credits: 0n });
    }
  }

  /** The ledger said yes. Counts once per key, however often it says so. */
  post(movement: Movement, transactionId: string, position: bigint): void {
    if (this.posted.has(movement.key)) return;
    this.posted.set(movement.key, { movement, transactionId, position });
    if (position > this.newestPosition) this.newestPosition = position;
    for (const { account, direction, amount } of movement.legs) {
      const sum = this.sums.get(account);
      if (sum === undefined) throw new RangeError(`Account ${account} is not in the books.`);
      if (direction === 'debit') sum.debits += amount;
      else sum.credits += amount;
    }
  }

  /** The ledger said no. */
  refuse(movement: Movement, code: string): void {
    this.refused.set(movement.key, code);
  }

  /** What an account must hold now. */
  expected(label: string): ExpectedBalance {
    const account = this.accounts.get(label);
    const sum = this.sums.get(label);
    if (account === undefined || sum === undefined) {
      throw new RangeError(`Account ${label} is not in the books.`);
    }
    return { ...sum, balance: balanceOf(account.type, sum.debits, sum.credits) };
  }

  /** Every account, in the order they were planned. */
  get plannedAccounts(): readonly PlannedAccount[] {
    return [...this.accounts.values()];
  }
}
