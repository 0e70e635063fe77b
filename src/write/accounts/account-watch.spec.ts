import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { until } from '../../../test/support/until.js';
import { WriteSide, aContext } from '../../../test/support/write-side.js';
import { EventStoreUnavailable, type SubscribeAllOptions } from '../../edges/event-store/event-store.js';
import { UnknownEventType } from '../../edges/event-store/ledger-event.js';
import type { TransactionView } from '../transactions/transaction-view.js';
import { AccountWatch } from './account-watch.js';
import { decideFreeze } from './freeze-account/freeze-account.decide.js';

const watches: AccountWatch[] = [];
afterEach(async () => {
  await Promise.all(watches.splice(0).map((watch) => watch.stop()));
});

/** A store whose subscriptions can be cut off. */
class CuttableStore extends InMemoryEventStore {
  isCut = false;
  subscriptions = 0;

  override async *subscribeAll(options: SubscribeAllOptions) {
    this.subscriptions += 1;
    if (this.isCut) throw new EventStoreUnavailable('Cut off.');
    yield* super.subscribeAll(options);
  }
}

async function twoProcesses() {
  const store = new CuttableStore();
  const [here, elsewhere] = [new WriteSide(store), new WriteSide(store)];
  const bank = await here.opened({ type: 'asset', overdraftLimit: null });
  const merchant = await here.opened();
  // Both accounts are in this process's memory from here on.
  await here.transfer({ from: bank, to: merchant, amount: '1' });
  const told: string[] = [];
  const watch = new AccountWatch(store, here.executors, (message) => told.push(message));
  watches.push(watch);
  const freeze = () =>
    elsewhere.administration.run(aContext(), merchant, 'freeze-account', {}, decideFreeze({ reason: null }));
  const credit = (context = aContext()) => here.transfer({ from: bank, to: merchant, amount: '1' }, context);
  return { store, here, merchant, watch, told, freeze, credit };
}

const FROZEN = { kind: 'refused', refusal: { code: 'account-must-not-be-frozen' } };

describe('an account that another process froze', () => {
  it('takes no more credits here, although none of them needs a reservation', async () => {
    const { store, watch, freeze, credit } = await twoProcesses();
    watch.start();
    await until(
      () => store.subscriptions === 1,
      () => 'The watch does not follow the log.',
    );
    expect(await credit()).toMatchObject({ kind: 'accepted' });
    await freeze();
    await until(
      async () => (await credit()).kind === 'refused',
      () => 'The freeze is not noticed.',
    );
    expect(await credit()).toMatchObject(FROZEN);
  });

  it('takes none either while the log cannot be followed: every account is read first', async () => {
    const { store, watch, freeze, credit } = await twoProcesses();
    store.isCut = true;
    watch.start();
    await until(
      () => store.subscriptions === 1,
      () => 'The watch did not try to follow the log.',
    );
    await freeze();
    expect(await credit()).toMatchObject(FROZEN);
  });
});

describe('an account with an event that this version cannot read', () => {
  async function anUnreadableAccount(type: string) {
    const processes = await twoProcesses();
    const { store, here, merchant, watch, told, credit } = processes;
    const context = aContext();
    const first = await credit(context);
    // What this process remembers of outcomes is not what is asked for here.
    const again = new WriteSide(store);
    watch.start();
    await until(
      () => store.subscriptions === 1,
      () => 'The watch does not follow the log.',
    );
    const account = await here.executors.read(merchant, { current: true });
    if (!account) throw new Error('The account is there.');
    const metadata = {
      $correlationId: 'c',
      $causationId: 'c',
      actor: 'a',
      companyId: 'default',
      requestId: 'r',
      schemaVersion: 2,
    };
    for (let times = 0n; times < 2n; times += 1n) {
      const event = { id: randomUUID(), type, data: {}, metadata };
      await store.append(`account-${merchant}`, account.revision + times, [event]);
    }
    await until(
      () => told.length > 0,
      () => 'The event is not noticed.',
    );
    return { ...processes, context, first, again };
  }

  const commits = (store: InMemoryEventStore) =>
    store.log.filter((event) => event.type === 'TransactionPosted').length;

  for (const type of ['AccountFrozen.v2', 'EntryPosted.v2', 'AccountSeized']) {
    it(`takes no more credits, is told of once, and still answers what was answered: ${type}`, async () => {
      const { store, told, credit, context, first, again, merchant } = await anUnreadableAccount(type);
      const before = commits(store);
      await expect(credit()).rejects.toThrow(UnknownEventType);
      await expect(credit()).rejects.toThrow(type);
      expect(commits(store)).toBe(before);
      expect(told).toEqual([expect.stringContaining(`account-${merchant}`)]);
      expect(await credit(context)).toEqual({ ...first, replayed: true });
      const request = {
        from: first.kind === 'accepted' ? bankOf(first.body) : '',
        to: merchant,
        amount: '1',
      };
      expect(await again.transfer(request, context)).toMatchObject({ kind: 'accepted', replayed: true });
    });
  }
});

function bankOf({ legs }: TransactionView): string {
  return legs.find(({ direction }) => direction === 'debit')?.accountId ?? '';
}
