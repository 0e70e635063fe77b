import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { limits } from '../../../config/limits.js';
import { toLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { InMemoryEventStore } from '../../../../test/support/in-memory-event-store.js';
import { Gate } from '../../../../test/support/held-reads-store.js';
import { aCrash, has, track } from '../../../../test/support/crashed-transfer.js';
import type { Death } from '../../../../test/support/mortal-store.js';
import { WriteSide } from '../../../../test/support/write-side.js';
import { TryAgain } from '../../command.js';
import { NO_METRICS } from '../../metrics.js';
import { InFlightTracker } from './in-flight.js';
import { Recovery } from './recover.js';

/** The crash points of one checked transfer, by the append the process dies at. */
const DEATHS: readonly [string, Death, boolean][] = [
  ['before reserving', { when: 'before', matches: has('FundsReserved') }, false],
  ['after reserving', { when: 'after', matches: has('FundsReserved') }, false],
  ['before the commit', { when: 'before', matches: has('TransactionPosted') }, false],
  ['after the commit, answer lost', { when: 'after', matches: has('TransactionPosted') }, true],
  ['before any entry', { when: 'before', matches: has('EntryPosted') }, true],
  ['after one entry', { when: 'after', matches: has('EntryPosted') }, true],
];

async function recoverAll(store: InMemoryEventStore): Promise<void> {
  const side = new WriteSide(store);
  const recovery = new Recovery(store, side.executors, side.parents, { nowMs: () => Date.now() }, NO_METRICS);
  for (const inFlight of [...track(store).all()]) expect(await recovery.recover(inFlight)).toBe(true);
}

describe('a process that dies', () => {
  for (const [point, death, committed] of DEATHS) {
    it(`${point}: recovery brings it to rest, and the retry is answered once`, async () => {
      const { store, side, customer, merchant, context, request } = await aCrash(death);
      await recoverAll(store);
      expect(track(store).count).toBe(0);
      expect(await side.money(customer)).toMatchObject({ balance: committed ? 600n : 1000n, reserved: 0n });

      const outcome = await new WriteSide(store).transfer(request, context);
      expect(outcome).toMatchObject({ kind: 'accepted', settled: true, replayed: committed });
      expect(await side.money(customer)).toMatchObject({ balance: 600n, available: 600n, entries: 2 });
      expect(await side.money(merchant)).toMatchObject({ balance: 400n, entries: 1 });
      expect(track(store).count).toBe(0);
    });

    it(`${point}: the retry comes first, recovery cleans up after both`, async () => {
      const { store, side, customer, merchant, context, request } = await aCrash(death);
      const outcome = await new WriteSide(store).transfer(request, context);
      expect(outcome).toMatchObject({ kind: 'accepted', settled: true });
      await recoverAll(store);
      expect(await side.money(customer)).toMatchObject({ balance: 600n, available: 600n, reserved: 0n });
      expect(await side.money(merchant)).toMatchObject({ balance: 400n, entries: 1 });
      expect(track(store).count).toBe(0);
    });
  }

  it('does not stand in the way of its own retry: all the funds it set aside are used', async () => {
    const { store, side, customer, merchant, context, request } = await aCrash(
      { when: 'after', matches: has('FundsReserved') },
      '1000',
    );
    const outcome = await new WriteSide(store).transfer(request, context);
    expect(outcome).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.money(customer)).toEqual({ balance: 0n, available: 0n, reserved: 0n, entries: 2 });
    expect(await side.money(merchant)).toMatchObject({ balance: 1000n, entries: 1 });
    expect(track(store).count).toBe(0);
  });

  it('is fenced off: a commit that arrives after recovery does not move money', async () => {
    const store = new InMemoryEventStore();
    const side = new WriteSide(store);
    const bank = await side.opened({ type: 'asset', overdraftLimit: null });
    const customer = await side.opened();
    await side.transfer({ from: bank, to: customer, amount: '1000' });
    let recovered = false;
    store.beforeAppend = async (_stream, events) => {
      // The process stalls right before its first commit, for as long as recovery takes.
      if (recovered || !events.some((event) => event.type === 'TransactionPosted')) return;
      recovered = true;
      await recoverAll(store);
    };
    const outcome = await side.transfer({ from: customer, to: bank, amount: '400' });
    expect(outcome).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.money(customer)).toEqual({ balance: 600n, available: 600n, reserved: 0n, entries: 2 });
    expect(store.log.filter((event) => event.type === 'AttemptAbandoned')).toHaveLength(1);
    expect(store.log.filter((event) => event.type === 'TransactionPosted')).toHaveLength(2);
    expect(track(store).count).toBe(0);
  });
});

describe('recovery of a transaction that is sent again meanwhile', () => {
  it('leaves alone what the new attempt sets aside while the old one is fenced off', async () => {
    const { store, side, customer, merchant, context, request } = await aCrash({
      when: 'after',
      matches: has('FundsReserved'),
    });
    const tracker = track(store);
    const [inFlight] = tracker.all();
    if (!inFlight) throw new Error('Nothing is in flight.');
    const recovered = new Gate();
    let retry: ReturnType<WriteSide['transfer']> | undefined;
    store.beforeAppend = async (_stream, events) => {
      if (has('TransactionPosted')(_stream, events)) await recovered.wait();
      if (!has('AttemptAbandoned')(_stream, events)) return;
      retry = new WriteSide(store).transfer(request, context);
      await recovered.reached;
      // The log brings the settler the new attempt's reservation before the old one's are released.
      const newest = store.log.at(-1);
      if (newest?.type !== 'FundsReserved') throw new Error('The new attempt has not reserved.');
      tracker.apply(toLedgerEvent(newest));
    };
    const recovery = new Recovery(
      store,
      side.executors,
      side.parents,
      { nowMs: () => Date.now() },
      NO_METRICS,
    );
    await recovery.recover(inFlight);
    recovered.open();
    expect(await retry).toMatchObject({ kind: 'accepted', settled: true });
    expect(await side.money(customer)).toEqual({ balance: 600n, available: 600n, reserved: 0n, entries: 2 });
    expect(await side.money(merchant)).toMatchObject({ balance: 400n, entries: 1 });
    expect(track(store).count).toBe(0);
  });

  it('is not done while what was set aside is not given back', async () => {
    const { store, side, customer } = await aCrash({ when: 'after', matches: has('FundsReserved') });
    const [inFlight] = track(store).all();
    if (!inFlight) throw new Error('Nothing is in flight.');
    const recovery = new Recovery(store, side.executors, side.parents, { nowMs: Date.now }, NO_METRICS);
    store.beforeAppend = (_stream, events) => {
      if (has('ReservationReleased')(_stream, events)) throw new Error('Refused.');
    };
    expect(await recovery.recover(inFlight)).toBe(false);
    store.beforeAppend = () => undefined;
    expect(await recovery.recover(inFlight)).toBe(true);
    expect(await side.money(customer)).toMatchObject({ reserved: 0n });
  });

  it('gives nothing back when the fence does not stand', async () => {
    const { store, side, customer } = await aCrash({ when: 'after', matches: has('FundsReserved') });
    const [inFlight] = track(store).all();
    if (!inFlight) throw new Error('Nothing is in flight.');
    const stream = `transaction-${inFlight.transactionId}`;
    let others = 0;
    store.beforeAppend = async (name, events) => {
      const [fence] = events;
      const isOurs =
        fence?.type === 'AttemptAbandoned' && 'attemptId' in fence.data && !('other' in fence.data);
      if (name !== stream || !fence || !isOurs) return;
      others += 1;
      const expected = others === 1 ? 'no_stream' : BigInt(others - 2);
      const data = { ...fence.data, attemptId: randomUUID(), other: true };
      await store.append(stream, expected, [{ ...fence, id: randomUUID(), data }]);
    };
    const recovery = new Recovery(
      store,
      side.executors,
      side.parents,
      { nowMs: () => Date.now() },
      NO_METRICS,
    );
    await expect(recovery.recover(inFlight)).rejects.toThrow(TryAgain);
    expect(others).toBe(limits.commitConflictsMax + 1);
    expect(await side.money(customer)).toMatchObject({ reserved: 400n });
  });
});

describe('reading on after a restart', () => {
  it('from where the tracker says meets everything still owed', async () => {
    const { store } = await aCrash({ when: 'after', matches: has('EntryPosted') });
    const whole = track(store);
    for (let cut = 0; cut <= store.log.length; cut += 1) {
      const first = new InFlightTracker('start');
      for (const event of store.log.slice(0, cut)) first.apply(toLedgerEvent(event));
      const after = first.resumeAfter();
      const second = new InFlightTracker(after);
      for (const event of store.log) {
        if (after === 'start' || event.position > after) second.apply(toLedgerEvent(event));
      }
      expect([...second.all()].map((entry) => entry.transactionId)).toEqual(
        [...whole.all()].map((entry) => entry.transactionId),
      );
    }
  });
});
