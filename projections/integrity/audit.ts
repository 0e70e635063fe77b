import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { imbalances } from '../../src/kernel/money.js';
import { ACCOUNT_STREAM_PREFIX } from '../../src/write/accounts/events.js';
import type { PostedLeg } from '../../src/write/transactions/events.js';
import { openedRow, rowAfter } from './account-rows.js';
import { ALL_ACCOUNTS, isInPart, type AccountPart } from './account-part.js';
import { AuditedAccount, Sums } from './audited-account.js';
import { Findings } from './findings.js';
import { RowDigests } from './row-digests.js';

type Event<Type extends RecordedLedgerEvent['type']> = Extract<RecordedLedgerEvent, { type: Type }>;

/** A committed leg whose entry does not stand yet. */
export interface OwedLeg {
  readonly transactionId: string;
  readonly leg: PostedLeg;
  readonly recordedAtMs: number;
}

/** Funds set aside on an account. */
export interface OpenReservation {
  readonly reservationId: string;
  readonly accountId: string;
  readonly transactionId: string;
  readonly attemptId: string;
  /** What is left of it. */
  amount: bigint;
  /** How much of it posted legs name: their entries will consume that. */
  committed: bigint;
  /** A hold keeps what is not committed. */
  isHeld: boolean;
  /** Since when it is as it is. */
  recordedAtMs: number;
}

/**
 * Folds the log and checks it as it goes: every rule that can be checked from events alone, at every revision.
 *
 * It decides nothing and shares no code with what wrote the events: what both would get wrong, it would not see.
 * Of accounts outside its part it checks no more than that their transactions balance and that their rows are there.
 * Memory: per account of its part, per open reservation, per owed leg, and per transaction whose attempts were all abandoned so far.
 */
export class Audit {
  readonly findings = new Findings();
  readonly accounts = new Map<string, AuditedAccount>();
  /** `transaction/leg` -> the leg that is owed. */
  readonly owed = new Map<string, OwedLeg>();
  readonly reservations = new Map<string, OpenReservation>();
  /** Per currency, from the legs of posted transactions. */
  readonly currencies = new Map<string, Sums>();
  /** Of every row a read model should have. */
  readonly rows = new RowDigests();
  /** Transaction stream without an outcome -> how many events stand on it: all of them abandon attempts. */
  private readonly undecided = new Map<string, bigint>();
  events = 0;
  posted = 0;
  authorized = 0;
  rejected = 0;
  entries = 0;
  position = 0n;

  constructor(readonly part: AccountPart = ALL_ACCOUNTS) {}

  /** Takes the next event in commit order. Streams other than accounts and transactions hold no money and are not given. */
  add(event: RecordedLedgerEvent): void {
    this.events += 1;
    this.rows.add(event, this.position);
    this.position = event.position;
    if (event.streamName.startsWith(ACCOUNT_STREAM_PREFIX)) this.addToAccount(event);
    else this.addToTransaction(event);
  }

  /** The balances of the two kinds of streams, compared account by account. @param findings where what differs is added */
  compareStreams(findings: Findings = this.findings): void {
    for (const account of this.accounts.values()) {
      if (account.isConsistent) continue;
      findings.add(
        'entries and legs differ',
        `Account ${account.accountId}: its entries say debits ${account.entries.debits}, credits ${account.entries.credits}; the legs of its transactions ${account.legs.debits} and ${account.legs.credits}, of which ${account.owed.debits} and ${account.owed.credits} are still owed.`,
      );
    }
  }

  /** Reservations that nothing will consume and no hold keeps: no outcome, another attempt's, a refusal, or a hold that ended. */
  unowned(): OpenReservation[] {
    return [...this.reservations.values()].filter(
      ({ amount, committed, isHeld }) => amount > committed && !isHeld,
    );
  }

  private addToAccount(event: RecordedLedgerEvent): void {
    const id = event.streamName.slice(ACCOUNT_STREAM_PREFIX.length);
    if (!isInPart(this.part, id)) return;
    if (event.type === 'AccountOpened') {
      const { accountId, companyId, accountType, currency, overdraftLimit } = event.data;
      const limit = overdraftLimit === null ? null : BigInt(overdraftLimit);
      const row = openedRow(event);
      this.accounts.set(
        accountId,
        new AuditedAccount(accountId, companyId, accountType, currency, limit, row),
      );
      return;
    }
    const account = this.accounts.get(id);
    if (account === undefined) {
      this.findings.add('account stream has a gap', `${where(event)} comes before AccountOpened.`);
      return;
    }
    if (event.revision !== account.revision + 1n) {
      this.findings.add('account stream has a gap', `${where(event)} follows revision ${account.revision}.`);
    }
    account.revision = event.revision;
    account.row = rowAfter(account.row, event);
    if (event.type === 'OverdraftLimitChanged') {
      const limit = event.data.overdraftLimit;
      account.changeLimit(limit === null ? null : BigInt(limit), event.revision);
    } else if (event.type === 'FundsReserved') this.reserve(account, event);
    else if (event.type === 'ReservationReleased') this.release(account, event);
    else if (event.type === 'EntryPosted') this.enter(account, event);
    if (account.isBelowFloor) {
      this.findings.add(
        'below its floor',
        `${where(event)}: balance ${account.balance}, reserved ${account.reserved}, may go ${account.limit} below zero.`,
      );
    }
  }

  private reserve(account: AuditedAccount, event: Event<'FundsReserved'>): void {
    const { reservationId, transactionId, attemptId } = event.data;
    const amount = BigInt(event.data.amount);
    account.reserved += amount;
    this.reservations.set(reservationId, {
      ...{ reservationId, transactionId, attemptId, amount },
      accountId: account.accountId,
      recordedAtMs: event.recordedAtMs,
      committed: 0n,
      isHeld: false,
    });
  }

  private release(account: AuditedAccount, event: Event<'ReservationReleased'>): void {
    const { reservationId } = event.data;
    const amount = BigInt(event.data.amount);
    const reservation = this.openReservation(account, reservationId, event);
    if (reservation === undefined) return;
    if (amount > reservation.amount - reservation.committed) {
      this.findings.add(
        'reservation is not open',
        `${where(event)} releases ${amount} of ${reservation.amount}, of which posted legs need ${reservation.committed}.`,
      );
    }
    this.take(account, reservation, amount);
  }

  private enter(account: AuditedAccount, event: Event<'EntryPosted'>): void {
    const { transactionId, leg, direction, amount, currency, reservationId, sequence, balance } = event.data;
    this.entries += 1;
    account.entries.add(direction, BigInt(amount));
    if (reservationId !== null) this.consume(account, reservationId, BigInt(amount), event);
    if (sequence !== account.sequence + 1) {
      this.findings.add('entry out of sequence', `${where(event)}: ${sequence} after ${account.sequence}.`);
    }
    account.sequence = sequence;
    if (BigInt(balance) !== account.balance) {
      this.findings.add(
        'entry states a wrong balance',
        `${where(event)}: ${balance}, but its entries come to ${account.balance}.`,
      );
    }
    const key = `${transactionId}/${leg}`;
    const owed = this.owed.get(key);
    if (owed === undefined) {
      this.findings.add('entry without a posted leg', `${where(event)}: leg ${leg} of ${transactionId}.`);
      return;
    }
    this.owed.delete(key);
    if (reservationId === null) account.excuse(direction, BigInt(owed.leg.afterRevision));
    this.accounts.get(owed.leg.accountId)?.owed.add(owed.leg.direction, -BigInt(owed.leg.amount));
    const isSame =
      owed.leg.accountId === account.accountId &&
      owed.leg.direction === direction &&
      owed.leg.amount === amount &&
      owed.leg.currency === currency &&
      owed.leg.reservationId === reservationId;
    if (!isSame) {
      this.findings.add('entry differs from its leg', `${where(event)}: leg ${leg} of ${transactionId}.`);
    }
  }

  private addToTransaction(event: RecordedLedgerEvent): void {
    switch (event.type) {
      case 'AttemptAbandoned':
        this.undecided.set(event.streamName, event.revision + 1n);
        return;
      case 'TransactionPosted':
      case 'TransactionAuthorized':
      case 'TransactionRejected':
        return this.addOutcome(event);
      case 'CaptureReleased':
      case 'HoldCaptured':
      case 'HoldIncreased':
      case 'HoldVoided':
      case 'HoldExpired':
        for (const { reservationId } of event.data.released) this.hold(reservationId, false, event);
        return;
      default:
        return;
    }
  }

  private addOutcome(
    event: Event<'TransactionPosted'> | Event<'TransactionAuthorized'> | Event<'TransactionRejected'>,
  ): void {
    // An outcome is the first event of its stream, or follows abandoned attempts alone: so none has to be remembered.
    if (event.revision !== (this.undecided.get(event.streamName) ?? 0n)) {
      this.findings.add('transaction has a second outcome', `${where(event)}.`);
    }
    this.undecided.delete(event.streamName);
    if (event.type === 'TransactionRejected') {
      this.rejected += 1;
      return;
    }
    if (event.type === 'TransactionAuthorized') {
      this.authorized += 1;
      for (const { accountId, reservationId } of event.data.legs) {
        if (reservationId !== null && isInPart(this.part, accountId)) this.hold(reservationId, true, event);
      }
      return;
    }
    this.posted += 1;
    const legs = event.data.legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount) }));
    for (const [currency, difference] of imbalances(legs)) {
      this.findings.add(
        'transaction does not balance',
        `${where(event)}: debits - credits = ${difference} ${currency}.`,
      );
    }
    event.data.legs.forEach((leg, index) => this.owe(event, leg, index));
  }

  private owe(event: Event<'TransactionPosted'>, leg: PostedLeg, index: number): void {
    const { transactionId, companyId } = event.data;
    const amount = BigInt(leg.amount);
    const sums = this.currencies.get(leg.currency) ?? new Sums();
    sums.add(leg.direction, amount);
    this.currencies.set(leg.currency, sums);
    if (!isInPart(this.part, leg.accountId)) return;
    this.owed.set(`${transactionId}/${index}`, { transactionId, leg, recordedAtMs: event.recordedAtMs });
    const account = this.accounts.get(leg.accountId);
    if (account?.currency !== leg.currency || account.companyId !== companyId) {
      this.findings.add(
        'leg names an account it can not be on',
        `${where(event)}: leg ${index} on ${leg.accountId} in ${leg.currency} for company ${companyId}.`,
      );
    }
    account?.legs.add(leg.direction, amount);
    account?.owed.add(leg.direction, amount);
    if (leg.reservationId === null || account === undefined) return;
    const reservation = this.openReservation(account, leg.reservationId, event);
    if (reservation === undefined) return;
    if (amount > reservation.amount - reservation.committed) {
      this.findings.add(
        'reservation is not open',
        `${where(event)}: leg ${index} needs ${amount} of ${reservation.amount}, of which other legs need ${reservation.committed}.`,
      );
    }
    reservation.committed += amount;
    account.committed += amount;
  }

  /** A hold begins or ceases to keep a reservation. */
  private hold(reservationId: string, isHeld: boolean, event: RecordedLedgerEvent): void {
    const reservation = this.reservations.get(reservationId);
    if (reservation === undefined) {
      if (isHeld) this.findings.add('reservation is not open', `${where(event)} holds ${reservationId}.`);
      return;
    }
    reservation.isHeld = isHeld;
    reservation.recordedAtMs = event.recordedAtMs;
  }

  /** An entry takes what its posted leg committed. */
  private consume(
    account: AuditedAccount,
    reservationId: string,
    amount: bigint,
    event: RecordedLedgerEvent,
  ): void {
    const reservation = this.openReservation(account, reservationId, event);
    if (reservation === undefined) return;
    if (amount > reservation.committed) {
      this.findings.add(
        'reservation is not open',
        `${where(event)} takes ${amount} of ${reservationId}, of which posted legs need ${reservation.committed}.`,
      );
    }
    reservation.committed -= amount;
    account.committed -= amount;
    this.take(account, reservation, amount);
  }

  private openReservation(
    account: AuditedAccount,
    reservationId: string,
    event: RecordedLedgerEvent,
  ): OpenReservation | undefined {
    const found = this.reservations.get(reservationId);
    if (found?.accountId === account.accountId) return found;
    this.findings.add(
      'reservation is not open',
      `${where(event)}: ${reservationId} on account ${account.accountId}.`,
    );
    return undefined;
  }

  private take(account: AuditedAccount, reservation: OpenReservation, amount: bigint): void {
    account.reserved -= amount;
    reservation.amount -= amount;
    if (reservation.amount <= 0n) this.reservations.delete(reservation.reservationId);
  }
}

function where({ type, streamName, revision, position }: RecordedLedgerEvent): string {
  return `${type} at ${streamName} revision ${revision} (position ${position})`;
}
