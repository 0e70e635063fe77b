import { describe, expect, it } from '@jest/globals';
import { HoldSide, leg } from '../../../test/support/hold-side.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { MortalStore } from '../../../test/support/mortal-store.js';
import { aContext, WriteSide } from '../../../test/support/write-side.js';
import type { CommandOutcome } from '../command.js';
import type { RequestedCondition } from '../transactions/requested-conditions.js';

function codeOf(outcome: CommandOutcome<unknown>): string {
  return outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
}

function atLeast(accountId: string, availableMin: string): RequestedCondition {
  return { accountId, availableMin, revision: null };
}

function atRevision(accountId: string, revision: bigint | undefined): RequestedCondition {
  return { accountId, availableMin: null, revision: String(revision) };
}

/** A customer with 1000, a merchant, and a third account that no transaction here touches. */
async function aLedger() {
  const side = new HoldSide(new InMemoryEventStore());
  const bank = await side.opened({ type: 'asset', overdraftLimit: null });
  const customer = await side.opened();
  const merchant = await side.opened();
  const third = await side.opened();
  await side.transfer({ from: bank, to: customer, amount: '1000' });
  const revisionOf = async (accountId: string) =>
    (await side.executors.read(accountId, { current: true }))?.revision;
  const eventsOf = (accountId: string) =>
    side.store.log.filter(({ streamName }) => streamName === `account-${accountId}`);
  return { side, bank, customer, merchant, third, revisionOf, eventsOf };
}

describe('a condition of a posting', () => {
  it('that holds stands in the same append as the reservation on its account', async () => {
    const { side, customer, merchant, revisionOf, eventsOf } = await aLedger();
    const revision = await revisionOf(customer);
    const appends: string[][] = [];
    side.store.beforeAppend = (stream, events) => {
      if (stream === `account-${customer}`) appends.push(events.map(({ type }) => type));
    };
    const conditions = [atRevision(customer, revision), atLeast(customer, '1000')];
    const outcome = await side.transfer({ from: customer, to: merchant, amount: '600', conditions });
    expect(outcome).toMatchObject({ kind: 'accepted', settled: true });
    expect(appends).toEqual([['ConditionMet', 'FundsReserved'], ['EntryPosted']]);
    expect(eventsOf(customer).at(-3)?.data).toMatchObject({
      condition: { availableMin: '1000', revision: String(revision) },
    });
  });

  it('on funds is asked of one request after another, also where the account has no floor', async () => {
    const { side, customer, merchant } = await aLedger();
    const free = await side.opened({ overdraftLimit: null });
    await side.transfer({ from: customer, to: free, amount: '1000' });
    const request = { from: free, to: merchant, amount: '300', conditions: [atLeast(free, '400')] };
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => side.transfer(request)));
    expect(outcomes.map(codeOf).toSorted()).toEqual([
      ...['accepted', 'accepted', 'accepted'],
      ...Array.from({ length: 7 }, () => 'condition-must-hold'),
    ]);
    expect((await side.executors.read(free, { current: true }))?.state).toMatchObject({ reserved: 0n });
    // What it asks of an account that it gives to needs no reservation.
    const given = await side.transfer({
      ...request,
      from: merchant,
      to: free,
      conditions: [atLeast(free, '100')],
    });
    expect(codeOf(given)).toBe('accepted');
  });

  it('that does not hold is refused for good, and moves nothing', async () => {
    const { side, bank, customer, merchant } = await aLedger();
    const context = aContext();
    const request = {
      from: customer,
      to: merchant,
      amount: '600',
      conditions: [atLeast(customer, '1001')],
    };
    const first = await side.transfer(request, context);
    expect(first).toMatchObject({
      kind: 'refused',
      refusal: { code: 'condition-must-hold', pointer: '/conditions/0', details: { available: '1000' } },
    });
    await side.transfer({ from: bank, to: customer, amount: '1000' });
    expect(await side.transfer(request, context)).toEqual({ ...first, replayed: true });
    expect(await side.money(merchant)).toMatchObject({ balance: 0n });
    expect(await side.money(customer)).toMatchObject({ balance: 2000n, reserved: 0n });
  });

  it('may be about an account that the posting does not touch', async () => {
    const { side, customer, merchant, third, revisionOf } = await aLedger();
    const transfer = (conditions: RequestedCondition[]) =>
      side.transfer({ from: customer, to: merchant, amount: '1', conditions });
    expect(codeOf(await transfer([atRevision(third, 0n)]))).toBe('accepted');
    expect(await revisionOf(third)).toBe(1n);
    expect(codeOf(await transfer([atRevision(third, 0n)]))).toBe('condition-must-hold');
    expect(await revisionOf(third)).toBe(1n);
    expect(codeOf(await transfer([atLeast(third, '0'), atLeast(customer, '999')]))).toBe('accepted');
    expect(codeOf(await transfer([atLeast(third, '1'), atLeast(customer, '2000')]))).toBe(
      'condition-must-hold',
    );
    expect(await side.money(merchant)).toMatchObject({ balance: 2n });
    expect(await side.money(customer)).toMatchObject({ reserved: 0n });
  });

  it('is told before a lack of funds', async () => {
    const { side, customer, merchant, third } = await aLedger();
    const conditions = [atLeast(third, '1')];
    const outcome = await side.transfer({ from: customer, to: merchant, amount: '5000', conditions });
    expect(codeOf(outcome)).toBe('condition-must-hold');
  });

  it('names its account, which exists in the company; nothing is stored otherwise', async () => {
    const { side, customer, merchant } = await aLedger();
    const length = side.store.log.length;
    const nobody = '00000000-0000-4000-8000-000000000000';
    const conditions = [atLeast(customer, '1'), atLeast(nobody, '1')];
    expect(await side.transfer({ from: customer, to: merchant, amount: '1', conditions })).toMatchObject({
      refusal: { code: 'account-must-exist', pointer: '/conditions/1/accountId' },
      position: null,
    });
    expect(side.store.log).toHaveLength(length);
  });

  it('on one revision lets one of 20 win, from two processes', async () => {
    const { side, customer, merchant, revisionOf } = await aLedger();
    const other = new HoldSide(side.store);
    const conditions = [atRevision(customer, await revisionOf(customer))];
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? side : other).transfer({ from: customer, to: merchant, amount: '10', conditions }),
      ),
    );
    expect(outcomes.map(codeOf).sort()).toEqual([
      'accepted',
      ...Array.from({ length: 19 }, () => 'condition-must-hold'),
    ]);
    expect(await side.money(customer)).toMatchObject({ balance: 990n, reserved: 0n });
  });

  it('holds at the revision of the append, whatever this process believed before', async () => {
    const { side, customer, merchant, revisionOf } = await aLedger();
    const other = new HoldSide(side.store);
    const conditions = [atRevision(customer, await revisionOf(customer))];
    let raced = false;
    side.store.beforeAppend = async (stream, events) => {
      if (raced || !events.some(({ type }) => type === 'ConditionMet')) return;
      raced = stream === `account-${customer}`;
      await other.transfer({ from: customer, to: merchant, amount: '1' });
    };
    const outcome = await side.transfer({ from: customer, to: merchant, amount: '10', conditions });
    expect([codeOf(outcome), raced]).toEqual(['condition-must-hold', true]);
  });

  it.each(['transfer', 'third'])(
    'is not refused for what a crashed attempt of its own left on the account: %s',
    async (where) => {
      const { side, customer, merchant, third, revisionOf } = await aLedger();
      const watched = where === 'third' ? third : customer;
      const conditions = [atRevision(watched, await revisionOf(watched))];
      const request = { from: customer, to: merchant, amount: '600', conditions };
      const context = aContext();
      const died = new MortalStore(side.store, {
        when: 'before',
        matches: (_stream, events) => events.some(({ type }) => type === 'TransactionPosted'),
      });
      await expect(new WriteSide(died).transfer(request, context)).rejects.toThrow();
      expect(await revisionOf(watched)).not.toBe(BigInt(conditions[0]?.revision ?? ''));
      expect(await side.transfer(request, context)).toMatchObject({ kind: 'accepted', settled: true });
      expect(await side.money(merchant)).toMatchObject({ balance: 600n });
    },
  );

  it('is refused when somebody else was there between the crash and the retry', async () => {
    const { side, bank, customer, merchant, revisionOf } = await aLedger();
    const conditions = [atRevision(customer, await revisionOf(customer))];
    const request = { from: customer, to: merchant, amount: '100', conditions };
    const context = aContext();
    const died = new MortalStore(side.store, {
      when: 'before',
      matches: (_stream, events) => events.some(({ type }) => type === 'TransactionPosted'),
    });
    await expect(new WriteSide(died).transfer(request, context)).rejects.toThrow();
    await side.transfer({ from: bank, to: customer, amount: '1' });
    expect(codeOf(await side.transfer(request, context))).toBe('condition-must-hold');
  });

  it('is part of the request: the same key with another condition is a mistake', async () => {
    const { side, customer, merchant } = await aLedger();
    const context = aContext();
    const request = { from: customer, to: merchant, amount: '1' };
    await side.transfer({ ...request, conditions: [atLeast(customer, '1')] }, context);
    expect(await side.transfer({ ...request, conditions: [atLeast(customer, '2')] }, context)).toMatchObject({
      refusal: { code: 'idempotency-key-reused', details: { fields: '/conditions/0/availableMin' } },
    });
  });
});

describe('a condition of a hold and of a capture', () => {
  it('is asked before the hold sets its own aside, and of the account a capture takes from', async () => {
    const { side, customer, merchant } = await aLedger();
    const legs = [leg(customer, 'debit', '400'), leg(merchant, 'credit', '400')];
    const refused = await side.hold({ legs, conditions: [atLeast(customer, '1001')] });
    expect(codeOf(refused)).toBe('condition-must-hold');
    const holdId = await side.held({ legs, conditions: [atLeast(customer, '1000')] });
    expect(codeOf(await side.capture(holdId, { conditions: [atLeast(customer, '601')] }))).toBe(
      'condition-must-hold',
    );
    expect(codeOf(await side.capture(holdId, { conditions: [atLeast(customer, '600')] }))).toBe('accepted');
    expect(await side.view(holdId)).toMatchObject({ status: 'captured' });
    expect(await side.money(customer)).toMatchObject({ balance: 600n, reserved: 0n });
  });
});
