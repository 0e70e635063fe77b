import { assert } from '../../src/kernel/assert.js';
import type { Direction } from '../../src/kernel/money.js';
import { eventIdOf } from '../../src/write/identity.js';
import type { AccountStatus, AccountView } from '../../src/write/accounts/account-view.js';
import type { AccountEvent, AccountOpened } from '../../src/write/accounts/events.js';
import { balance, evolve, toAccountView, type AccountState } from '../../src/write/accounts/state.js';

/** When everything in these histories happens. */
export const AT = '2026-01-31T12:00:00.000Z';
export const ACCOUNT_ID = '0e0c3cb4-6e1c-5a8e-9f43-2f6f1f5a7c01';

/** `AccountOpened` of an empty USD liability that may not go below zero, unless told otherwise. */
export function opened(overrides: Partial<AccountOpened['data']> = {}): AccountOpened {
  return {
    type: 'AccountOpened',
    data: {
      accountId: ACCOUNT_ID,
      companyId: 'default',
      name: 'Account',
      accountType: 'liability',
      currency: 'USD',
      exponent: 2,
      parentId: null,
      ancestorIds: [],
      overdraftLimit: '0',
      metadata: {},
      openedAt: AT,
      idempotencyKey: 'open',
      requestHash: 'hash',
      request: {},
      ...overrides,
    },
  };
}

/** An id that depends on nothing but its name, so that a failing spec reads the same every time. */
export function idOf(name: string): string {
  return eventIdOf(ACCOUNT_ID, name);
}

/** What an administrative event carries besides its own fields. */
export function byCommand(name: string): { commandId: string; at: string; answer: AccountView } {
  return { commandId: idOf(name), at: AT, answer: toAccountView(fold(opened()), 0n) };
}

/** Folds a history, each event onto a state that can't be changed. */
export function fold(...events: readonly AccountEvent[]): AccountState {
  const state = events.reduce<AccountState | null>(
    (folded, event) => deepFrozen(evolve(folded, deepFrozen(event))),
    null,
  );
  assert(state !== null, 'A history begins with AccountOpened.');
  return state;
}

/** `FundsReserved` for leg 0 of a transaction of the same name. */
export function reserved(name: string, amount: bigint): AccountEvent {
  return {
    type: 'FundsReserved',
    data: {
      reservationId: idOf(name),
      transactionId: idOf(`transaction ${name}`),
      attemptId: idOf(`attempt ${name}`),
      leg: 0,
      amount: amount.toString(),
      requestHash: 'hash',
      at: AT,
    },
  };
}

export function released(name: string, amount: bigint): AccountEvent {
  return {
    type: 'ReservationReleased',
    data: {
      reservationId: idOf(name),
      transactionId: idOf(`transaction ${name}`),
      attemptId: idOf(`attempt ${name}`),
      amount: amount.toString(),
      releaseId: null,
      at: AT,
    },
  };
}

/** The next `EntryPosted` of an account, stating the balance it must; `reservation` names what it consumes. */
export function entry(
  account: AccountState,
  direction: Direction,
  amount: bigint,
  reservation: string | null = null,
): Extract<AccountEvent, { type: 'EntryPosted' }> {
  const raises = direction === (account.type === 'asset' || account.type === 'expense' ? 'debit' : 'credit');
  return {
    type: 'EntryPosted',
    data: {
      transactionId: idOf(`transaction ${reservation ?? `entry ${account.sequence + 1}`}`),
      leg: 0,
      direction,
      amount: amount.toString(),
      currency: account.currency,
      effectiveAt: AT,
      reservationId: reservation === null ? null : idOf(reservation),
      sequence: account.sequence + 1,
      balance: (balance(account) + (raises ? amount : -amount)).toString(),
      at: AT,
    },
  };
}

/** An account in each status, folded from the events that lead there. */
export function inStatus(status: AccountStatus, ...before: readonly AccountEvent[]): AccountState {
  const history = before.length > 0 ? before : [opened()];
  const steps: Record<AccountStatus, readonly AccountEvent[]> = {
    open: [],
    frozen: [{ type: 'AccountFrozen', data: { ...byCommand('freeze'), reason: null } }],
    closing: [{ type: 'AccountClosing', data: { ...byCommand('close'), reason: null } }],
    closed: [
      { type: 'AccountClosing', data: { ...byCommand('close'), reason: null } },
      { type: 'AccountClosed', data: byCommand('close') },
    ],
  };
  return fold(...history, ...steps[status]);
}

/** The same value, throwing on every attempt to change it, however deep. */
export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    const refuse = (): never => {
      throw new TypeError('This map must not change.');
    };
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    for (const held of value.values()) deepFrozen(held);
  }
  for (const held of Object.values(value)) deepFrozen(held);
  return Object.freeze(value);
}
