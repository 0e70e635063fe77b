import { describe, expect, it } from '@jest/globals';
import { entry, fold, idOf, opened, reserved } from '../../../test/support/account-history.js';
import { METADATA, STREAM, asNew, openIn } from '../../../test/support/account-tasks.js';
import { HeldReadsStore } from '../../../test/support/held-reads-store.js';
import { limits } from '../../config/limits.js';
import type { NewEvent, StreamPage } from '../../edges/event-store/event-store.js';
import { AssertionFailure } from '../../kernel/assert.js';
import type { TransactionRejected } from '../transactions/events.js';
import type { AccountEvent } from '../accounts/events.js';
import { ACCOUNT_FOLD } from '../accounts/executors.js';
import { FoldedStream } from './folded-stream.js';
import type { AccountState } from '../accounts/state.js';
import { evolve } from '../accounts/state.js';

/** An account with this many events, and the pages read from it since. */
async function anAccountOf(eventCount: number) {
  const store = new HeldReadsStore();
  await openIn(store);
  let state: AccountState = fold(opened());
  const events: NewEvent[] = [];
  for (let revision = 1; revision < eventCount; revision += 1) {
    const next = entry(state, 'credit', 1n);
    state = evolve(state, next);
    events.push(asNew(`event ${revision}`, next));
  }
  if (events.length > 0) await store.append(STREAM, 0n, events);
  const pages: (bigint | 'start' | 'end' | undefined)[] = [];
  store.afterRead = (_stream, { from }) => {
    pages.push(from);
  };
  return { store, state, pages, account: new FoldedStream(store, STREAM, ACCOUNT_FOLD) };
}

/** The next entry of an account, as something to accept or append. */
function next(state: AccountState, name: string): { id: string; event: AccountEvent } {
  return { id: idOf(name), event: entry(state, 'credit', 1n) };
}

describe('catching up', () => {
  const page = limits.foldPageEventsMax;

  it.each([1, page - 1, page, page + 1, 2 * page, 2 * page + 7])(
    'folds all of %i events, a bounded page at a time',
    async (count) => {
      const { account, state, pages } = await anAccountOf(count);
      await account.catchUp();
      expect(account.state).toEqual(state);
      expect(account.revision).toBe(BigInt(count - 1));
      expect(pages).toHaveLength(Math.floor(count / page) + 1);
    },
  );

  it('knows the position of the last event it folded', async () => {
    const { account, store } = await anAccountOf(3);
    await account.catchUp();
    expect(account.position).toBe(store.log.at(-1)?.position);
  });

  it('of a stream that was never written is no account, and is loaded', async () => {
    const account = new FoldedStream(new HeldReadsStore(), STREAM, ACCOUNT_FOLD);
    await account.catchUp();
    expect(account).toMatchObject({ state: null, revision: -1n, loaded: true });
  });

  it('from many callers at once folds each event once', async () => {
    const { account, state } = await anAccountOf(2 * page + 7);
    await Promise.all(Array.from({ length: 5 }, () => account.catchUp()));
    expect(account.state).toEqual(state);
    expect(account.revision).toBe(BigInt(2 * page + 6));
  });

  it('stops at a gap: an event that is missing is never folded around', async () => {
    const { account, store } = await anAccountOf(3);
    // Reservations do not build on one another: only the revision tells that one is missing.
    const reservations = ['a', 'b', 'c'].map((name) => asNew(name, reserved(name, 1n)));
    await store.append(STREAM, 2n, reservations);
    store.afterRead = (_stream, _options, { events }) => {
      (events as unknown[]).splice(4, 1);
    };
    await expect(account.catchUp()).rejects.toThrow('no gap after revision 3');
    expect(account).toMatchObject({ revision: 3n, loaded: false, state: { reserved: 1n } });
  });

  it('stops at an event it can not fold, as often as it is asked', async () => {
    const { account, store, state } = await anAccountOf(5);
    await store.append(STREAM, 4n, [asNew('opened twice', opened())]);
    await expect(account.catchUp()).rejects.toThrow('An account is opened once.');
    await expect(account.catchUp()).rejects.toThrow('An account is opened once.');
    expect(account.state).toEqual(state);
    expect(account.revision).toBe(4n);
  });

  it('stops at an event of another kind of stream', async () => {
    const { account, store } = await anAccountOf(1);
    const rejected: TransactionRejected = {
      type: 'TransactionRejected',
      data: {
        transactionId: idOf('transaction'),
        companyId: 'default',
        attemptId: idOf('attempt'),
        code: 'insufficient-funds',
        pointer: null,
        details: {},
        recordedAt: '2026-01-31T12:00:00.000Z',
        idempotencyKey: 'key',
        requestHash: 'hash',
        request: {},
      },
    };
    await store.append(STREAM, 0n, [{ id: idOf('stranger'), ...rejected, metadata: METADATA }]);
    await expect(account.catchUp()).rejects.toThrow(AssertionFailure);
  });
});

describe('accepting what was appended', () => {
  it('folds it without reading', async () => {
    const { account, pages } = await anAccountOf(2);
    await account.catchUp();
    pages.length = 0;
    const before = fold(opened(), entry(fold(opened()), 'credit', 1n));
    const first = next(before, 'first');
    const second = next(evolve(before, first.event), 'second');
    const after = evolve(evolve(before, first.event), second.event);
    account.accept({ revision: 3n, position: 77n, state: after }, [first, second]);
    expect(account).toMatchObject({ revision: 3n, position: 77n, state: { sequence: 3 } });
    expect(pages).toEqual([]);
  });

  it('folds only what a read did not bring meanwhile, and does not take the position back', async () => {
    const { account, store, state } = await anAccountOf(2);
    await account.catchUp();
    const first = next(state, 'first');
    const second = next(evolve(state, first.event), 'second');
    const both = [first, second].map(({ id, event }) => ({ id, ...event, metadata: METADATA }));
    await store.append(STREAM, 1n, both.slice(0, 1));
    await account.catchUp();
    const after = evolve(evolve(state, first.event), second.event);
    account.accept({ revision: 3n, position: 77n, state: after }, [first, second]);
    expect(account).toMatchObject({ revision: 3n, position: 77n, state: { sequence: 3 } });
    account.accept({ revision: 2n, position: 66n, state }, [first]);
    expect(account).toMatchObject({ revision: 3n, position: 77n, state: { sequence: 3 } });
  });

  it('refuses events that do not follow what was folded', async () => {
    const { account, state } = await anAccountOf(2);
    await account.catchUp();
    expect(() => account.accept({ revision: 3n, position: 77n, state }, [next(state, 'far')])).toThrow(
      AssertionFailure,
    );
    expect(account.revision).toBe(1n);
  });
});

describe('a draft', () => {
  it('tries events out and leaves the account as it is', async () => {
    const { account, state } = await anAccountOf(2);
    await account.catchUp();
    const draft = account.draft();
    draft.apply(next(state, 'tried').event);
    expect(draft).toMatchObject({ revision: 2n, state: { sequence: 2 } });
    expect(account).toMatchObject({ revision: 1n, state: { sequence: 1 } });
  });

  it('can be restored to a part of what was applied', async () => {
    const { account, state } = await anAccountOf(2);
    await account.catchUp();
    const draft = account.draft();
    const first = next(state, 'first').event;
    draft.apply(first);
    draft.apply(next(evolve(state, first), 'second').event);
    draft.restore([first]);
    expect(draft).toMatchObject({ revision: 2n, state: { sequence: 2 } });
  });
});

async function revisionOf(
  account: Awaited<ReturnType<typeof anAccountOf>>['account'],
  eventId: string,
  after: bigint,
): Promise<bigint | undefined> {
  return (await account.revisionsOf(new Map([[eventId, after]]))).get(eventId);
}

describe('looking for an event after a revision', () => {
  const remembered = limits.recentEventIdsMax;
  const count = remembered + 2 * limits.foldPageEventsMax + 10;
  const oldestRemembered = BigInt(count - remembered);

  it('answers from memory what is recent: found or not, without reading', async () => {
    const { account, pages } = await anAccountOf(count);
    await account.catchUp();
    pages.length = 0;
    expect(await revisionOf(account, idOf(`event ${count - 1}`), 0n)).toBe(BigInt(count - 1));
    expect(await revisionOf(account, idOf(`event ${oldestRemembered}`), 0n)).toBe(oldestRemembered);
    expect(await revisionOf(account, idOf('never'), oldestRemembered - 1n)).toBeUndefined();
    expect(pages).toEqual([]);
  });

  it('reads what is older than it remembers, from where it was asked to', async () => {
    const { account, pages } = await anAccountOf(count);
    await account.catchUp();
    pages.length = 0;
    for (const revision of [1n, 499n, 500n, 501n, oldestRemembered - 1n]) {
      expect(await revisionOf(account, idOf(`event ${revision}`), revision - 1n)).toBe(revision);
    }
    expect(pages).toEqual([1n, 499n, 500n, 501n, oldestRemembered - 1n]);
  });

  it('reads page after page, and no further than to what it remembers', async () => {
    const { account, pages } = await anAccountOf(count);
    await account.catchUp();
    pages.length = 0;
    expect(await revisionOf(account, idOf(`event ${oldestRemembered - 1n}`), 0n)).toBe(oldestRemembered - 1n);
    expect(pages).toEqual([1n, 501n, 1001n]);
    pages.length = 0;
    expect(await revisionOf(account, idOf('never'), 0n)).toBeUndefined();
    expect(pages).toEqual([1n, 501n, 1001n]);
  });

  it('reads what lies between once for all that are asked for', async () => {
    const { account, pages } = await anAccountOf(count);
    await account.catchUp();
    pages.length = 0;
    const old = [3n, 700n, 999n];
    const asked = [...old, BigInt(count - 1)];
    const wanted = new Map(asked.map((revision) => [idOf(`event ${revision}`), revision - 1n]));
    const found = await account.revisionsOf(wanted);
    expect(asked.map((revision) => found.get(idOf(`event ${revision}`)))).toEqual(asked);
    expect(pages).toEqual([3n, 503n]);
  });

  it('finds what was accepted as well as what was read', async () => {
    const { account, state } = await anAccountOf(1);
    await account.catchUp();
    const accepted = next(state, 'accepted');
    account.accept({ revision: 1n, position: 20n, state: evolve(state, accepted.event) }, [accepted]);
    expect(await revisionOf(account, idOf('accepted'), 0n)).toBe(1n);
  });

  it('crashes when the stream lost what was read from it before', async () => {
    const { account, store } = await anAccountOf(count);
    await account.catchUp();
    store.afterRead = (_stream, _options, page: StreamPage) => {
      (page.events as unknown[]).length = 0;
    };
    await expect(revisionOf(account, idOf('event 1'), 0n)).rejects.toThrow(AssertionFailure);
  });
});
