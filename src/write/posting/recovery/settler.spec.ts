import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { limits } from '../../../config/limits.js';
import { EventStoreUnavailable } from '../../../edges/event-store/event-store.js';
import { aCrash, has, track } from '../../../../test/support/crashed-transfer.js';
import { Gate } from '../../../../test/support/held-reads-store.js';
import { HoldSide, leg } from '../../../../test/support/hold-side.js';
import { InMemoryEventStore } from '../../../../test/support/in-memory-event-store.js';
import { MortalStore } from '../../../../test/support/mortal-store.js';
import { WriteSide } from '../../../../test/support/write-side.js';
import { NO_METRICS } from '../../metrics.js';
import { MACHINE_PATIENCE, type Patience } from '../../patience.js';
import { Settlement } from '../settle.js';
import { HoldExpiry } from './expire-holds.js';
import { Recovery } from './recover.js';
import { Settler } from './settler.js';

describe('the settler role', () => {
  const started: Settler[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((settler) => settler.stop()));
  });

  /** @param sweeps how often it looks for what is due once it leads */
  function aSettler(store: InMemoryEventStore, sweeps = Number.POSITIVE_INFINITY): Settler {
    let sweepsLeft = sweeps;
    const patience: Patience = {
      ...MACHINE_PATIENCE,
      after: (ms, call) => {
        const isSweep = ms === limits.settlerSweepMs && settler.status().state === 'live';
        if (isSweep) sweepsLeft -= 1;
        return sweepsLeft < 0 ? () => undefined : MACHINE_PATIENCE.after(ms, call);
      },
    };
    const side = new WriteSide(store);
    // So late that everything is overdue at once.
    const clock = { nowMs: () => Date.now() + limits.recoveryAfterMs };
    const recovery = new Recovery(store, side.executors, side.parents, clock, NO_METRICS);
    const settlement = new Settlement(side.executors, side.parents, clock, NO_METRICS);
    const settler = new Settler(
      store,
      recovery,
      new HoldExpiry(side.parents, settlement, clock),
      clock,
      { newId: () => randomUUID() },
      NO_METRICS,
      () => undefined,
      patience,
    );
    started.push(settler);
    settler.start();
    return settler;
  }

  async function until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`Not within 10 s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('finishes all that is owed without a pause, and asks the store no more than it must', async () => {
    const reads: string[] = [];
    const store = new (class extends InMemoryEventStore {
      override readStream(...[streamName, options]: Parameters<InMemoryEventStore['readStream']>) {
        reads.push(streamName);
        return super.readStream(streamName, options);
      }
    })();
    const side = new WriteSide(store);
    const bank = await side.opened({ type: 'asset', overdraftLimit: null });
    const merchant = await side.opened();
    const count = limits.recoveriesAtOnceMax * 4;
    // Each account's reservations fit one append, so that none of them waits behind an entry.
    const customers = await Promise.all(Array.from({ length: 8 }, () => side.opened()));
    for (const to of customers) await side.transfer({ from: bank, to, amount: '100' });
    const mortal = new MortalStore(store, { when: 'before', matches: () => false });
    const death = new Gate();
    let commits = 0;
    store.beforeAppend = async (_stream, events) => {
      const isCommit = has('TransactionPosted')(_stream, events);
      if (isCommit) commits += 1;
      // Every second one dies with its funds reserved, the others committed.
      if (!has('EntryPosted')(_stream, events) && !(isCommit && commits % 2 === 0)) return;
      await death.wait();
      throw new EventStoreUnavailable('This process is dead.');
    };
    const doomed = new WriteSide(mortal);
    const sent = Array.from({ length: count }, (_none, index) => {
      const from = customers[index % customers.length] ?? '';
      return doomed.transfer({ from, to: merchant, amount: '1' }).catch(() => undefined);
    });
    await until(() => commits === count, 'all are on their way');
    mortal.dead = true;
    death.open();
    await Promise.all(sent);
    store.beforeAppend = () => undefined;
    expect(track(store).count).toBe(count);
    reads.length = 0;
    aSettler(store, 1);
    await until(() => track(store).count === 0, 'nothing is owed');
    expect(reads.filter((name) => name.startsWith('transaction-'))).toEqual([]);
    expect(await side.money(merchant)).toMatchObject({ balance: BigInt(count / 2), entries: count / 2 });
    const left = await Promise.all(customers.map((customer) => side.money(customer)));
    expect(left.reduce((sum, { available }) => sum + available, 0n)).toBe(BigInt(count / 2));
  });

  it('finishes what is owed by itself', async () => {
    const { store } = await aCrash({ when: 'after', matches: has('FundsReserved') });
    expect(track(store).count).toBe(1);
    aSettler(store);
    await until(() => track(store).count === 0, 'nothing is owed');
  });

  it('ends holds whose time is over, and leaves one alone that was extended', async () => {
    const store = new InMemoryEventStore();
    const side = new HoldSide(store);
    const customer = await side.opened({ overdraftLimit: '1000' });
    const soon = { expiresAt: new Date(Date.now() + limits.recoveryAfterMs / 2).toISOString() };
    const [ends, extended] = [
      await side.held({ legs: [leg(customer, 'debit', '100')], ...soon }),
      await side.held({ legs: [leg(customer, 'debit', '10')], ...soon }),
    ];
    await side.extend(extended, new Date(Date.now() + 86_400_000).toISOString());
    aSettler(store);
    await until(() => store.log.some(({ type }) => type === 'ReservationReleased'), 'funds are given back');
    expect(await side.view(ends)).toMatchObject({ status: 'expired' });
    expect(await side.view(extended)).toMatchObject({ status: 'authorized' });
    expect(await side.money(customer)).toMatchObject({ reserved: 10n });
  });

  it('ends all holds that are over together without a pause', async () => {
    const store = new InMemoryEventStore();
    const side = new HoldSide(store);
    const customer = await side.opened({ overdraftLimit: '10000' });
    const expiresAt = new Date(Date.now() + limits.recoveryAfterMs / 2).toISOString();
    const count = limits.recoveriesAtOnceMax * 4;
    await Promise.all(
      Array.from({ length: count }, () => side.held({ legs: [leg(customer, 'debit', '1')], expiresAt })),
    );
    aSettler(store, 1);
    const ended = () => store.log.filter(({ type }) => type === 'HoldExpired').length;
    await until(() => ended() === count, 'all have expired');
    await until(
      () => store.log.filter(({ type }) => type === 'ReservationReleased').length === count,
      'all is back',
    );
    expect(await side.money(customer)).toMatchObject({ reserved: 0n });
  });

  it('reads no hold that was captured, and is not held up by one that cannot be ended', async () => {
    const reads = new Set<string>();
    const store = new (class extends InMemoryEventStore {
      override readStream(...[streamName, options]: Parameters<InMemoryEventStore['readStream']>) {
        reads.add(streamName);
        return super.readStream(streamName, options);
      }
    })();
    const side = new HoldSide(store);
    const [customer, merchant] = [await side.opened({ overdraftLimit: '10000' }), await side.opened()];
    const expiresAt = new Date(Date.now() + limits.recoveryAfterMs / 2).toISOString();
    const legs = [leg(customer, 'debit', '10'), leg(merchant, 'credit', '10')];
    const held = (): Promise<string> => side.held({ legs, expiresAt });
    const part = [leg(customer, 'debit', '4'), leg(merchant, 'credit', '4')];
    const [stuck, whole, final, inTwo, partly] = [
      await held(),
      await held(),
      await held(),
      await held(),
      await held(),
    ];
    await side.capture(whole, {});
    await side.capture(final, { legs: part, final: true });
    await side.capture(inTwo, { legs: part });
    await side.capture(inTwo, { legs: [leg(customer, 'debit', '6'), leg(merchant, 'credit', '6')] });
    await side.capture(partly, { legs: part });
    store.beforeAppend = (streamName, events) => {
      if (streamName === `transaction-${stuck}` && has('HoldExpired')(streamName, events))
        throw new Error('Refused.');
    };
    reads.clear();
    aSettler(store);
    await until(() => store.log.some(({ type }) => type === 'HoldExpired'), 'one has expired');
    const holds = [...reads].filter((name) => name.startsWith('transaction-'));
    expect(holds.sort()).toEqual([stuck, partly].map((id) => `transaction-${id}`).sort());
    expect(await side.view(partly)).toMatchObject({ status: 'expired' });
  });

  it('is one at a time, and a second takes over when the first hands over', async () => {
    const store = new InMemoryEventStore();
    const first = aSettler(store);
    await until(() => first.status().state === 'live', 'the first leads');
    const second = aSettler(store);
    await until(() => second.status().state === 'standby', 'the second stands by');
    await first.stop();
    await until(() => second.status().state === 'live', 'the second leads');
  });

  it('stops on an event it cannot read, and says which', async () => {
    const store = new InMemoryEventStore();
    await store.append('account-x', 'no_stream', [
      {
        id: randomUUID(),
        type: 'EntryPosted.v9',
        data: {},
        metadata: {
          $correlationId: 'c',
          $causationId: 'c',
          actor: 'a',
          companyId: 'c',
          requestId: 'r',
          schemaVersion: 9,
        },
      },
    ]);
    const settler = aSettler(store);
    await until(() => settler.status().state === 'stopped', 'it stopped');
    expect(settler.status().reason).toContain('EntryPosted.v9');
  });

  it('skips no version of what happens to holds that it cannot read, even where nothing is owed any more', async () => {
    const store = new InMemoryEventStore();
    const metadata = {
      $correlationId: 'c',
      $causationId: 'c',
      actor: 'a',
      companyId: 'c',
      requestId: 'r',
      schemaVersion: 2,
    };
    const append = (streamName: string, type: string, data: object) =>
      store.append(streamName, 'no_stream', [{ id: randomUUID(), type, data, metadata }]);
    await append('accountSnapshot-x', 'AccountSnapshot.v9', {});
    await append('transaction-x', 'TransactionAuthorized.v2', {});
    // A newer version settled what there was, and stopped in good order.
    const owedAfter = String(await store.headPosition());
    await append('settler-lease', 'SettlerBeat', {
      owner: 'newer',
      owedAfter,
      holdsAfter: 'start',
      released: true,
    });
    const settler = aSettler(store);
    await until(() => settler.status().state === 'stopped', 'it stopped');
    expect(settler.status().reason).toContain('TransactionAuthorized.v2');
  });
});
