import { describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { ACCOUNT_ID, fold } from '../../../test/support/account-history.js';
import { booking, eventsOf, openIn, reserving, STREAM } from '../../../test/support/account-tasks.js';
import { Gate, HeldReadsStore } from '../../../test/support/held-reads-store.js';
import { limits } from '../../config/limits.js';
import { ACCOUNT_FOLD, type AccountTask } from '../accounts/executors.js';
import { ACCOUNT_SNAPSHOT } from '../accounts/snapshot.js';
import { available } from '../accounts/state.js';
import { RANDOM_IDS } from '../ids.js';
import { Snapshots } from './snapshots.js';
import { StreamExecutor } from './stream-executor.js';

/** Two processes write to one account while the first waits for its snapshot and one of its readers folds the other's event. */
async function race<R>(task: (name: string) => AccountTask<R>) {
  const store = new HeldReadsStore();
  await openIn(store, {});
  const snapshotting = new Gate();
  store.beforeAppend = (name) =>
    name.startsWith(ACCOUNT_SNAPSHOT.streamPrefix) ? snapshotting.wait() : undefined;
  const snapshots = new Snapshots(store, ACCOUNT_SNAPSHOT, ACCOUNT_ID, RANDOM_IDS);
  const here = new StreamExecutor(store, STREAM, ACCOUNT_FOLD, () => undefined, undefined, snapshots);
  const elsewhere = new StreamExecutor(store, STREAM, ACCOUNT_FOLD);
  const funds = limits.aheadOfSnapshotEventsMax - 1;
  for (let i = 0; i < funds; i += 1) {
    // Up to here the snapshot holds nobody up.
    if (i + limits.flushTasksMax >= limits.aheadOfSnapshotEventsMax - 1) break;
    await here.execute(booking(`entry ${i}`, 1n));
  }
  await snapshotting.reached;
  const mine = here.execute(task('mine'));
  await setImmediate();
  await elsewhere.execute(task('theirs'));
  await here.read(true);
  snapshotting.open();
  await mine;
  return store;
}

describe('a decision', () => {
  it('is appended at the revision it was made at: two processes never take the same funds', async () => {
    const all = BigInt(limits.aheadOfSnapshotEventsMax - limits.flushTasksMax - 1);
    const store = await race((name) => reserving(name, all));
    expect(available(fold(...eventsOf(store)))).toBe(0n);
  });

  it('is appended at the revision it was made at: every entry has its own place', async () => {
    const store = await race((name) => booking(name, 1n));
    await expect(new StreamExecutor(store, STREAM, ACCOUNT_FOLD).read(true)).resolves.not.toBeNull();
  });

  it('is not carried to a newer revision by a reader, whenever that one folds', async () => {
    for (let delay = 0; delay < 40; delay += 1) {
      const store = new HeldReadsStore();
      await openIn(store, {});
      const here = new StreamExecutor(store, STREAM, ACCOUNT_FOLD);
      const elsewhere = new StreamExecutor(store, STREAM, ACCOUNT_FOLD);
      await here.execute(booking('funds', 500n));
      await elsewhere.execute(reserving('theirs', 500n));
      const reading = here.read(true);
      for (let i = 0; i < delay; i += 1) await Promise.resolve();
      await here.execute(reserving('mine', 500n));
      await reading;
      expect(available(fold(...eventsOf(store)))).toBe(0n);
    }
  });
});
