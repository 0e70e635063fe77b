import { describe, expect, it } from '@jest/globals';
import { fold, idOf, opened } from '../../../test/support/account-history.js';
import {
  STREAM,
  booking,
  eventsOf,
  idsIn,
  openIn,
  reserving,
  asNew,
} from '../../../test/support/account-tasks.js';
import { Gate, HeldReadsStore } from '../../../test/support/held-reads-store.js';
import { limits } from '../../config/limits.js';
import { AppendOutcomeUnknown, EventStoreUnavailable } from '../../edges/event-store/event-store.js';
import { AssertionFailure } from '../../kernel/assert.js';
import { TooBusy, TryAgain } from '../command.js';
import { ACCOUNT_FOLD, type AccountTask } from '../accounts/executors.js';
import type { AccountEvent } from '../accounts/events.js';
import type { AccountState } from '../accounts/state.js';
import { StreamExecutor } from './stream-executor.js';
import { available, balance } from '../accounts/state.js';

/** An open account in a store, one process's executor of it, and the sizes of the appends made to it. */
async function anAccount(overrides: Parameters<typeof opened>[0] = {}) {
  const store = new HeldReadsStore();
  await openIn(store, overrides);
  const appends: number[] = [];
  store.beforeAppend = (_stream, events) => {
    appends.push(events.length);
  };
  let conflicts = 0;
  const executor = new StreamExecutor(store, STREAM, ACCOUNT_FOLD, () => {
    conflicts += 1;
  });
  return { store, executor, appends, conflicts: () => conflicts };
}

/** Another process on the same account. */
function anotherProcess(store: HeldReadsStore): StreamExecutor<AccountState, AccountEvent> {
  return new StreamExecutor(store, STREAM, ACCOUNT_FOLD);
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
}

/** Why a promise failed; fails itself when it did not. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error,
  );
}

describe('a store that is away', () => {
  it('fails the waiting tasks with its own error, and serves the next ones when it is back', async () => {
    const { store, executor } = await anAccount();
    store.afterRead = () => {
      store.afterRead = () => undefined;
      throw new EventStoreUnavailable('away');
    };
    expect(await failureOf(executor.execute(booking('entry', 1n)))).toBeInstanceOf(EventStoreUnavailable);
    expect(await executor.execute(booking('entry', 1n))).toMatchObject({ kind: 'done' });
  });
});

describe('a task that crashes while it decides', () => {
  const crashing = (crashes: () => boolean = () => true): AccountTask<string> => ({
    ...booking('crashing', 1000n),
    decide: (state, revision) => {
      if (crashes()) throw new AssertionFailure('A bug.');
      return booking('crashing', 1000n).decide(state, revision);
    },
  });

  it('fails alone: its neighbours are appended as if it had not been there', async () => {
    const { store, executor, appends } = await anAccount();
    const outcomes = await Promise.allSettled(
      [booking('first', 1n), booking('second', 2n), crashing(), booking('third', 3n)].map((task) =>
        executor.execute(task),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[2]).toMatchObject({ reason: expect.any(AssertionFailure) });
    expect(appends).toEqual([1, 2]);
    expect(fold(...eventsOf(store))).toMatchObject({ credits: 6n, sequence: 3 });
  });

  it('crashes with an event that can not follow, and takes that event with it', async () => {
    const { store, executor } = await anAccount();
    const impossible: AccountTask<string> = {
      ...booking('impossible', 1n),
      decide: () => ({
        events: [
          { id: idOf('possible part'), event: { ...opened(), type: 'AccountUnfrozen' } as never },
          { id: idOf('impossible part'), event: opened() },
        ],
        result: 'never',
      }),
    };
    const outcomes = await Promise.allSettled(
      [booking('first', 1n), impossible, booking('second', 1n)].map((task) => executor.execute(task)),
    );
    expect(outcomes).toMatchObject([
      { value: { revision: 1n } },
      { status: 'rejected', reason: expect.any(AssertionFailure) },
      { value: { revision: 2n } },
    ]);
    expect(idsIn(store)).toEqual(['opened', 'first', 'second'].map(idOf));
  });

  it('stays failed when its neighbours are decided again: who was told of a crash finds no event', async () => {
    const { store, executor, conflicts } = await anAccount();
    const other = anotherProcess(store);
    store.beforeAppend = async (_stream, events) => {
      if (!events.some(({ id }) => id === idOf('second'))) return;
      store.beforeAppend = () => undefined;
      await other.execute(booking('theirs', 1n));
    };
    let decisions = 0;
    const outcomes = await Promise.allSettled([
      executor.execute(booking('first', 1n)),
      executor.execute(crashing(() => (decisions += 1) === 1)),
      executor.execute(booking('second', 1n)),
    ]);
    expect(conflicts()).toBe(1);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(idsIn(store)).not.toContain(idOf('crashing'));
  });
});

describe('bounds', () => {
  it('turn commands away when the mailbox is full, but nothing that is owed', async () => {
    const { store, executor } = await anAccount();
    const append = new Gate();
    store.beforeAppend = () => append.wait();
    const first = executor.execute(booking('first', 1n));
    await append.reached;
    const waiting = names('waiting', limits.mailboxCommandsMax).map((name) =>
      executor.execute(booking(name, 1n)),
    );
    expect(await failureOf(executor.execute(booking('one too many', 1n)))).toBeInstanceOf(TooBusy);
    const owed = executor.execute(booking('owed', 1n, { owed: true }));
    expect(executor.busy).toBe(true);
    append.open();
    await Promise.all([first, ...waiting, owed]);
    expect(executor.busy).toBe(false);
    expect(idsIn(store)).toContain(idOf('owed'));
    expect(idsIn(store)).not.toContain(idOf('one too many'));
  });

  it('give a task back whose time has passed, without appending it, and go on with the others', async () => {
    const { store, executor } = await anAccount();
    const outcomes = await Promise.allSettled([
      executor.execute(booking('late', 1n, { deadlineMs: performance.now() })),
      executor.execute(booking('late too', 1n, { deadlineMs: 0 })),
      executor.execute(booking('in time', 1n, { deadlineMs: performance.now() + 60_000 })),
    ]);
    expect(outcomes).toMatchObject([
      { reason: expect.any(TryAgain) },
      { reason: expect.any(TryAgain) },
      { status: 'fulfilled' },
    ]);
    expect(idsIn(store)).toEqual(['opened', 'in time'].map(idOf));
  });
});

describe('reading', () => {
  it('gives null for a stream that was never written', async () => {
    const executor = new StreamExecutor(new HeldReadsStore(), STREAM, ACCOUNT_FOLD);
    expect(await executor.read(true)).toBeNull();
    expect(await executor.read(false)).toBeNull();
  });

  it('looks at the store only when asked for what is current', async () => {
    const { store, executor } = await anAccount();
    await executor.read(false);
    await anotherProcess(store).execute(booking('theirs', 5n));
    expect(await executor.read(false)).toMatchObject({ revision: 0n });
    const position = store.log.at(-1)?.position;
    expect(await executor.read(true)).toMatchObject({ revision: 1n, position });
    expect(await executor.read(false)).toMatchObject({ revision: 1n, position });
  });

  it('while an append is on its way folds its events once', async () => {
    const { store, executor } = await anAccount();
    const answer = new Gate();
    store.afterAppend = () => answer.wait();
    const appending = executor.execute(booking('entry', 5n));
    await answer.reached;
    const seen = await executor.read(true);
    expect(seen).toMatchObject({ revision: 1n, state: { credits: 5n } });
    store.afterAppend = () => undefined;
    answer.open();
    expect(await appending).toMatchObject({ kind: 'done', revision: 1n });
    await executor.execute(booking('next', 5n));
    expect(await executor.read(false)).toMatchObject({ revision: 2n, state: { credits: 10n, sequence: 2 } });
  });

  it('that began before an answer was lost still gives the account, then and later', async () => {
    for (const pageHasEvents of [true, false]) {
      const { store, executor } = await anAccount();
      await executor.execute(booking('first', 5n));
      if (pageHasEvents) await anotherProcess(store).execute(booking('theirs', 5n));
      const page = new Gate();
      store.afterRead = () => {
        store.afterRead = () => undefined;
        return page.wait();
      };
      const reading = executor.read(true);
      await page.reached;
      store.beforeAppend = () => {
        store.beforeAppend = () => undefined;
        throw new AppendOutcomeUnknown('lost');
      };
      expect(await failureOf(executor.execute(booking('lost', 1n)))).toBeInstanceOf(TryAgain);
      page.open();
      const credits = pageHasEvents ? 10n : 5n;
      expect(await reading).toMatchObject({ state: { credits } });
      expect(await executor.read(false)).toMatchObject({ state: { credits } });
    }
  });

  it('between looking for a proof and deciding does not let the same entry be booked twice', async () => {
    const { store, executor } = await anAccount();
    const old = names('old', limits.recentEventIdsMax + 1);
    await Promise.all(old.map((name) => executor.execute(booking(name, 1n))));
    // The second task's proof is too old to be remembered: while the executor reads for it, a reader brings the first's.
    const page = new Gate();
    const whole = store.afterRead;
    store.afterRead = (_stream, { from }) => {
      if (from !== 0n) return;
      store.afterRead = whole;
      return page.wait();
    };
    const opening = executor.execute(booking('opens', 1n, { afterRevision: BigInt(old.length) }));
    const both = [
      executor.execute(booking('entry', 7n)),
      executor.execute(booking('old 0', 1n, { afterRevision: 0n })),
    ];
    await opening;
    await page.reached;
    await anotherProcess(store).execute(booking('entry', 7n));
    await executor.read(true);
    page.open();
    expect(await Promise.all(both)).toMatchObject([{ kind: 'done-before' }, { kind: 'done-before' }]);
    expect(idsIn(store).filter((id) => id === idOf('entry'))).toHaveLength(1);
  });
});

describe('what tasks come to', () => {
  it('is the same whether they wait together or come one by one', async () => {
    const together = await anAccount({ overdraftLimit: '50' });
    const oneByOne = await anAccount({ overdraftLimit: '50' });
    const tasks = (executor: StreamExecutor<AccountState, AccountEvent>) => [
      () => executor.execute(booking('deposit', 40n)),
      ...[30n, 60n, 25n, 90n, 1n].map(
        (amount, index) => () => executor.execute(reserving(`r${index}`, amount)),
      ),
      () => executor.execute(booking('second deposit', 100n)),
      ...[30n, 60n, 25n, 90n, 1n].map(
        (amount, index) => () => executor.execute(reserving(`s${index}`, amount)),
      ),
    ];
    await Promise.all(tasks(together.executor).map((start) => start()));
    for (const start of tasks(oneByOne.executor)) await start();
    expect(eventsOf(together.store)).toEqual(eventsOf(oneByOne.store));
    const state = fold(...eventsOf(together.store));
    expect(balance(state)).toBe(140n);
    expect(available(state)).toBeGreaterThanOrEqual(-50n);
  });

  it('never depends on an event that is not ours to read', async () => {
    const { store, executor } = await anAccount();
    await store.append(STREAM, 0n, [{ ...asNew('stranger', opened()), type: 'SomethingElse' }]);
    expect(await failureOf(executor.execute(booking('entry', 1n)))).toMatchObject({
      name: 'UnknownEventType',
    });
  });
});
