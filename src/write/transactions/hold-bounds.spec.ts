import { describe, expect, it } from '@jest/globals';
import { HoldSide, leg } from '../../../test/support/hold-side.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { limits } from '../../config/limits.js';
import type { NewEvent } from '../../edges/event-store/event-store.js';
import type { CommandOutcome } from '../command.js';

const APPEND_BYTES_MAX = 1024 * 1024;
/** The widest that JSON gets: three bytes for each character. */
const WIDE = '\u20ac';

const WIDEST = {
  kind: WIDE.repeat(limits.kindCharsMax),
  description: WIDE.repeat(limits.descriptionCharsMax),
  reference: WIDE.repeat(limits.referenceCharsMax),
  metadata: Object.fromEntries(
    Array.from({ length: limits.metadataKeysMax }, (_, i) => [
      `${i}`.padStart(limits.metadataKeyCharsMax, WIDE),
      WIDE.repeat(limits.metadataValueCharsMax),
    ]),
  ),
};

function codeOf(outcome: CommandOutcome<unknown>): string {
  return outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
}

function bytesOf({ data, metadata }: Pick<NewEvent, 'data' | 'metadata'>): number {
  return Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata));
}

/** A customer with more than enough, a merchant, and a hold that can take nothing more. */
async function aFullHold(room = 0) {
  const side = new HoldSide(new InMemoryEventStore());
  const largest = { eventBytes: 0, appendBytes: 0 };
  side.store.beforeAppend = (_stream, events) => {
    largest.eventBytes = Math.max(largest.eventBytes, ...events.map(bytesOf));
    largest.appendBytes = Math.max(
      largest.appendBytes,
      events.reduce((sum, event) => sum + bytesOf(event), 0),
    );
  };
  const bank = await side.opened({ type: 'asset', overdraftLimit: null });
  const customer = await side.opened();
  const merchant = await side.opened();
  const amount = 10n ** 34n;
  await side.transfer({ from: bank, to: customer, amount: `${amount * BigInt(limits.holdLegsMax)}` });
  const legs = (count: number) =>
    Array.from({ length: count }, () => leg(customer, 'debit', amount.toString()));
  const holdId = await side.held({ ...WIDEST, legs: legs(limits.legsMax) });
  for (let made = limits.legsMax; made < limits.holdLegsMax - room;) {
    const count = Math.min(limits.legsMax, limits.holdLegsMax - room - made);
    expect(codeOf(await side.increase(holdId, legs(count)))).toBe('accepted');
    made += count;
  }
  const whole = (amount * BigInt(limits.holdLegsMax)).toString();
  return { side, customer, merchant, holdId, legs, whole, largest };
}

describe('a hold with as many legs as it may have', () => {
  it('takes no further leg, and is voided in one event that fits', async () => {
    const { side, customer, holdId, legs, largest } = await aFullHold();
    const refusal = { code: 'hold-has-too-many-legs', pointer: '/legs', details: { legs: '500' } };
    expect(await side.increase(holdId, legs(1))).toMatchObject({ kind: 'refused', refusal });
    const later = new Date(side.nowMs + 20 * 86_400_000).toISOString();
    expect(await side.extend(holdId, later)).toMatchObject({ kind: 'accepted' });
    expect(await side.void(holdId)).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.money(customer)).toMatchObject({ reserved: 0n });
    expect(largest.eventBytes).toBeLessThanOrEqual(limits.eventBytesMax);
  });

  it('expires', async () => {
    const { side, customer, holdId, largest } = await aFullHold();
    side.nowMs += limits.holdDurationMsMax;
    await expect(side.expire(holdId)).resolves.toBe(true);
    expect(await side.money(customer)).toMatchObject({ reserved: 0n });
    expect(largest.eventBytes).toBeLessThanOrEqual(limits.eventBytesMax);
  });

  it('is captured whole by one leg, and the capture is reversed', async () => {
    const { side, customer, merchant, holdId, whole, largest } = await aFullHold();
    const legs = [leg(customer, 'debit', whole), leg(merchant, 'credit', whole)];
    const captured = await side.capture(holdId, { ...WIDEST, legs });
    if (captured.kind !== 'accepted') throw new Error(captured.refusal.code);
    expect(captured).toMatchObject({ settled: true });
    expect(captured.body.legs).toHaveLength(limits.holdLegsMax + 1);
    expect(await side.money(merchant)).toMatchObject({ balance: BigInt(whole) });
    const reversed = await side.reverse(captured.body.transactionId, WIDEST);
    expect(reversed).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.money(customer)).toMatchObject({ balance: BigInt(whole), reserved: 0n });
    expect(largest.eventBytes).toBeLessThanOrEqual(limits.eventBytesMax);
    expect(largest.appendBytes).toBeLessThanOrEqual(APPEND_BYTES_MAX);
  });

  it('is not passed by increases at once, from two processes: as many are accepted as there is room for', async () => {
    const { side, holdId, legs, largest } = await aFullHold(12);
    const other = new HoldSide(side.store, { nowMs: side.nowMs });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? side : other).increase(holdId, legs(5))),
    );
    expect(outcomes.map(codeOf).filter((code) => code === 'accepted')).toHaveLength(2);
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['accepted', 'hold-has-too-many-legs']));
    expect((await side.view(holdId))?.legs).toHaveLength(limits.holdLegsMax - 2);
    expect(await side.void(holdId)).toMatchObject({ settled: true });
    expect(largest.eventBytes).toBeLessThanOrEqual(limits.eventBytesMax);
  });

  it('is changed by many commands at once in appends that fit', async () => {
    const { side, holdId, largest } = await aFullHold();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        side.extend(holdId, new Date(side.nowMs + (10 + i) * 86_400_000).toISOString()),
      ),
    );
    expect(outcomes.map(codeOf)).toContain('accepted');
    expect(largest.appendBytes).toBeLessThanOrEqual(APPEND_BYTES_MAX);
  });
});

describe('an increase that is refused its funds', () => {
  it('gives the room it claimed back', async () => {
    const { side, customer, holdId, legs } = await aFullHold(1);
    const tooMuch = leg(customer, 'debit', (10n ** 37n).toString());
    expect(codeOf(await side.increase(holdId, [tooMuch]))).toBe('insufficient-funds');
    expect(codeOf(await side.increase(holdId, legs(1)))).toBe('accepted');
  });
});

describe('a hold that was captured as often as it may be', () => {
  it('is not captured again, and gives the rest back', async () => {
    const side = new HoldSide(new InMemoryEventStore());
    const bank = await side.opened({ type: 'asset', overdraftLimit: null });
    const customer = await side.opened();
    const merchant = await side.opened();
    await side.transfer({ from: bank, to: customer, amount: '5000' });
    const holdId = await side.held({ legs: [leg(customer, 'debit', '5000')] });
    const legs = [leg(customer, 'debit', '1'), leg(merchant, 'credit', '1')];
    const outcomes = await Promise.all(
      Array.from({ length: limits.holdCapturesMax + 3 }, () => side.capture(holdId, { legs })),
    );
    expect(outcomes.map(codeOf).filter((code) => code === 'accepted')).toHaveLength(limits.holdCapturesMax);
    expect(codeOf(await side.capture(holdId, { legs }))).toBe('hold-has-too-many-captures');
    expect(await side.void(holdId)).toMatchObject({ settled: true });
    expect(await side.money(customer)).toEqual(expect.objectContaining({ balance: 4000n, reserved: 0n }));
  });
});
