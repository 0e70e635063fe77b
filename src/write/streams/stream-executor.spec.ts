import { describe, expect, it } from '@jest/globals';
import type { opened } from '../../../test/support/account-history.js';
import { fold, idOf } from '../../../test/support/account-history.js';
import { STREAM, booking, eventsOf, idsIn, openIn, reserving } from '../../../test/support/account-tasks.js';
import { Gate, HeldReadsStore } from '../../../test/support/held-reads-store.js';
import { limits } from '../../config/limits.js';
import { AppendOutcomeUnknown } from '../../edges/event-store/event-store.js';
import { AssertionFailure } from '../../kernel/assert.js';
import { TryAgain } from '../command.js';
import { ACCOUNT_FOLD } from '../accounts/executors.js';
import type { AccountEvent } from '../accounts/events.js';
import type { AccountState } from '../accounts/state.js';
import { StreamExecutor } from './stream-executor.js';
import { available } from '../accounts/state.js';

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

describe('tasks that wait for one account', () => {
  it('share appends, as many as may go into one, and keep their order', async () => {
    const { store, executor, appends } = await anAccount();
    const waiting = names('entry', 1 + limits.flushTasksMax + 200);
    const outcomes = await Promise.all(waiting.map((name) => executor.execute(booking(name, 1n))));
    // The first finds nobody before it and goes alone.
    expect(appends).toEqual([1, limits.flushTasksMax, 200]);
    expect(idsIn(store)).toEqual([idOf('opened'), ...waiting.map(idOf)]);
    expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.result)).toEqual(waiting);
  });

  it('learn the revision of their own events and the position of the append that carried them', async () => {
    const { store, executor } = await anAccount();
    const outcomes = await Promise.all(names('entry', 3).map((name) => executor.execute(booking(name, 1n))));
    const positions = store.log.map(({ position }) => position);
    expect(outcomes).toMatchObject([
      { kind: 'done', revision: 1n, position: positions[1] },
      { kind: 'done', revision: 2n, position: positions[3] },
      { kind: 'done', revision: 3n, position: positions[3] },
    ]);
  });

  it('decide on what those before them left, though it is not appended yet', async () => {
    const { executor } = await anAccount({ overdraftLimit: '100' });
    const outcomes = await Promise.all(
      names('reservation', 5).map((name) => executor.execute(reserving(name, 30n))),
    );
    expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.result.ok)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('are not held up by those whose decision appends nothing', async () => {
    const { executor, appends } = await anAccount();
    const outcomes = await Promise.all([
      executor.execute(booking('entry', 10n)),
      executor.execute(reserving('too much', 11n)),
      executor.execute(reserving('enough', 10n)),
    ]);
    expect(outcomes).toMatchObject([
      { position: expect.any(BigInt) },
      { result: { ok: false }, position: null },
      { result: { ok: true }, position: expect.any(BigInt) },
    ]);
    expect(appends).toEqual([1, 1]);
  });

  it('go alone when their position must be their own', async () => {
    const { executor, appends } = await anAccount();
    await Promise.all(
      [
        booking('first', 1n),
        booking('second', 1n),
        booking('third', 1n, { alone: true }),
        booking('fourth', 1n),
        booking('fifth', 1n),
      ].map((task) => executor.execute(task)),
    );
    expect(appends).toEqual([1, 1, 1, 2]);
  });

  it('are done once when the same one waits twice', async () => {
    const { store, executor } = await anAccount();
    const outcomes = await Promise.all(
      ['before', 'same', 'same', 'same'].map((name) => executor.execute(booking(name, 1n))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'done-before', 'done-before']);
    expect(outcomes.slice(2)).toEqual([
      { kind: 'done-before', eventRevision: 2n },
      { kind: 'done-before', eventRevision: 2n },
    ]);
    expect(idsIn(store).filter((id) => id === idOf('same'))).toHaveLength(1);
  });
});

describe('another process that wrote first', () => {
  it('is folded, and the same tasks are decided again', async () => {
    const { store, executor, conflicts } = await anAccount({ overdraftLimit: '100' });
    await executor.read(true);
    await anotherProcess(store).execute(reserving('theirs', 60n));
    const outcomes = await Promise.all([
      executor.execute(reserving('ours', 60n)),
      executor.execute(reserving('ours, smaller', 40n)),
    ]);
    expect(outcomes).toMatchObject([{ result: { ok: false } }, { result: { ok: true } }]);
    expect(conflicts()).toBe(1);
    expect(available(fold(...eventsOf(store)))).toBe(-100n);
  });

  it('has done our task: it is found, not done again', async () => {
    const { store, executor } = await anAccount();
    await executor.read(true);
    await anotherProcess(store).execute(booking('earlier', 5n));
    await anotherProcess(store).execute(booking('entry', 5n));
    expect(await executor.execute(booking('entry', 5n))).toEqual({ kind: 'done-before', eventRevision: 2n });
    expect(eventsOf(store)).toHaveLength(3);
  });

  it('appended the very event we are about to: the store takes ours for the same append, and so do we', async () => {
    const { store, executor } = await anAccount();
    await executor.read(true);
    await anotherProcess(store).execute(booking('entry', 5n));
    await anotherProcess(store).execute(booking('later', 5n));
    expect(await executor.execute(booking('entry', 5n))).toMatchObject({ kind: 'done', revision: 1n });
    expect(await executor.execute(booking('next', 5n))).toMatchObject({ kind: 'done', revision: 3n });
    expect(fold(...eventsOf(store))).toMatchObject({ sequence: 3, credits: 15n });
  });

  it('brought the funds that a task needs: the task is not refused on an older view', async () => {
    const { store, executor } = await anAccount();
    expect(await executor.execute(reserving('before', 50n))).toMatchObject({ result: { ok: false } });
    await anotherProcess(store).execute(booking('deposit', 50n));
    expect(await executor.execute(reserving('after', 50n))).toMatchObject({ result: { ok: true } });
  });

  it('wrote what a task must have seen: the task is not decided before that is folded', async () => {
    const { store, executor } = await anAccount();
    await executor.read(true);
    const theirs = await anotherProcess(store).execute(booking('theirs', 5n));
    const { revision } = theirs.kind === 'done' ? theirs : { revision: -1n };
    const seen: bigint[] = [];
    const task = booking('ours', 1n, { afterRevision: revision });
    await executor.execute({
      ...task,
      decide: (state, at) => {
        seen.push(at);
        return task.decide(state, at);
      },
    });
    expect(seen).toEqual([revision]);
  });

  it('is never expected to have written what the stream does not hold', async () => {
    const { executor } = await anAccount();
    const ahead = booking('ours', 1n, { afterRevision: 7n });
    expect(await failureOf(executor.execute(ahead))).toBeInstanceOf(AssertionFailure);
  });

  it('keeps writing: after a bounded number of tries the task is given back, and nothing was appended', async () => {
    const { store, executor, conflicts } = await anAccount();
    const other = anotherProcess(store);
    let theirs = 0;
    store.beforeAppend = async (_stream, [event]) => {
      if (event?.id !== idOf('ours')) return;
      theirs += 1;
      await other.execute(booking(`theirs ${theirs}`, 1n));
    };
    expect(await failureOf(executor.execute(booking('ours', 1n)))).toBeInstanceOf(TryAgain);
    expect(conflicts()).toBe(limits.flushConflictsMax + 1);
    expect(idsIn(store)).not.toContain(idOf('ours'));
  });

  it('and we: forty tasks over four of them stand once each, in one contiguous sequence', async () => {
    const { store } = await anAccount();
    const processes = Array.from({ length: 4 }, () => anotherProcess(store));
    await Promise.all(
      processes.flatMap((process, p) =>
        names(`entry of ${p}`, 10).map((name) => process.execute(booking(name, 1n))),
      ),
    );
    expect(fold(...eventsOf(store))).toMatchObject({ sequence: 40, credits: 40n });
  });
});

describe('an append whose outcome is unknown', () => {
  it('asks to try again, and the retry finds what was appended', async () => {
    const { store, executor } = await anAccount();
    store.afterAppend = () => {
      store.afterAppend = () => undefined;
      throw new AppendOutcomeUnknown('lost');
    };
    expect(await failureOf(executor.execute(booking('entry', 5n)))).toBeInstanceOf(TryAgain);
    expect(await executor.execute(booking('entry', 5n))).toEqual({ kind: 'done-before', eventRevision: 1n });
    expect(eventsOf(store)).toHaveLength(2);
  });

  it('asks to try again, and the retry appends what was not', async () => {
    const { store, executor } = await anAccount();
    store.beforeAppend = () => {
      store.beforeAppend = () => undefined;
      throw new AppendOutcomeUnknown('lost');
    };
    expect(await failureOf(executor.execute(booking('entry', 5n)))).toBeInstanceOf(TryAgain);
    expect(await executor.execute(booking('entry', 5n))).toMatchObject({ kind: 'done', revision: 1n });
    expect(eventsOf(store)).toHaveLength(2);
  });

  it('leaves a reservation that its retry finds open', async () => {
    const { store, executor } = await anAccount({ overdraftLimit: '100' });
    store.afterAppend = () => {
      store.afterAppend = () => undefined;
      throw new AppendOutcomeUnknown('lost');
    };
    expect(await failureOf(executor.execute(reserving('once', 60n)))).toBeInstanceOf(TryAgain);
    expect(await executor.execute(reserving('once', 60n))).toMatchObject({
      result: { ok: true },
      position: null,
    });
    expect(fold(...eventsOf(store)).reserved).toBe(60n);
  });

  it('fails every task of that append, and none that came after', async () => {
    const { store, executor } = await anAccount();
    const append = new Gate();
    store.afterAppend = async () => {
      await append.wait();
      store.afterAppend = () => undefined;
      throw new AppendOutcomeUnknown('lost');
    };
    const lost = executor.execute(booking('first', 1n)).catch((error: unknown) => error);
    await append.reached;
    const later = executor.execute(booking('second', 1n));
    append.open();
    expect(await lost).toBeInstanceOf(TryAgain);
    expect(await later).toMatchObject({ kind: 'done', revision: 2n });
  });
});
