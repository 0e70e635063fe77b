import { describe, expect, it } from '@jest/globals';
import { AT, entry, fold, idOf, inStatus, opened, reserved } from '../../../test/support/account-history.js';
import { ACCOUNT_TYPES, lowersBalance, type Direction } from '../../kernel/money.js';
import { balance, evolve, type AccountState } from '../accounts/state.js';
import { decideSettle } from './settle.decide.js';

const LATER = '2026-02-01T00:00:00.000Z';
const transactionId = idOf('transaction');

function settling(
  account: AccountState,
  direction: Direction,
  amount: bigint,
  reservation: string | null = null,
) {
  return decideSettle(account, {
    transactionId,
    index: 2,
    leg: {
      accountId: account.accountId,
      direction,
      amount: amount.toString(),
      currency: account.currency,
      reservationId: reservation === null ? null : idOf(reservation),
      afterRevision: '0',
    },
    effectiveAt: AT,
    now: LATER,
  });
}

/** Holds 30, all of it reserved as `held`. */
const inFlight = [opened(), entry(fold(opened()), 'credit', 30n), reserved('held', 30n)] as const;

describe('settling a leg', () => {
  it('books its entry: numbered, with the balance after it, at the time it takes effect', () => {
    expect(settling(fold(...inFlight), 'debit', 30n, 'held')).toEqual([
      {
        type: 'EntryPosted',
        data: {
          transactionId,
          leg: 2,
          direction: 'debit',
          amount: '30',
          currency: 'USD',
          effectiveAt: AT,
          reservationId: idOf('held'),
          sequence: 2,
          balance: '0',
          at: LATER,
        },
      },
    ]);
  });

  it.each(
    ACCOUNT_TYPES.flatMap((type) => (['debit', 'credit'] as const).map((side) => [type, side] as const)),
  )('states a balance that the fold agrees with: %s, %s', (accountType, side) => {
    const account = fold(opened({ accountType, overdraftLimit: null }));
    const [booked] = settling(account, side, 7n);
    expect(booked).toMatchObject({ data: { balance: lowersBalance(accountType, side) ? '-7' : '7' } });
    expect(booked && balance(evolve(account, booked))).toBe(lowersBalance(accountType, side) ? -7n : 7n);
  });

  it('whose reservation is consumed already appends nothing: the entry stands', () => {
    const settled = settling(fold(...inFlight), 'debit', 30n, 'held').reduce(evolve, fold(...inFlight));
    expect(settling(settled, 'debit', 30n, 'held')).toEqual([]);
  });

  it.each(['open', 'frozen', 'closing'] as const)('is owed: a %s account takes it', (status) => {
    const events = settling(inStatus(status, ...inFlight), 'debit', 30n, 'held');
    expect(events[0]).toMatchObject({ type: 'EntryPosted', data: { sequence: 2, balance: '0' } });
  });

  it('leaves a frozen account frozen, and may overdraw it: what is committed is not asked again', () => {
    const account = inStatus('frozen', opened({ overdraftLimit: null }));
    const after = settling(account, 'debit', 30n).reduce(evolve, account);
    expect(after.status).toBe('frozen');
    expect(balance(after)).toBe(-30n);
  });
});

describe('settling on an account that is being closed', () => {
  it('ends the close with the last entry in flight', () => {
    const closing = inStatus('closing', ...inFlight);
    const events = settling(closing, 'debit', 30n, 'held');
    expect(events.slice(1)).toEqual([{ type: 'AccountClosed', data: { at: LATER, transactionId } }]);
    expect(events.reduce(evolve, closing).status).toBe('closed');
  });

  it.each([
    ['another leg is in flight', inStatus('closing', ...inFlight, reserved('other', 1n)), 'debit', 'held'],
    ['an unchecked entry leaves money on it', inStatus('closing', opened()), 'credit', null],
  ] as const)('does not end it while %s', (_, account, direction, reservation) => {
    const events = settling(account, direction, 30n, reservation);
    expect(events.map(({ type }) => type)).toEqual(['EntryPosted']);
    expect(events.reduce(evolve, account).status).toBe('closing');
  });

  it('ends it when a late entry takes what an earlier one left', () => {
    const account = settling(inStatus('closing', opened({ overdraftLimit: null })), 'credit', 30n).reduce(
      evolve,
      inStatus('closing', opened({ overdraftLimit: null })),
    );
    expect(settling(account, 'debit', 30n).map(({ type }) => type)).toEqual(['EntryPosted', 'AccountClosed']);
  });
});

describe('settling on an account that is closed', () => {
  const closed = inStatus('closed', opened());

  it('reopens it first, naming the transaction that came late, and books the entry', () => {
    const events = settling(closed, 'credit', 30n);
    expect(events).toMatchObject([
      { type: 'AccountReopened', data: { at: LATER, transactionId } },
      { type: 'EntryPosted', data: { sequence: 1, balance: '30' } },
    ]);
    const after = events.reduce(evolve, closed);
    expect(after.status).toBe('open');
    expect(balance(after)).toBe(30n);
  });

  it('reopens it once: the next late entry finds it open', () => {
    const reopened = settling(closed, 'credit', 30n).reduce(evolve, closed);
    expect(settling(reopened, 'debit', 30n).map(({ type }) => type)).toEqual(['EntryPosted']);
  });
});
