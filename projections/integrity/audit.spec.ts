import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { toInstant } from '../../src/kernel/clock.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { Audit } from './audit.js';

describe('the audit', () => {
  let store: InMemoryEventStore;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;

  const replay = (): Audit => {
    const audit = new Audit();
    for (const event of store.log) audit.add(toLedgerEvent(event));
    audit.compareStreams();
    return audit;
  };

  beforeEach(async () => {
    store = new InMemoryEventStore();
    history = new LedgerHistory(store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open({ overdraftLimit: '0' });
    await history.transfer(bank, customer, 100n);
    await history.transfer(customer, bank, 40n, { checked: true });
  });

  it('finds nothing in a ledger that is right, wherever the log is cut', async () => {
    const transactionId = randomUUID();
    const reservationId = await history.reserve(customer, transactionId, 5n);
    await history.release(customer, transactionId, reservationId, 5n);
    await history.reject('default');
    for (let cut = 0; cut <= store.log.length; cut += 1) {
      const audit = new Audit();
      for (const event of store.log.slice(0, cut)) audit.add(toLedgerEvent(event));
      audit.compareStreams();
      expect(audit.findings.shown).toEqual([]);
    }
    expect(replay().owed.size).toBe(0);
    expect(replay().unowned()).toEqual([]);
  });

  it('holds an account to a floor it got later, but for legs that were decided before', async () => {
    const free = await history.open({ overdraftLimit: null });
    await history.transfer(bank, free, 10n);
    const underWay = await history.post([
      { account: free, direction: 'credit', amount: 15n },
      { account: bank, direction: 'debit', amount: 15n },
    ]);
    await history.append(`account-${free.accountId}`, [
      { type: 'OverdraftLimitChanged', data: { overdraftLimit: '0' } },
    ]);
    await history.settle(underWay, 0);
    await history.settle(underWay, 1);
    expect(replay().findings.shown).toEqual([]);
    await history.transfer(free, bank, 1n);
    expect(replay().findings.countOf('below its floor')).toBe(1);
  });

  it('tells a reservation that a posted leg relies on from one that nothing will consume', async () => {
    const lost = randomUUID();
    const transactionId = randomUUID();
    const lostReservation = await history.reserve(customer, lost, 1n);
    const reservationId = await history.reserve(customer, transactionId, 5n);
    await history.post(
      [
        { account: customer, direction: 'credit', amount: 5n, reservationId },
        { account: bank, direction: 'debit', amount: 5n },
      ],
      { transactionId },
    );
    const audit = replay();
    expect(audit.unowned().map((each) => each.reservationId)).toEqual([lostReservation]);
    expect(audit.owed.size).toBe(2);
    expect(audit.findings.shown).toEqual([]);
  });

  it.each([
    [
      'an entry nobody posted',
      'entry without a posted leg',
      () =>
        history.settle(
          {
            transactionId: randomUUID(),
            position: 0n,
            effectiveAt: toInstant(0),
            legs: [{ account: customer, direction: 'debit', amount: 1n }],
          },
          0,
        ),
    ],
    [
      'an entry posted twice',
      'entry without a posted leg',
      async () => history.settle(await history.transfer(bank, customer, 1n), 1),
    ],
    [
      'legs that do not balance',
      'transaction does not balance',
      () =>
        history.post([
          { account: bank, direction: 'credit', amount: 2n },
          { account: customer, direction: 'debit', amount: 1n },
        ]),
    ],
    ['an account below its floor', 'below its floor', () => history.transfer(customer, bank, 61n)],
    ['more set aside than there is', 'below its floor', () => history.reserve(customer, randomUUID(), 61n)],
    [
      'a reservation released twice',
      'reservation is not open',
      async () => {
        const transactionId = randomUUID();
        const reservationId = await history.reserve(customer, transactionId, 1n);
        await history.release(customer, transactionId, reservationId, 1n);
        await history.release(customer, transactionId, reservationId, 1n);
      },
    ],
    [
      'an entry of another amount than its leg',
      'entry differs from its leg',
      async () => {
        const owed = await history.post([
          { account: bank, direction: 'credit', amount: 2n },
          { account: customer, direction: 'debit', amount: 2n },
        ]);
        const legs = owed.legs.map((leg) => ({ ...leg, amount: 1n }));
        await history.settle({ ...owed, legs }, 0);
      },
    ],
    [
      'a leg on an account of another company',
      'leg names an account it can not be on',
      async () => history.transfer(bank, await history.open({ companyId: 'other' }), 1n),
    ],
  ] as const)('finds %s', async (_what, kind, plant) => {
    await plant();
    const audit = replay();
    expect(audit.findings.countOf(kind)).toBeGreaterThan(0);
  });
});
