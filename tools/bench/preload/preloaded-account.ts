import type { EventMetadata, NewEvent } from '../../../src/edges/event-store/event-store.js';
import type { AccountEvent } from '../../../src/write/accounts/events.js';
import { accountIdOf, eventIdOf, requestHashOf, transactionIdOf } from '../../../src/write/identity.js';
import type { TransactionEvent } from '../../../src/write/transactions/events.js';

const COMPANY = 'default';
const AMOUNT = 105n;
const OVERDRAFT_LIMIT = '1000000000000000';

/** Everything one preloaded account brings: itself, and one transfer from it to the biggest account. */
export interface PreloadedAccount {
  readonly accountId: string;
  readonly transactionId: string;
  /** The first events of the account's stream. */
  readonly opening: readonly NewEvent[];
  /** The only event of the transaction's stream. */
  readonly commit: NewEvent;
  /** The account's entry, which follows `opening`. */
  readonly entry: NewEvent;
  /** The biggest account's entry, at revision `number`. */
  readonly bigEntry: NewEvent;
}

/** Events a preloaded account brings. */
export const EVENTS_PER_ACCOUNT = 5;

/** Writes the history of a run, event by event as the ledger itself would have: `npm run verify` accepts it. */
export class PreloadedHistory {
  readonly bigAccountId: string;

  /**
   * @param runId makes the keys of this run its own
   * @param now instant at which everything happened
   */
  constructor(
    private readonly runId: string,
    private readonly now: string,
  ) {
    this.bigAccountId = accountIdOf(COMPANY, `${runId}-big`);
  }

  /** The first event of the biggest account. */
  openBigAccount(): NewEvent {
    return this.opened(this.bigAccountId, `${this.runId}-big`, 'Biggest account', null);
  }

  /** @param number from 1, without gaps: the biggest account's entries count it */
  account(number: number): PreloadedAccount {
    const { bigAccountId, now } = this;
    const accountKey = `${this.runId}-account-${number}`;
    const accountId = accountIdOf(COMPANY, accountKey);
    const key = `${this.runId}-transfer-${number}`;
    const transactionId = transactionIdOf(COMPANY, key);
    const attemptId = eventIdOf(transactionId, 'preload');
    const reservationId = eventIdOf(attemptId, 'reservation:0');
    const amount = AMOUNT.toString();
    const request = { form: 'transfer', from: accountId, to: bigAccountId, amount, currency: 'USD' };
    const requestHash = requestHashOf(request);
    const metadata = metadataOf(transactionId);
    const reserved: AccountEvent = {
      type: 'FundsReserved',
      data: { reservationId, transactionId, attemptId, leg: 0, amount, requestHash, at: now },
    };
    const posted: TransactionEvent = {
      type: 'TransactionPosted',
      data: {
        transactionId,
        companyId: COMPANY,
        attemptId,
        kind: 'transfer',
        description: `Order ${number}`,
        reference: null,
        metadata: {},
        effectiveAt: now,
        recordedAt: now,
        legs: [
          { accountId, direction: 'debit', amount, currency: 'USD', reservationId, afterRevision: '1' },
          {
            accountId: bigAccountId,
            direction: 'credit',
            amount,
            currency: 'USD',
            reservationId: null,
            afterRevision: String(number - 1),
          },
        ],
        parent: null,
        idempotencyKey: key,
        requestHash,
        request,
      },
    };
    const entry = (leg: 0 | 1): NewEvent => ({
      id: eventIdOf(transactionId, `entry:${leg}`),
      ...this.entered(transactionId, leg, leg === 0 ? 1 : number, leg === 0 ? reservationId : null),
      metadata,
    });
    return {
      accountId,
      transactionId,
      opening: [
        this.opened(accountId, accountKey, `Preloaded ${number}`, OVERDRAFT_LIMIT),
        { id: eventIdOf(reservationId, 'reserved'), ...reserved, metadata },
      ],
      commit: { id: eventIdOf(attemptId, 'outcome'), ...posted, metadata },
      entry: entry(0),
      bigEntry: entry(1),
    };
  }

  private opened(accountId: string, key: string, name: string, overdraftLimit: string | null): NewEvent {
    const request = { name, type: 'liability', currency: 'USD', overdraftLimit };
    const opened: AccountEvent = {
      type: 'AccountOpened',
      data: {
        accountId,
        companyId: COMPANY,
        name,
        accountType: 'liability',
        currency: 'USD',
        exponent: 2,
        parentId: null,
        ancestorIds: [],
        overdraftLimit,
        metadata: {},
        openedAt: this.now,
        idempotencyKey: key,
        requestHash: requestHashOf(request),
        request,
      },
    };
    return { id: eventIdOf(accountId, 'opened'), ...opened, metadata: metadataOf(accountId) };
  }

  private entered(
    transactionId: string,
    leg: 0 | 1,
    sequence: number,
    reservationId: string | null,
  ): AccountEvent {
    const balance = leg === 0 ? -AMOUNT : AMOUNT * BigInt(sequence);
    return {
      type: 'EntryPosted',
      data: {
        transactionId,
        leg,
        direction: leg === 0 ? 'debit' : 'credit',
        amount: AMOUNT.toString(),
        currency: 'USD',
        effectiveAt: this.now,
        reservationId,
        sequence,
        balance: balance.toString(),
        at: this.now,
      },
    };
  }
}

function metadataOf(causationId: string): EventMetadata {
  return {
    $correlationId: causationId,
    $causationId: causationId,
    actor: 'anonymous',
    companyId: COMPANY,
    requestId: causationId,
    schemaVersion: 1,
  };
}
