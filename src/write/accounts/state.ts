import { assert, assertNever } from '../../kernel/assert.js';
import { balanceOf, type AccountType } from '../../kernel/money.js';
import { SharedMap } from '../../kernel/shared-map.js';
import type { AccountStatus, AccountView, BalanceView, WouldBeBalanceView } from './account-view.js';
import type { AccountEvent, EntryPosted } from './events.js';

/** Funds set aside for one leg of a transaction that has no entry yet, or for a hold. */
export interface Reservation {
  readonly transactionId: string;
  readonly attemptId: string;
  readonly leg: number;
  /** What is left of it; minor units. */
  readonly amount: bigint;
  /** The releases that gave their part of it back while captures under way still keep theirs, so that each does once. */
  readonly releases: readonly string[];
}

/** One account, folded from its stream. All amounts are minor units. */
export interface AccountState {
  readonly accountId: string;
  readonly companyId: string;
  readonly name: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly exponent: number;
  readonly parentId: string | null;
  readonly ancestorIds: readonly string[];
  /** How far below zero the balance may go; null for unlimited. */
  readonly overdraftLimit: bigint | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: AccountStatus;
  readonly openedAt: string;
  readonly debits: bigint;
  readonly credits: bigint;
  /** The sum of the open reservations. */
  readonly reserved: bigint;
  /** At most `openReservationsMax`, so that a snapshot holds them. */
  readonly reservations: SharedMap<string, Reservation>;
  /** Entries so far. */
  readonly sequence: number;
}

/** The account's settled balance, signed by its normal side. */
export function balance(state: AccountState): bigint {
  return balanceOf(state.type, state.debits, state.credits);
}

/** What a new checked leg may still take, before the overdraft limit. */
export function available(state: AccountState): bigint {
  return balance(state) - state.reserved;
}

/**
 * Folds one event into the account. Pure: the same events give the same state, anywhere and at any time.
 *
 * @param state null before the first event
 */
export function evolve(state: AccountState | null, event: AccountEvent): AccountState {
  if (event.type === 'AccountOpened') {
    assert(state === null, 'An account is opened once.');
    const {
      accountType,
      overdraftLimit,
      idempotencyKey: _key,
      requestHash: _hash,
      request: _request,
      ...data
    } = event.data;
    return {
      ...data,
      type: accountType,
      overdraftLimit: overdraftLimit === null ? null : BigInt(overdraftLimit),
      status: 'open',
      debits: 0n,
      credits: 0n,
      reserved: 0n,
      reservations: SharedMap.of(),
      sequence: 0,
    };
  }
  assert(state !== null, `An account stream begins with AccountOpened, not ${event.type}.`);
  switch (event.type) {
    case 'AccountMetadataChanged':
      return { ...state, name: event.data.name, metadata: event.data.metadata };
    case 'OverdraftLimitChanged': {
      const limit = event.data.overdraftLimit;
      return { ...state, overdraftLimit: limit === null ? null : BigInt(limit) };
    }
    case 'AccountFrozen':
      return { ...state, status: 'frozen' };
    case 'AccountUnfrozen':
    case 'AccountReopened':
      return { ...state, status: 'open' };
    case 'AccountClosing':
      return { ...state, status: 'closing' };
    case 'AccountClosed':
      return { ...state, status: 'closed' };
    case 'FundsReserved': {
      const { reservationId, transactionId, attemptId, leg } = event.data;
      // Made twice it would be counted twice and freed once.
      assert(!state.reservations.has(reservationId), `Reservation ${reservationId} is made once.`);
      const amount = BigInt(event.data.amount);
      const reservation = { transactionId, attemptId, leg, amount, releases: [] };
      const reservations = state.reservations.with(reservationId, reservation);
      return { ...state, reservations, reserved: state.reserved + amount };
    }
    case 'ReservationReleased': {
      const { reservationId, amount, releaseId } = event.data;
      return takenFrom(state, reservationId, BigInt(amount), releaseId);
    }
    case 'ConditionMet':
      return state;
    case 'EntryPosted':
      return withEntry(state, event);
    default:
      return assertNever(event, 'An account event');
  }
}

/** @param releaseId null for an entry, which is known by its id, and for a release of all there is */
function takenFrom(
  state: AccountState,
  reservationId: string,
  amount: bigint,
  releaseId: string | null,
): AccountState {
  const reservation = state.reservations.get(reservationId);
  assert(reservation, `Reservation ${reservationId} is open on account ${state.accountId}.`);
  const rest = reservation.amount - amount;
  assert(rest >= 0n, `Reservation ${reservationId} holds what is taken from it.`);
  const { releases } = reservation;
  assert(
    releaseId === null || !releases.includes(releaseId),
    `${releaseId} of ${reservationId} is done once.`,
  );
  const after = { ...reservation, amount: rest, releases: releaseId ? [...releases, releaseId] : releases };
  const reservations =
    rest === 0n ? state.reservations.without(reservationId) : state.reservations.with(reservationId, after);
  return { ...state, reservations, reserved: state.reserved - amount };
}

function withEntry(state: AccountState, event: EntryPosted): AccountState {
  const { reservationId, direction, sequence } = event.data;
  assert(
    sequence === state.sequence + 1,
    `Entry ${sequence} follows entry ${state.sequence} on ${state.accountId}.`,
  );
  assert(
    event.data.currency === state.currency,
    `Entry ${sequence} of ${state.accountId} is in its currency.`,
  );
  const amount = BigInt(event.data.amount);
  const freed = reservationId === null ? state : takenFrom(state, reservationId, amount, null);
  const booked = {
    ...freed,
    debits: freed.debits + (direction === 'debit' ? amount : 0n),
    credits: freed.credits + (direction === 'credit' ? amount : 0n),
    sequence,
  };
  // Checked here too: the writer computed it from its own fold, and the two must agree.
  assert(
    balance(booked) === BigInt(event.data.balance),
    `Entry ${sequence} of ${state.accountId} states its balance.`,
  );
  return booked;
}

/** The account as answers show it. */
export function toAccountView(state: AccountState, revision: bigint): AccountView {
  return {
    accountId: state.accountId,
    name: state.name,
    type: state.type,
    currency: state.currency,
    exponent: state.exponent,
    parentId: state.parentId,
    overdraftLimit: state.overdraftLimit?.toString() ?? null,
    metadata: state.metadata,
    status: state.status,
    openedAt: state.openedAt,
    revision: revision.toString(),
  };
}

/** The account's money as answers show it. */
export function toBalanceView(state: AccountState, position: bigint): BalanceView {
  const { sequence, ...figures } = toWouldBeBalanceView(state);
  return { ...figures, position: position.toString(), sequence };
}

/** The account's money at no place in the log. */
export function toWouldBeBalanceView(state: AccountState): WouldBeBalanceView {
  return {
    accountId: state.accountId,
    currency: state.currency,
    exponent: state.exponent,
    debits: state.debits.toString(),
    credits: state.credits.toString(),
    balance: balance(state).toString(),
    reserved: state.reserved.toString(),
    available: available(state).toString(),
    sequence: state.sequence,
  };
}
