import { afterEach, describe, expect, it } from '@jest/globals';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { until } from '../../../test/support/until.js';
import { WriteSide, aContext } from '../../../test/support/write-side.js';
import { EventStoreUnavailable, type SubscribeAllOptions } from '../../edges/event-store/event-store.js';
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
  const watch = new AccountWatch(store, here.executors, () => undefined);
  watches.push(watch);
  const freeze = () =>
    elsewhere.administration.run(aContext(), merchant, 'freeze-account', {}, decideFreeze({ reason: null }));
  const credit = () => here.transfer({ from: bank, to: merchant, amount: '1' });
  return { store, watch, freeze, credit };
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
