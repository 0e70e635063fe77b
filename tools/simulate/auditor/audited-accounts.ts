import type { AccountEvent } from '../../../src/write/accounts/events.js';
import type { RecordedEvent } from '../../../src/edges/event-store/event-store.js';
import { must } from './violation.js';

/** Money set aside on an account, as the auditor counts it. */
export interface AuditedReservation {
  readonly transactionId: string;
  readonly attemptId: string;
  readonly amount: bigint;
  left: bigint;
}

/** One execution of a command. */
export interface Attempt {
  readonly transactionId: string;
  readonly attemptId: string;
}

/** What an account was said to have, and what would have been enough. */
export interface Lack {
  readonly available: bigint;
  readonly needed: bigint;
}

/** An account's figures at one revision. */
export interface Figures {
  readonly status: 'open' | 'frozen' | 'closing' | 'closed';
  /** How far below zero the balance may go; null for any. */
  readonly limit: bigint | null;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly reserved: bigint;
  /** Of the event that made them so. */
  readonly position: bigint;
}

/** One account, counted from its events alone. */
export class AuditedAccount {
  status: Figures['status'] = 'open';
  limit: bigint | null;
  debits = 0n;
  credits = 0n;
  reserved = 0n;
  sequence = 0;
  readonly companyId: string;
  readonly currency: string;
  readonly reservations = new Map<string, AuditedReservation>();
  /** Its figures at every revision. */
  readonly history: Figures[] = [];
  /** Per revision, the attempt that left something there; null for any other event. */
  private readonly traces: (Attempt | null)[] = [];
  /** The strictest conditions that each attempt found met. */
  private readonly met = new Map<
    string,
    Extract<AccountEvent, { type: 'ConditionMet' }>['data']['condition']
  >();
  /** Every reservation it ever had. */
  private readonly made = new Set<string>();
  private readonly raisedByDebits: boolean;

  constructor(
    readonly accountId: string,
    { data, position }: Extract<AccountEvent, { type: 'AccountOpened' }> & Pick<RecordedEvent, 'position'>,
  ) {
    this.companyId = data.companyId;
    this.currency = data.currency;
    this.raisedByDebits = data.accountType === 'asset' || data.accountType === 'expense';
    this.limit = data.overdraftLimit === null ? null : BigInt(data.overdraftLimit);
    must(data.accountId === accountId, 'streams-are-contiguous', () => `${accountId} is opened as itself`);
    this.note(position, null);
  }

  get balance(): bigint {
    return this.raisedByDebits ? this.debits - this.credits : this.credits - this.debits;
  }

  get available(): bigint {
    return this.balance - this.reserved;
  }

  get revision(): number {
    return this.history.length - 1;
  }

  /**
   * Whether an attempt was rightly told that this account lacks something: at some revision since a position it had exactly
   * so much available, and less than needed even with what other attempts of the same transaction had set aside there.
   */
  didLack({ available, needed }: Lack, attempt: Attempt, since: bigint): boolean {
    for (let revision = this.history.length - 1; revision >= 0; revision -= 1) {
      const figures = this.history[revision];
      if (!figures) return false;
      const { debits, credits, reserved, position } = figures;
      const had = (this.raisedByDebits ? debits - credits : credits - debits) - reserved;
      if (had === available && had + this.setAsideByOthers(attempt, revision) < needed) return true;
      if (position <= since) return false;
    }
    return false;
  }

  /** What other attempts of the same transaction had set aside at a revision. */
  private setAsideByOthers({ transactionId, attemptId }: Attempt, revision: number): bigint {
    let sum = 0n;
    for (let index = 1; index <= revision; index += 1) {
      const trace = this.traces[index];
      if (trace?.transactionId !== transactionId || trace.attemptId === attemptId) continue;
      sum += (this.history[index]?.reserved ?? 0n) - (this.history[index - 1]?.reserved ?? 0n);
    }
    return sum;
  }

  /** The revision it had at a position of the log. */
  revisionAt(position: bigint): number {
    let revision = this.history.length - 1;
    while (revision > 0 && (this.history[revision]?.position ?? 0n) > position) revision -= 1;
    return revision;
  }

  lowers(direction: 'debit' | 'credit'): boolean {
    return (direction === 'debit') !== this.raisedByDebits;
  }

  /** Sets funds aside: only on an open account, and only what its floor allows. */
  reserve({ data }: Extract<AccountEvent, { type: 'FundsReserved' }>): void {
    const { reservationId, transactionId, attemptId } = data;
    const amount = positive(data.amount);
    must(this.status === 'open', 'statuses-bind', () => `${this.name} sets funds aside while ${this.status}`);
    must(!this.made.has(reservationId), 'reservations-are-conserved', () => `${reservationId} is made twice`);
    this.made.add(reservationId);
    this.reservations.set(reservationId, { transactionId, attemptId, amount, left: amount });
    this.reserved += amount;
    this.checkFloor(`setting aside ${amount}`);
  }

  /** Takes from a reservation, for an entry or for a release. */
  take(reservationId: string, amount: bigint): AuditedReservation {
    const reservation = this.reservations.get(reservationId);
    must(
      reservation,
      'reservations-are-conserved',
      () => `${reservationId} of ${this.name} is not open any more`,
    );
    must(
      reservation.left >= amount,
      'reservations-are-conserved',
      () => `${amount} is taken of ${reservation.left} left in ${reservationId} of ${this.name}`,
    );
    reservation.left -= amount;
    this.reserved -= amount;
    if (reservation.left === 0n) this.reservations.delete(reservationId);
    return reservation;
  }

  /**
   * Books an entry and compares the figures it states.
   *
   * @param isLate decided when the account had no floor
   */
  book({ data }: Extract<AccountEvent, { type: 'EntryPosted' }>, isLate: boolean): void {
    const amount = positive(data.amount);
    must(this.status !== 'closed', 'statuses-bind', () => `${this.name} gets an entry while closed`);
    if (data.reservationId !== null) this.take(data.reservationId, amount);
    if (data.direction === 'debit') this.debits += amount;
    else this.credits += amount;
    this.sequence += 1;
    must(
      data.sequence === this.sequence,
      'one-entry-per-leg',
      () => `entry ${data.sequence} of ${this.name} is its entry ${this.sequence}`,
    );
    must(
      data.balance === this.balance.toString(),
      'one-entry-per-leg',
      () => `entry ${data.sequence} of ${this.name} states balance ${data.balance}, counted ${this.balance}`,
    );
    const isCovered = data.reservationId !== null || !this.lowers(data.direction);
    if (!isCovered && !isLate) this.checkFloor(`entry ${data.sequence}`);
  }

  changeLimit(limit: string | null): void {
    this.limit = limit === null ? null : BigInt(limit);
    this.checkFloor(`a limit of ${limit}`);
  }

  changeStatus(from: readonly Figures['status'][], to: Figures['status']): void {
    must(from.includes(this.status), 'statuses-bind', () => `${this.name} turns ${to} while ${this.status}`);
    if (to === 'closing') {
      must(
        this.available === 0n,
        'statuses-bind',
        () => `${this.name} closes with ${this.available} available`,
      );
    }
    if (to === 'closed') {
      must(this.balance === 0n, 'statuses-bind', () => `${this.name} is closed with balance ${this.balance}`);
      must(
        this.reservations.size === 0,
        'statuses-bind',
        () => `${this.name} is closed with open reservations`,
      );
    }
    this.status = to;
  }

  /** An attempt found its conditions met, at the revision before this event. */
  meet({ data }: Extract<AccountEvent, { type: 'ConditionMet' }>): void {
    const { condition, transactionId, attemptId } = data;
    const { availableMin, revision } = condition;
    must(
      availableMin === null || this.available >= BigInt(availableMin),
      'conditions-hold',
      () => `${this.name} has ${this.available} available, not ${availableMin}`,
    );
    // What earlier attempts of the same transaction left does not count.
    const since = revision === null ? [] : this.traces.slice(Number(revision) + 1);
    must(
      (revision === null || Number(revision) <= this.revision) &&
        since.every((by) => by?.transactionId === transactionId),
      'conditions-hold',
      () => `${this.name} was changed since revision ${revision}, and is at ${this.revision}`,
    );
    this.met.set(attemptId, condition);
  }

  /** Whether an attempt found a condition met here. */
  hasMet(attemptId: string, availableMin: string | null, revision: string | null): boolean {
    const met = this.met.get(attemptId);
    if (!met) return false;
    return revision === null
      ? BigInt(met.availableMin ?? -1) >= BigInt(availableMin ?? 0)
      : met.revision === revision;
  }

  /**
   * Remembers the figures after an event.
   *
   * @param trace the attempt it belongs to, null when it changes the account for good
   */
  note(position: bigint, trace: Attempt | null): void {
    this.traces.push(trace);
    const { status, limit, debits, credits, reserved } = this;
    this.history.push({ status, limit, debits, credits, reserved, position });
  }

  private checkFloor(after: string): void {
    const { limit, available } = this;
    must(
      limit === null || available >= -limit,
      'floors-hold',
      () => `${this.name} with floor -${limit} has ${available} available after ${after}`,
    );
  }

  get name(): string {
    return `account ${this.accountId}`;
  }
}

/** Reads an amount: digits, more than nothing. */
export function positive(text: string): bigint {
  must(/^[1-9]\d*$/.test(text), 'transactions-balance', () => `${text} is no amount`);
  return BigInt(text);
}

/** The part of a stream's name after its kind. */
export function idIn(event: RecordedEvent): string {
  return event.streamName.slice(event.streamName.indexOf('-') + 1);
}
