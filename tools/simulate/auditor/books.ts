import type { ReleasedPart } from '../../../src/write/transactions/events.js';
import type { AuditedAccount } from './audited-accounts.js';
import { AuditedTransaction } from './audited-transaction.js';
import { KeyRegister } from './key-register.js';
import { must } from './violation.js';

/** Funds that a hold has to give back, since an event of its stream. */
export interface OwedRelease {
  readonly holdId: string;
  readonly part: ReleasedPart;
  readonly since: bigint;
}

/** What the auditor knows of the ledger, counted from its events alone. */
export class Books {
  readonly accounts = new Map<string, AuditedAccount>();
  readonly transactions = new Map<string, AuditedTransaction>();
  readonly keys = new KeyRegister();
  /** What holds have to give back, by reservation and cause. */
  readonly owedReleases = new Map<string, OwedRelease>();
  /** Entries decided while their account had no floor, booked when it had one. */
  lateLegs = 0;

  account(accountId: string): AuditedAccount {
    const account = this.accounts.get(accountId);
    must(account, 'streams-are-contiguous', () => `account ${accountId} was not opened`);
    return account;
  }

  transaction(transactionId: string): AuditedTransaction {
    const known = this.transactions.get(transactionId);
    if (known) return known;
    const transaction = new AuditedTransaction(transactionId);
    this.transactions.set(transactionId, transaction);
    return transaction;
  }

  /** A hold owes these from now on. */
  owe(holdId: string, since: bigint, parts: readonly ReleasedPart[]): void {
    for (const part of parts) {
      const key = `${part.reservationId}/${part.releaseId}`;
      must(!this.owedReleases.has(key), 'reservations-are-conserved', () => `${key} is owed twice`);
      this.owedReleases.set(key, { holdId, part, since });
    }
  }
}
