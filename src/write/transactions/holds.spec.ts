import { describe, expect, it } from '@jest/globals';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { HoldSide, leg } from '../../../test/support/hold-side.js';
import { AppendOutcomeUnknown, EventStoreUnavailable } from '../../edges/event-store/event-store.js';
import type { CommandOutcome } from '../command.js';
import { aContext } from '../../../test/support/write-side.js';

function codeOf(outcome: CommandOutcome<unknown>): string {
  return outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
}

/** A customer with 1000, and a hold of 400 in favour of a merchant. */
async function aHold(amount = '400') {
  const side = new HoldSide(new InMemoryEventStore());
  const bank = await side.opened({ type: 'asset', overdraftLimit: null });
  const customer = await side.opened();
  const merchant = await side.opened();
  await side.transfer({ from: bank, to: customer, amount: '1000' });
  const legs = [leg(customer, 'debit', amount), leg(merchant, 'credit', amount)];
  const holdId = await side.held({ legs });
  return { side, bank, customer, merchant, holdId };
}

describe('a hold', () => {
  it('lowers what is available at once, and moves nothing', async () => {
    const { side, customer, merchant } = await aHold();
    expect(await side.money(customer)).toEqual({
      balance: 1000n,
      available: 600n,
      reserved: 400n,
      entries: 1,
    });
    expect(await side.money(merchant)).toMatchObject({ balance: 0n });
  });

  it('is answered as the first time when it is sent again after its end', async () => {
    const { side, customer } = await aHold();
    const context = aContext();
    const expiresAt = new Date(side.nowMs + 60_000).toISOString();
    const request = { legs: [leg(customer, 'debit', '10')], expiresAt };
    const first = await side.hold(request, context);
    const other = new HoldSide(side.store, { nowMs: side.nowMs + 120_000 });
    expect(await other.hold(request, context)).toEqual({ ...first, replayed: true });
    expect(codeOf(await other.hold(request, aContext()))).toBe('expiry-must-be-ahead');
  });

  it('whose void was interrupted gives the rest back when the void is sent again', async () => {
    const { side, customer, holdId } = await aHold();
    const context = aContext();
    let isDown = true;
    side.store.beforeAppend = (_stream, events) => {
      const isRelease = events.some(({ type }) => type === 'ReservationReleased');
      if (isDown && isRelease) throw new EventStoreUnavailable('Down.');
    };
    expect(await side.void(holdId, context)).toMatchObject({ kind: 'accepted', settled: false });
    expect(await side.void(holdId, context)).toMatchObject({ replayed: true, settled: false });
    isDown = false;
    expect(await side.void(holdId, context)).toMatchObject({ replayed: true, settled: true });
    expect(await side.money(customer)).toMatchObject({ available: 1000n, reserved: 0n });
  });

  it('is refused when the funds are not there', async () => {
    const { side, customer } = await aHold();
    expect(codeOf(await side.hold({ legs: [leg(customer, 'debit', '601')] }))).toBe('insufficient-funds');
  });

  it('is captured whole, and gives the rest of nothing back', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    const outcome = await side.capture(holdId, {});
    expect(outcome).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.money(customer)).toEqual({ balance: 600n, available: 600n, reserved: 0n, entries: 2 });
    expect(await side.money(merchant)).toMatchObject({ balance: 400n });
    expect(await side.view(holdId)).toMatchObject({ status: 'captured' });
    expect(codeOf(await side.capture(holdId, {}))).toBe('hold-is-already-captured');
    expect(codeOf(await side.void(holdId))).toBe('hold-is-already-captured');
  });

  it('is captured in parts until nothing is left, never beyond', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    const part = (amount: string) => ({
      legs: [leg(customer, 'debit', amount), leg(merchant, 'credit', amount)],
    });
    expect(codeOf(await side.capture(holdId, part('150')))).toBe('accepted');
    expect(await side.money(customer)).toMatchObject({ balance: 850n, reserved: 250n });
    expect(codeOf(await side.capture(holdId, part('251')))).toBe('capture-exceeds-held');
    expect(codeOf(await side.capture(holdId, part('250')))).toBe('accepted');
    expect(await side.money(customer)).toEqual({ balance: 600n, available: 600n, reserved: 0n, entries: 3 });
    expect(await side.view(holdId)).toMatchObject({ status: 'captured' });
  });

  it('gives the rest back with its final capture', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    const legs = [leg(customer, 'debit', '150'), leg(merchant, 'credit', '150')];
    expect(await side.capture(holdId, { legs, final: true })).toMatchObject({ settled: true });
    expect(await side.money(customer)).toEqual({ balance: 850n, available: 850n, reserved: 0n, entries: 2 });
  });

  it('gives everything back when it is voided, once', async () => {
    const { side, customer, holdId } = await aHold();
    const context = aContext();
    const first = await side.void(holdId, context);
    expect(first).toMatchObject({ kind: 'accepted', settled: true, body: { status: 'voided' } });
    expect(await side.void(holdId, context)).toEqual({ ...first, replayed: true });
    expect(codeOf(await side.void(holdId))).toBe('hold-is-already-voided');
    expect(codeOf(await side.capture(holdId, {}))).toBe('hold-is-already-voided');
    expect(await side.money(customer)).toEqual({
      balance: 1000n,
      available: 1000n,
      reserved: 0n,
      entries: 1,
    });
  });

  it('can no longer be captured once its time is over, and gives everything back when it is expired', async () => {
    const { side, customer, holdId } = await aHold();
    side.nowMs += 8 * 86_400_000;
    expect(codeOf(await side.capture(holdId, {}))).toBe('hold-is-expired');
    await side.expire(holdId);
    await side.expire(holdId);
    expect(await side.view(holdId)).toMatchObject({ status: 'expired' });
    expect(await side.money(customer)).toMatchObject({ available: 1000n, reserved: 0n });
  });

  it('lives longer when it is extended', async () => {
    const { side, holdId } = await aHold();
    const later = new Date(side.nowMs + 20 * 86_400_000).toISOString();
    expect(await side.extend(holdId, later)).toMatchObject({ body: { expiresAt: later } });
    side.nowMs += 19 * 86_400_000;
    await side.expire(holdId);
    expect(await side.view(holdId)).toMatchObject({ status: 'authorized' });
    expect(codeOf(await side.capture(holdId, {}))).toBe('accepted');
  });

  it('holds more after an increase, and a capture may take from both', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    expect(codeOf(await side.increase(holdId, [leg(customer, 'debit', '601')]))).toBe('insufficient-funds');
    expect(codeOf(await side.increase(holdId, [leg(customer, 'debit', '100')]))).toBe('accepted');
    expect(await side.money(customer)).toMatchObject({ reserved: 500n, available: 500n });
    expect(codeOf(await side.capture(holdId, {}))).toBe('capture-must-name-legs');
    const legs = [leg(customer, 'debit', '450'), leg(merchant, 'credit', '450')];
    expect(await side.capture(holdId, { legs, final: true })).toMatchObject({ settled: true });
    expect(await side.money(customer)).toMatchObject({ balance: 550n, available: 550n, reserved: 0n });
    expect(await side.money(merchant)).toMatchObject({ balance: 450n });
  });

  it('one key stands for one command: a void under a capture key is refused, and the other way round', async () => {
    const { side, holdId, customer } = await aHold();
    const context = aContext();
    await side.capture(holdId, {}, context);
    expect(codeOf(await side.void(holdId, context))).toBe('idempotency-key-reused');
    const other = await side.held({ legs: [leg(customer, 'debit', '5')] });
    const voiding = aContext();
    await side.void(other, voiding);
    expect(codeOf(await side.capture(other, {}, voiding))).toBe('idempotency-key-reused');
  });

  it('never pays more than it held, whatever 50 captures from two processes try at once', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    const other = new HoldSide(side.store);
    const legs = [leg(customer, 'debit', '30'), leg(merchant, 'credit', '30')];
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? side : other).capture(holdId, { legs })),
    );
    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(13);
    expect(await side.money(merchant)).toMatchObject({ balance: 390n });
    expect(await side.money(customer)).toMatchObject({ balance: 610n, reserved: 10n });
  });

  it.each(['one process', 'two processes'])(
    'that was increased is captured by as many at once as it has parts, in %s, and none is sent away',
    async (processes) => {
      const { side, bank, customer, merchant, holdId } = await aHold('10');
      const other = processes === 'one process' ? side : new HoldSide(side.store);
      await side.transfer({ from: bank, to: customer, amount: '9000' });
      for (let i = 1; i < 20; i += 1) await side.increase(holdId, [leg(customer, 'debit', '10')]);
      const legs = [leg(customer, 'debit', '10'), leg(merchant, 'credit', '10')];
      const outcomes = await Promise.all(
        Array.from({ length: 21 }, (_, i) => (i % 2 ? side : other).capture(holdId, { legs })),
      );
      expect(outcomes.map(codeOf).sort()).toEqual([
        ...Array.from({ length: 20 }, () => 'accepted'),
        expect.stringMatching(/^(?:capture-exceeds-held|hold-is-already-captured)$/),
      ]);
      expect(await side.view(holdId)).toMatchObject({ status: 'captured' });
      expect(await side.money(merchant)).toMatchObject({ balance: 200n });
      expect(await side.money(customer)).toMatchObject({ balance: 9800n, reserved: 0n });
    },
  );

  it('is not captured whole once it was captured in part and increased, however close together', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    const other = new HoldSide(side.store);
    const part = [leg(customer, 'debit', '100'), leg(merchant, 'credit', '100')];
    let isMeddled = false;
    side.store.beforeAppend = async (_stream, events) => {
      if (isMeddled || !events.some(({ type }) => type === 'CaptureReserved')) return;
      isMeddled = true;
      await other.capture(holdId, { legs: part });
      await other.increase(holdId, [leg(customer, 'debit', '100')]);
    };
    expect(codeOf(await side.capture(holdId, {}))).toBe('capture-must-name-legs');
    expect(await side.money(customer)).toMatchObject({ balance: 900n, reserved: 400n });
  });

  it('books a capture of a part once, however often and wherever it is sent again', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    const context = aContext();
    const legs = [leg(customer, 'debit', '150'), leg(merchant, 'credit', '150')];
    let isLost = true;
    side.store.afterAppend = (_stream, events) => {
      if (isLost && events.some(({ type }) => type === 'EntryPosted')) throw new AppendOutcomeUnknown('lost');
    };
    expect(await side.capture(holdId, { legs }, context)).toMatchObject({ settled: false });
    isLost = false;
    const elsewhere = new HoldSide(side.store);
    for (const each of [side, elsewhere, elsewhere, new HoldSide(side.store)]) {
      expect(await each.capture(holdId, { legs }, context)).toMatchObject({ replayed: true, settled: true });
    }
    expect(await side.money(customer)).toEqual({
      balance: 850n,
      available: 600n,
      reserved: 250n,
      entries: 2,
    });
    expect(await side.money(merchant)).toMatchObject({ balance: 150n, entries: 1 });
  });

  it('settles a capture that was under way when it was voided', async () => {
    const { side, customer, merchant, holdId } = await aHold();
    const legs = [leg(customer, 'debit', '150'), leg(merchant, 'credit', '150')];
    let voided: Promise<unknown> | undefined;
    side.store.beforeAppend = async (_stream, events) => {
      if (voided || !events.some((event) => event.type === 'TransactionPosted')) return;
      voided = side.void(holdId);
      await voided;
    };
    expect(await side.capture(holdId, { legs })).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.view(holdId)).toMatchObject({ status: 'voided' });
    expect(await side.money(customer)).toMatchObject({ balance: 850n, available: 850n, reserved: 0n });
  });
});

describe('a reversal', () => {
  async function aPurchase() {
    const { side, customer, merchant, bank } = await aHold();
    const outcome = await side.transfer({ from: customer, to: merchant, amount: '300' });
    if (outcome.kind !== 'accepted') throw new Error('not posted');
    return { side, customer, merchant, bank, originalId: outcome.body.transactionId };
  }

  it('takes the whole transaction back, once', async () => {
    const { side, customer, merchant, originalId } = await aPurchase();
    const context = aContext();
    const first = await side.reverse(originalId, {}, context);
    expect(first).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.reverse(originalId, {}, context)).toEqual({ ...first, replayed: true });
    expect(codeOf(await side.reverse(originalId, {}))).toBe('transaction-is-already-reversed');
    expect(await side.money(customer)).toMatchObject({ balance: 1000n });
    expect(await side.money(merchant)).toMatchObject({ balance: 0n });
  });

  it('adds up in parts to what was posted and no further', async () => {
    const { side, merchant, originalId } = await aPurchase();
    const part = (amount: string) => ({
      legs: [
        { leg: 0, amount },
        { leg: 1, amount },
      ],
    });
    expect(codeOf(await side.reverse(originalId, part('100')))).toBe('accepted');
    expect(codeOf(await side.reverse(originalId, part('201')))).toBe('reversal-exceeds-posted');
    expect(codeOf(await side.reverse(originalId, {}))).toBe('accepted');
    expect(await side.money(merchant)).toMatchObject({ balance: 0n });
  });

  it('is not reversed itself', async () => {
    const { side, originalId } = await aPurchase();
    const outcome = await side.reverse(originalId, {});
    if (outcome.kind !== 'accepted') throw new Error('not reversed');
    expect(codeOf(await side.reverse(outcome.body.transactionId, {}))).toBe('transaction-must-be-reversible');
  });

  it('is refused when the funds are gone, and leaves the original reversible', async () => {
    const { side, merchant, bank, originalId } = await aPurchase();
    await side.transfer({ from: merchant, to: bank, amount: '300' });
    expect(codeOf(await side.reverse(originalId, {}))).toBe('insufficient-funds');
    await side.transfer({ from: bank, to: merchant, amount: '300' });
    expect(codeOf(await side.reverse(originalId, {}))).toBe('accepted');
  });

  it('may take effect when the original did', async () => {
    const { side, originalId } = await aPurchase();
    const outcome = await side.reverse(originalId, { effective: 'original' });
    const original = side.store.log.find((e) => e.streamName === `transaction-${originalId}`);
    expect(outcome).toMatchObject({
      body: { effectiveAt: (original?.data as { effectiveAt: string }).effectiveAt },
    });
  });
});
