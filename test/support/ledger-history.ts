import { randomUUID } from 'node:crypto';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { type ExpectedRevision, type NewEvent } from '../../src/edges/event-store/event-store.js';
import type { LedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { assert } from '../../src/kernel/assert.js';
import { toInstant, type Instant } from '../../src/kernel/clock.js';
import { balanceOf, type AccountType, type Direction } from '../../src/kernel/money.js';
import type { AccountView } from '../../src/write/accounts/account-view.js';
import { accountStream } from '../../src/write/accounts/events.js';
import { transactionStream, type Parent, type PostedLeg } from '../../src/write/transactions/events.js';

/** An account as the history knows it. */
export interface HistoryAccount {
  readonly accountId: string;
  readonly companyId: string;
  readonly type: AccountType;
  readonly currency: string;
  debits: bigint;
  credits: bigint;
  sequence: number;
}

/** A leg about to be posted; `reserved` when it is checked. */
export interface HistoryLeg {
  readonly account: HistoryAccount;
  readonly direction: Direction;
  readonly amount: bigint;
  readonly reservationId?: string;
}

export interface PostedTransaction {
  readonly transactionId: string;
  readonly legs: readonly HistoryLeg[];
  readonly position: bigint;
  readonly effectiveAt: Instant;
}

const AT = toInstant(Date.UTC(2026, 0, 31, 12));

/**
 * Writes the events of a ledger straight into a store, in the order the posting protocol writes them, without deciding
 * anything: for specs of what reads events.
 */
export class LedgerHistory {
  readonly accounts: HistoryAccount[] = [];
  private readonly revisions = new Map<string, bigint>();

  constructor(readonly store: EventStore) {}

  async open(
    options: {
      readonly name?: string;
      readonly type?: AccountType;
      readonly companyId?: string;
      readonly currency?: string;
      readonly overdraftLimit?: string | null;
      readonly parent?: HistoryAccount;
    } = {},
  ): Promise<HistoryAccount> {
    const {
      name = `Account ${this.accounts.length + 1}`,
      type = 'asset',
      companyId = 'default',
      currency = 'EUR',
      overdraftLimit = null,
      parent,
    } = options;
    const accountId = randomUUID();
    await this.append(accountStream(accountId), [
      {
        type: 'AccountOpened',
        data: {
          accountId,
          companyId,
          name,
          accountType: type,
          currency,
          exponent: 2,
          parentId: parent?.accountId ?? null,
          ancestorIds: parent === undefined ? [] : [parent.accountId],
          overdraftLimit,
          metadata: { colour: 'blue, "dark"' },
          openedAt: AT,
          idempotencyKey: `open-${accountId}`,
          requestHash: 'hash',
          request: {},
        },
      },
    ]);
    const account = { accountId, companyId, type, currency, debits: 0n, credits: 0n, sequence: 0 };
    this.accounts.push(account);
    return account;
  }

  /** Any event on an account's stream. */
  onAccount(account: HistoryAccount, event: LedgerEvent): Promise<bigint> {
    return this.append(accountStream(account.accountId), [event]);
  }

  async freeze(account: HistoryAccount): Promise<void> {
    const { accountId, type, currency } = account;
    const revision = `${(this.revisions.get(accountStream(accountId)) ?? 0n) + 1n}`;
    const answer: AccountView = {
      ...{ accountId, type, currency, revision, name: 'Account', exponent: 2, parentId: null },
      ...{ overdraftLimit: null, metadata: {}, status: 'frozen' as const, openedAt: AT },
    };
    await this.onAccount(account, {
      type: 'AccountFrozen',
      data: { commandId: randomUUID(), at: AT, reason: null, answer },
    });
  }

  async reserve(account: HistoryAccount, transactionId: string, amount: bigint): Promise<string> {
    const reservationId = randomUUID();
    await this.onAccount(account, {
      type: 'FundsReserved',
      data: {
        reservationId,
        transactionId,
        attemptId: transactionId,
        leg: 0,
        amount: `${amount}`,
        requestHash: 'hash',
        at: AT,
      },
    });
    return reservationId;
  }

  async release(
    account: HistoryAccount,
    transactionId: string,
    reservationId: string,
    amount: bigint,
  ): Promise<void> {
    await this.onAccount(account, {
      type: 'ReservationReleased',
      data: {
        reservationId,
        transactionId,
        attemptId: transactionId,
        amount: `${amount}`,
        releaseId: null,
        at: AT,
      },
    });
  }

  /** Commits a transaction; its entries are still owed. */
  async post(
    legs: readonly HistoryLeg[],
    options: {
      readonly transactionId?: string;
      readonly reference?: string | null;
      readonly effectiveAt?: Instant;
      readonly recordedAt?: Instant;
      readonly kind?: string;
      readonly description?: string | null;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly parent?: Parent | null;
    } = {},
  ): Promise<PostedTransaction> {
    const { transactionId = randomUUID(), reference = null, kind = 'transfer', description = null } = options;
    const { effectiveAt = AT, recordedAt = AT, metadata = {}, parent = null } = options;
    const posted: PostedLeg[] = legs.map(({ account, direction, amount, reservationId }) => ({
      accountId: account.accountId,
      direction,
      amount: `${amount}`,
      currency: account.currency,
      reservationId: reservationId ?? null,
      afterRevision: `${this.revisions.get(accountStream(account.accountId)) ?? 0n}`,
    }));
    const companyId = legs[0]?.account.companyId ?? 'default';
    const position = await this.append(transactionStream(transactionId), [
      {
        type: 'TransactionPosted',
        data: {
          transactionId,
          companyId,
          attemptId: transactionId,
          ...{ kind, description, reference, metadata, effectiveAt, recordedAt, parent },
          legs: posted,
          idempotencyKey: `key-${transactionId}`,
          requestHash: 'hash',
          request: {},
        },
      },
    ]);
    return { transactionId, legs, position, effectiveAt };
  }

  async reject(companyId: string, reference: string | null = null): Promise<string> {
    const transactionId = randomUUID();
    await this.append(transactionStream(transactionId), [
      {
        type: 'TransactionRejected',
        data: {
          transactionId,
          companyId,
          attemptId: transactionId,
          code: 'insufficient-funds',
          pointer: '/amount',
          details: { available: '0' },
          recordedAt: AT,
          idempotencyKey: `key-${transactionId}`,
          requestHash: 'hash',
          request: { kind: 'transfer', reference },
        },
      },
    ]);
    return transactionId;
  }

  /** Writes the entry of one leg. */
  async settle(transaction: PostedTransaction, leg: number): Promise<void> {
    const found = transaction.legs[leg];
    assert(found, `Leg ${leg} exists.`);
    const { account, direction, amount, reservationId = null } = found;
    if (direction === 'debit') account.debits += amount;
    else account.credits += amount;
    account.sequence += 1;
    await this.onAccount(account, {
      type: 'EntryPosted',
      data: {
        transactionId: transaction.transactionId,
        leg,
        direction,
        amount: `${amount}`,
        currency: account.currency,
        effectiveAt: transaction.effectiveAt,
        reservationId,
        sequence: account.sequence,
        balance: `${balanceOf(account.type, account.debits, account.credits)}`,
        at: AT,
      },
    });
  }

  /** A whole transfer: reserve on `from` when asked to, commit, settle both legs. */
  async transfer(
    from: HistoryAccount,
    to: HistoryAccount,
    amount: bigint,
    options: { readonly checked?: boolean; readonly reference?: string } = {},
  ): Promise<PostedTransaction> {
    const transactionId = randomUUID();
    const reservation = options.checked
      ? { reservationId: await this.reserve(from, transactionId, amount) }
      : {};
    const transaction = await this.post(
      [
        { account: from, direction: 'credit', amount, ...reservation },
        { account: to, direction: 'debit', amount },
      ],
      { transactionId, reference: options.reference ?? null },
    );
    await this.settle(transaction, 0);
    await this.settle(transaction, 1);
    return transaction;
  }

  /** Appends events to any stream, at the revision this history last wrote. @returns the last one's position */
  async append(streamName: string, events: readonly { type: string; data: object }[]): Promise<bigint> {
    const expected: ExpectedRevision = this.revisions.get(streamName) ?? 'no_stream';
    const outcome = await this.store.append(streamName, expected, events.map(toNewEvent));
    assert(outcome.kind === 'appended', `${streamName} is written by this history alone.`);
    this.revisions.set(streamName, outcome.revision);
    return outcome.position;
  }
}

function toNewEvent({ type, data }: { type: string; data: object }): NewEvent {
  const id = randomUUID();
  return {
    id,
    type,
    data,
    metadata: {
      $correlationId: id,
      $causationId: id,
      actor: 'spec',
      companyId: 'default',
      requestId: id,
      schemaVersion: 1,
    },
  };
}
