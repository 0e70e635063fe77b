import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { limits } from '../../config/limits.js';
import { AppendOutcomeUnknown } from '../../edges/event-store/event-store.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { assert } from '../../kernel/assert.js';
import { success } from '../../kernel/result.js';
import { ManualPatience } from '../../../test/support/manual-patience.js';
import { NO_TEXT, WriteSide, aContext } from '../../../test/support/write-side.js';
import { TooBusy, TryAgain, type CommandOutcome } from '../command.js';
import type { RoadCommand } from './road.js';
import type { PostTransactionRequest } from '../transactions/post-transaction/post-transaction.command.js';

/** A bank without floor and a customer with one, who holds `funds`. */
async function aBankAndACustomer(funds: bigint, side = new WriteSide(new InMemoryEventStore())) {
  const bank = await side.opened({ name: 'Bank', type: 'asset', overdraftLimit: null });
  const customer = await side.opened({ name: 'Customer' });
  const merchant = await side.opened({ name: 'Merchant' });
  if (funds > 0n) await side.transfer({ from: bank, to: customer, amount: funds.toString() });
  return { side, bank, customer, merchant };
}

function codeOf(outcome: CommandOutcome<unknown>): string {
  return outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
}

describe('a posted transfer', () => {
  it('debits one account, credits the other, and leaves nothing reserved', async () => {
    const { side, customer, merchant } = await aBankAndACustomer(1000n);
    const outcome = await side.transfer({ from: customer, to: merchant, amount: '400' });
    expect(outcome).toMatchObject({ kind: 'accepted', replayed: false, settled: true });
    expect(await side.money(customer)).toEqual({ balance: 600n, available: 600n, reserved: 0n, entries: 2 });
    expect(await side.money(merchant)).toEqual({ balance: 400n, available: 400n, reserved: 0n, entries: 1 });
  });

  it('is refused for lack of funds, reserves nothing, and stays refused when funds arrive', async () => {
    const { side, bank, customer, merchant } = await aBankAndACustomer(100n);
    const context = aContext();
    const request = { from: customer, to: merchant, amount: '101' };
    const first = await side.transfer(request, context);
    expect(first).toMatchObject({
      kind: 'refused',
      refusal: {
        code: 'insufficient-funds',
        pointer: '/amount',
        details: { required: '101', available: '100' },
      },
    });
    await side.transfer({ from: bank, to: customer, amount: '500' });
    const again = await side.transfer(request, context);
    expect(again).toEqual({ ...first, replayed: true });
    expect(await side.money(customer)).toMatchObject({ balance: 600n, reserved: 0n });
  });

  it('may overdraw down to the limit and no further', async () => {
    const side = new WriteSide(new InMemoryEventStore());
    const from = await side.opened({ overdraftLimit: '50' });
    const to = await side.opened();
    expect(codeOf(await side.transfer({ from, to, amount: '50' }))).toBe('accepted');
    expect(codeOf(await side.transfer({ from, to, amount: '1' }))).toBe('insufficient-funds');
  });

  it('releases what it reserved on other legs when one leg has no funds', async () => {
    const { side, bank, customer, merchant } = await aBankAndACustomer(100n);
    const leg = (accountId: string, direction: 'debit' | 'credit', amount: string) => ({
      accountId,
      direction,
      amount,
      currency: 'USD',
    });
    const outcome = await side.post({
      form: 'transaction',
      ...NO_TEXT,
      legs: [leg(customer, 'debit', '60'), leg(merchant, 'debit', '10'), leg(bank, 'credit', '70')],
    });
    expect(outcome).toMatchObject({ refusal: { code: 'insufficient-funds', pointer: '/legs/1/amount' } });
    expect(await side.money(customer)).toMatchObject({ balance: 100n, available: 100n, reserved: 0n });
  });
});

describe('one idempotency key', () => {
  it('gives the first answer again, from memory and from the stream', async () => {
    const { side, customer, merchant } = await aBankAndACustomer(1000n);
    const context = aContext();
    const request = { from: customer, to: merchant, amount: '400' };
    const first = await side.transfer(request, context);
    expect(await side.transfer(request, context)).toEqual({ ...first, replayed: true });
    const restarted = new WriteSide(side.store);
    expect(await restarted.transfer(request, context)).toEqual({ ...first, replayed: true });
    expect(await restarted.money(customer)).toMatchObject({ balance: 600n, entries: 2 });
  });

  it('refuses another request and names the fields that differ', async () => {
    const { side, bank, customer, merchant } = await aBankAndACustomer(1000n);
    const context = aContext();
    await side.transfer({ from: customer, to: merchant, amount: '400' }, context);
    const other = await side.transfer({ from: customer, to: bank, amount: '401' }, context);
    expect(other).toMatchObject({
      kind: 'refused',
      refusal: { code: 'idempotency-key-reused', details: { fields: '/amount,/to' } },
    });
  });

  it('names another command in another company', async () => {
    const side = new WriteSide(new InMemoryEventStore());
    const inCompany = (companyId: string) =>
      aContext({ idempotencyKey: 'shared', principal: { subject: 's', companyId, roles: [] } });
    const one = await side.open({}, inCompany('one'));
    const two = await side.open({}, inCompany('two'));
    expect(one).toMatchObject({ replayed: false });
    expect(two).toMatchObject({ replayed: false });
  });

  it('keeps nobody waiting for an identical request longer than a command may take, and not without bound', async () => {
    const patience = new ManualPatience();
    const { side } = await aBankAndACustomer(400n);
    const [bank, customer] = [await side.opened({ overdraftLimit: null }), await side.opened()];
    const here = new WriteSide(side.store, undefined, undefined, patience);
    // The first of them stands still, as one whose store does.
    side.store.beforeAppend = () => new Promise(() => undefined);
    const context = aContext();
    const send = () => here.transfer({ from: bank, to: customer, amount: '1' }, context);
    void send();
    const others = Array.from({ length: limits.postingsInFlightMax - 1 }, () =>
      send().then(
        () => 'answered',
        (error: unknown) => (error as Error).name,
      ),
    );
    await expect(send()).rejects.toThrow(TooBusy);
    await setImmediate();
    patience.pass(limits.commandTimeoutMs);
    expect(new Set(await Promise.all(others))).toEqual(new Set(['TryAgain']));
  });

  it('moves money once for 100 identical requests at once, from three processes', async () => {
    const { side, customer, merchant } = await aBankAndACustomer(400n);
    const processes = [side, new WriteSide(side.store), new WriteSide(side.store)];
    const context = aContext();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        (processes[i % 3] ?? side).transfer({ from: customer, to: merchant, amount: '400' }, context),
      ),
    );
    expect(new Set(outcomes.map((o) => (o.kind === 'accepted' ? JSON.stringify(o.body) : o.kind))).size).toBe(
      1,
    );
    expect(outcomes.filter((o) => !o.replayed)).toHaveLength(1);
    expect(await side.money(customer)).toEqual({ balance: 0n, available: 0n, reserved: 0n, entries: 2 });
  });
});

describe('concurrent clients', () => {
  it('never overdraw: 200 of them drain one account through three processes', async () => {
    const { side, customer, merchant } = await aBankAndACustomer(1000n);
    const processes = [side, new WriteSide(side.store), new WriteSide(side.store)];
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        (processes[i % 3] ?? side).transfer({ from: customer, to: merchant, amount: '7' }),
      ),
    );
    const accepted = outcomes.filter((outcome) => outcome.kind === 'accepted').length;
    expect(accepted).toBe(142);
    expect(outcomes.filter((o) => o.kind === 'refused').map(codeOf)).toEqual(
      Array.from({ length: 58 }, () => 'insufficient-funds'),
    );
    expect(await side.money(customer)).toEqual({ balance: 6n, available: 6n, reserved: 0n, entries: 143 });
    expect(await side.money(merchant)).toMatchObject({ balance: 994n });
  });
});

describe('a command that others are always faster than', () => {
  it('gives up as one for which nothing was done, and leaves its key free', async () => {
    const { side, customer, merchant } = await aBankAndACustomer(400n);
    const original = await side.transfer({ from: customer, to: merchant, amount: '1' });
    assert(original.kind === 'accepted', 'There is money.');
    const parent = { relation: 'reversal', transactionId: original.body.transactionId } as const;
    let asked = 0;
    const guard = () => {
      asked += 1;
      return { rivals: [] };
    };
    const outcome = { kind: 'post', effectiveAtMs: Date.now() } as const;
    const command: RoadCommand = {
      context: aContext(),
      transactionId: randomUUID(),
      text: { kind: 'k', description: null, reference: null, metadata: {} },
      request: {},
      parent,
      conditions: [],
      accountIds: () => [],
      plan: () => success({ legs: [], outcome, guard }),
    };
    const before = side.store.log.length;
    await expect(side.posting.post(command, () => null)).rejects.toThrow(TooBusy);
    expect(asked).toBe(limits.attemptsMax);
    expect(side.store.log).toHaveLength(before);
  });
});

describe('an answer that was lost', () => {
  for (const [point, streamPrefix, nth] of [
    ['after the reservation', 'account-', 1],
    ['after the commit', 'transaction-', 1],
    ['after the first entry', 'account-', 2],
    ['after the last entry', 'account-', 3],
  ] as const) {
    it(`${point}: the retry finds or finishes the one transaction`, async () => {
      const { side, customer, merchant } = await aBankAndACustomer(1000n);
      const context = aContext();
      const request = { from: customer, to: merchant, amount: '400' };
      let seen = 0;
      side.store.afterAppend = (streamName) => {
        if (!streamName.startsWith(streamPrefix)) return;
        seen += 1;
        if (seen === nth) throw new AppendOutcomeUnknown('lost');
      };
      const first = await side.transfer(request, context).catch((error: unknown) => error);
      expect(seen).toBeGreaterThanOrEqual(nth);
      side.store.afterAppend = () => undefined;
      const outcome = await new WriteSide(side.store).transfer(request, context);
      expect(outcome).toMatchObject({ kind: 'accepted', settled: true });
      if (first instanceof Error) expect(first).toBeInstanceOf(TryAgain);
      else expect(first).toMatchObject({ body: outcome.kind === 'accepted' ? outcome.body : null });
      expect(await side.money(merchant)).toMatchObject({ balance: 400n, entries: 1 });
      expect(await side.money(customer)).toMatchObject({ balance: 600n, entries: 2 });
    });
  }
});

describe('the refusal ladder', () => {
  const now = Date.parse('2026-11-20T00:00:00.000Z');
  const side = new WriteSide(new InMemoryEventStore(), { nowMs: () => now });
  const unknown = randomUUID();

  async function ladder() {
    const open = await side.opened({ type: 'asset', overdraftLimit: null });
    const other = await side.opened({ type: 'asset', overdraftLimit: null });
    const euro = await side.opened({ type: 'asset', overdraftLimit: null, currency: 'EUR' });
    const request = (overrides: object): PostTransactionRequest => ({
      form: 'transaction',
      ...NO_TEXT,
      legs: [
        { accountId: open, direction: 'debit', amount: '5', currency: 'USD' },
        { accountId: other, direction: 'credit', amount: '5', currency: 'USD' },
      ],
      ...overrides,
    });
    const legs = (first: object, second: object = {}) => ({
      legs: [
        { ...request({}).legs[0], ...first },
        { ...request({}).legs[1], ...second },
      ],
    });
    return { open, euro, request, legs };
  }

  it('asks in its documented order: each request breaks its rule and every later one it can', async () => {
    const { euro, request, legs } = await ladder();
    const tooFar = { effectiveAt: new Date(now + 24 * 3_600_000 + 1).toISOString() };
    const rows: [object, string, string | null][] = [
      [
        { ...tooFar, ...legs({ currency: 'XXQ', accountId: unknown }) },
        'effective-time-too-far-ahead',
        '/effectiveAt',
      ],
      [legs({ currency: 'XXQ', accountId: unknown, amount: '6' }), 'currency-must-exist', '/legs/0/currency'],
      [legs({ accountId: unknown, amount: '6' }), 'legs-must-balance', '/legs'],
      [legs({ accountId: unknown }, { accountId: euro }), 'account-must-exist', '/legs/0/accountId'],
      [legs({}, { accountId: euro }), 'currency-must-match-account', '/legs/1/currency'],
    ];
    const before = side.store.log.length;
    for (const [overrides, code, pointer] of rows) {
      expect(await side.post(request(overrides))).toMatchObject({
        kind: 'refused',
        position: null,
        refusal: { code, pointer },
      });
    }
    expect(side.store.log.length).toBe(before);
  });

  it('says by how much each currency is out of balance', async () => {
    const { request, legs } = await ladder();
    expect(await side.post(request(legs({ amount: '9' })))).toMatchObject({
      refusal: { details: { USD: '4' } },
    });
  });

  it('takes an effective time up to 24 hours ahead', async () => {
    const { request } = await ladder();
    const effectiveAt = new Date(now + 24 * 3_600_000).toISOString();
    expect(await side.post(request({ effectiveAt }))).toMatchObject({
      kind: 'accepted',
      body: { effectiveAt },
    });
  });

  it("does not see another company's account", async () => {
    const { request } = await ladder();
    const stranger = aContext({ principal: { subject: 's', companyId: 'other', roles: [] } });
    expect(await side.post(request({}), stranger)).toMatchObject({ refusal: { code: 'account-must-exist' } });
  });
});
