import { describe, expect, it } from '@jest/globals';
import { asNew, booking, eventsOf, openIn } from '../../../test/support/account-tasks.js';
import { Gate, HeldReadsStore } from '../../../test/support/held-reads-store.js';
import { ACCOUNT_ID, fold, idOf, opened } from '../../../test/support/account-history.js';
import { limits } from '../../config/limits.js';
import { NO_METRICS } from '../metrics.js';
import { accountStream } from './events.js';
import { AccountExecutors } from './executors.js';

async function executors() {
  const store = new HeldReadsStore();
  await openIn(store);
  let conflicts = 0;
  const metrics = { ...NO_METRICS, appendConflicts: { inc: () => (conflicts += 1) } };
  return { store, executors: new AccountExecutors(store, metrics), conflicts: () => conflicts };
}

describe('the accounts one process works on', () => {
  it('each have one executor: tasks for the same account share appends, others do not wait for them', async () => {
    const { store, executors: all } = await executors();
    const other = idOf('other account');
    await store.append(accountStream(other), 'no_stream', [asNew('other', opened({ accountId: other }))]);
    const append = new Gate();
    const appends: number[] = [];
    store.beforeAppend = (streamName, events) => {
      if (streamName !== accountStream(ACCOUNT_ID)) return;
      appends.push(events.length);
      return append.wait();
    };
    const held = ['a', 'b', 'c'].map((name) => all.execute(ACCOUNT_ID, booking(name, 1n)));
    await append.reached;
    expect(await all.execute(other, booking('elsewhere', 1n))).toMatchObject({ kind: 'done', revision: 1n });
    append.open();
    await Promise.all(held);
    expect(appends).toEqual([1, 2]);
  });

  it('count the conflicts with other processes', async () => {
    const { store, executors: ours, conflicts } = await executors();
    await ours.read(ACCOUNT_ID, { current: true });
    await new AccountExecutors(store, NO_METRICS).execute(ACCOUNT_ID, booking('theirs', 1n));
    await ours.execute(ACCOUNT_ID, booking('ours', 1n));
    expect(conflicts()).toBe(1);
  });

  it('do not remember that an account did not exist', async () => {
    const { store, executors: all } = await executors();
    const accountId = idOf('not yet');
    expect(await all.read(accountId, { current: false })).toBeNull();
    await store.append(accountStream(accountId), 'no_stream', [asNew('opened late', opened({ accountId }))]);
    expect(await all.read(accountId, { current: false })).toMatchObject({ state: { accountId } });
  });

  it('are bounded: one that leaves while it works finishes, and costs its successor a conflict at most', async () => {
    const { store, executors: all, conflicts } = await executors();
    const append = new Gate();
    store.beforeAppend = () => append.wait();
    const held = ['first', 'second'].map((name) => all.execute(ACCOUNT_ID, booking(name, 1n)));
    await append.reached;
    store.beforeAppend = () => undefined;
    // A task whose time has passed takes an account's place and nothing else.
    const late = booking('late', 1n, { deadlineMs: 0 });
    const others = Array.from({ length: limits.executorsMax }, (_, index) =>
      all.execute(`other ${index}`, late),
    );
    await Promise.allSettled(others);
    expect(await all.execute(ACCOUNT_ID, booking('second', 1n))).toMatchObject({ kind: 'done' });
    append.open();
    expect(await Promise.all(held)).toMatchObject([{ kind: 'done' }, { kind: 'done-before' }]);
    expect(conflicts()).toBe(1);
    const state = fold(...eventsOf(store));
    expect(state).toMatchObject({ sequence: 2, credits: 2n });
    expect((await all.read(ACCOUNT_ID, { current: true }))?.state).toEqual(state);
  });
});
