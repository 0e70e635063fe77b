import { describe, expect, it } from '@jest/globals';
import { toLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { HoldSide, leg } from '../../../../test/support/hold-side.js';
import { InMemoryEventStore } from '../../../../test/support/in-memory-event-store.js';
import { DueQueue } from './due-queue.js';
import { OpenHolds } from './open-holds.js';

const DAY_MS = 86_400_000;

async function aSide() {
  const side = new HoldSide(new InMemoryEventStore());
  const [customer, merchant] = [await side.opened({ overdraftLimit: '10000' }), await side.opened()];
  const legs = (amount: string) => [leg(customer, 'debit', amount), leg(merchant, 'credit', amount)];
  const held = (): Promise<string> => side.held({ legs: legs('10') });
  return { side, legs, held };
}

/** Follows the holds of a store from a place in its log on. */
function follow(store: InMemoryEventStore, after: bigint | 'start' = 'start') {
  const due = new DueQueue();
  const schedule = {
    plan: (id: string, dueAtMs: number) => due.set(id, dueAtMs),
    callOff: (id: string) => due.delete(id),
  };
  const holds = new OpenHolds(after, schedule);
  for (const event of store.log) {
    if (!event.streamName.startsWith('transaction-')) continue;
    if (after === 'start' || event.position > after) holds.apply(toLedgerEvent(event));
  }
  return { holds, due };
}

describe('the holds that are open', () => {
  it('lose a hold with whatever concludes it', async () => {
    const { side, legs, held } = await aSide();
    const ends: readonly ((holdId: string) => Promise<unknown>)[] = [
      (holdId) => side.capture(holdId, {}),
      (holdId) => side.capture(holdId, { legs: legs('1'), final: true }),
      (holdId) => side.void(holdId),
      async (holdId) => {
        await side.capture(holdId, { legs: legs('4') });
        await side.capture(holdId, { legs: legs('6') });
      },
      async (holdId) => {
        await side.increase(holdId, legs('5'));
        await side.capture(holdId, { legs: legs('15') });
      },
      async (holdId) => {
        side.nowMs += 8 * DAY_MS;
        await side.expire(holdId);
      },
    ];
    for (const end of ends) {
      const holdId = await held();
      expect(follow(side.store).holds.get(holdId)).toBeDefined();
      await end(holdId);
      const { holds, due } = follow(side.store);
      expect(holds.get(holdId)).toBeUndefined();
      expect([holds.count, due.count]).toEqual([0, 0]);
    }
  });

  it('keep one of which something may still be captured', async () => {
    const { side, legs, held } = await aSide();
    const [part, increased, refused] = [await held(), await held(), await held()];
    await side.capture(part, { legs: legs('9') });
    await side.increase(increased, legs('5'));
    await side.capture(increased, { legs: legs('10') });
    await side.capture(refused, { legs: legs('11'), final: true });
    expect(follow(side.store).holds.count).toBe(3);
  });

  it('follow when each ends, in the order of time', async () => {
    const { side, held } = await aSide();
    const [first, second] = [await held(), await held()];
    const later = side.nowMs + 20 * DAY_MS;
    await side.extend(first, new Date(later).toISOString());
    const { due } = follow(side.store);
    expect([due.take(later - 1), due.take(later - 1), due.take(later)]).toEqual([second, undefined, first]);
  });

  it('are the same when the log is read on from where they say', async () => {
    const { side, legs, held } = await aSide();
    const [captured, , voided, inPart] = [await held(), await held(), await held(), await held()];
    await side.capture(inPart, { legs: legs('4') });
    await side.extend(inPart, new Date(side.nowMs + 20 * DAY_MS).toISOString());
    await side.capture(captured, {});
    await side.void(voided);
    const open = ({ holds }: ReturnType<typeof follow>, ids: readonly string[]) =>
      ids.map((id) => holds.get(id)?.uncaptured);
    const ids = [captured, voided, inPart];
    const whole = follow(side.store);
    for (let cut = 0; cut <= side.store.log.length; cut += 1) {
      const first = new OpenHolds('start');
      for (const event of side.store.log.slice(0, cut)) first.apply(toLedgerEvent(event));
      const again = follow(side.store, first.resumeAfter());
      expect(again.holds.count).toBe(whole.holds.count);
      expect(open(again, ids)).toEqual(open(whole, ids));
    }
  });

  it('take in one that was only met when it was extended, and lose it with a final capture or a void', async () => {
    const { side, legs, held } = await aSide();
    const [captured, kept] = [await held(), await held()];
    const after = side.store.log.at(-1)?.position ?? 'start';
    for (const holdId of [captured, kept])
      await side.extend(holdId, new Date(side.nowMs + 20 * DAY_MS).toISOString());
    await side.capture(captured, { legs: legs('1'), final: true });
    await side.capture(kept, { legs: legs('10') });
    const { holds } = follow(side.store, after);
    // That nothing is left of it is found when its time is over.
    expect([holds.get(captured), holds.get(kept)?.uncaptured]).toEqual([undefined, null]);
  });
});
