import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { END, START, eventTypeFilter, excludeSystemEvents, streamNameFilter } from '@eventstore/db-client';
import type { Filter, ReadPosition, ReadRevision } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import {
  anEvent,
  collect,
  keepDiary,
  startTestEventStore,
  waitFor,
  type SubscriptionDiary,
  type TestEventStore,
} from '../../support/event-store.js';

let store: TestEventStore;
const diaries: SubscriptionDiary[] = [];

beforeAll(async () => {
  store = await startTestEventStore();
});

afterEach(async () => {
  await Promise.all(diaries.splice(0).map((diary) => diary.unsubscribe()));
});

afterAll(async () => {
  await store.dispose();
});

function followStream(stream: string, fromRevision: ReadRevision): SubscriptionDiary {
  const diary = keepDiary(() => store.client.subscribeToStream(stream, { fromRevision }));
  diaries.push(diary);
  return diary;
}

function followAll(
  fromPosition: ReadPosition,
  filter?: (checkpointReached: (position: bigint) => void) => Filter,
): SubscriptionDiary {
  const diary = keepDiary((onCheckpoint) =>
    store.client.subscribeToAll({ fromPosition, ...(filter ? { filter: filter(onCheckpoint) } : {}) }),
  );
  diaries.push(diary);
  return diary;
}

/** A filter's callback, in the form the client wants it. */
const reached =
  (onCheckpoint: (position: bigint) => void) =>
  (_subscription: unknown, position: { commit: bigint }): Promise<void> => {
    onCheckpoint(position.commit);
    return Promise.resolve();
  };

async function append(stream: string, count = 1, type = 'Happened'): Promise<bigint> {
  const { position } = await store.client.appendToStream(
    stream,
    Array.from({ length: count }, () => anEvent({ type })),
  );
  return position?.commit ?? 0n;
}

const caughtUp = (diary: SubscriptionDiary): Promise<void> =>
  waitFor('the subscription caught up', () => diary.entries.includes('caught-up'));

describe('a subscription to a stream', () => {
  it.each<[ReadRevision, string[]]>([
    [START, ['event 0', 'event 1', 'event 2', 'caught-up', 'event 3']],
    [0n, ['event 1', 'event 2', 'caught-up', 'event 3']],
    [2n, ['caught-up', 'event 3']],
    [END, ['caught-up', 'event 3']],
    [7n, ['caught-up']],
  ])('from %s', async (from, expected) => {
    const stream = `followed-${randomUUID()}`;
    await append(stream, 3);
    const diary = followStream(stream, from);
    await caughtUp(diary);
    await append(stream);
    // A second subscription that has seen the last event proves that the first had its chance.
    const witness = followStream(stream, 2n);
    await waitFor('everything arrived', () => witness.events.length === 1);
    await waitFor('everything expected arrived', () => diary.entries.length > expected.length);
    expect(diary.entries).toEqual([
      'confirmation',
      ...expected.map((entry) => entry.replace(/^event \d$/, `$&@${stream}`)),
    ]);
  });

  it('waits for a stream that is missing, or has only metadata', async () => {
    for (const arrange of [false, true]) {
      const stream = `later-${randomUUID()}`;
      if (arrange) await store.client.setStreamMetadata(stream, { maxCount: 10 });
      const diary = followStream(stream, START);
      await caughtUp(diary);
      await append(stream, 2);
      await waitFor('the events arrived', () => diary.events.length === 2);
      expect(diary.entries).toEqual(['confirmation', 'caught-up', `event 0@${stream}`, `event 1@${stream}`]);
    }
  });

  it('skips what is truncated while it catches up, and nothing once it is live', async () => {
    const stream = `trimmed-${randomUUID()}`;
    await append(stream, 5);
    await store.client.setStreamMetadata(stream, { maxCount: 1 });
    const diary = followStream(stream, START);
    await caughtUp(diary);
    await append(stream, 3);
    await waitFor('the live events arrived', () => diary.events.length === 4);
    expect(diary.events.map(({ event }) => event?.revision)).toEqual([4n, 5n, 6n, 7n]);
  });

  it('delivers everything once and in order while others append', async () => {
    const stream = `busy-${randomUUID()}`;
    const total = 2_000;
    const appends = (async () => {
      for (let done = 0; done < total; done += 20) await append(stream, 20);
    })();
    const diary = followStream(stream, START);
    await appends;
    await waitFor('all arrived', () => diary.events.length >= total);
    expect(diary.events.map(({ event }) => Number(event?.revision))).toEqual(
      Array.from({ length: total }, (_, index) => index),
    );
    expect(diary.entries.filter((entry) => entry === 'caught-up')).toHaveLength(1);
  });
});

describe('a subscription to $all', () => {
  it('begins after its position, or with the first event, or with the next', async () => {
    const stream = `all-${randomUUID()}`;
    const first = await append(stream);
    await append(stream);
    const fromStart = followAll(START);
    const fromFirst = followAll({ commit: first, prepare: first });
    const fromEnd = followAll(END);
    await Promise.all([fromStart, fromFirst, fromEnd].map(caughtUp));
    await append(stream);
    await waitFor('all saw the last', () =>
      [fromStart, fromFirst, fromEnd].every(({ entries }) => entries.at(-1) === `event 2@${stream}`),
    );
    expect(fromStart.events[0]?.event?.streamId).toBe('$evenkeel-store');
    expect(fromFirst.entries).toEqual([
      'confirmation',
      `event 1@${stream}`,
      'caught-up',
      `event 2@${stream}`,
    ]);
    expect(fromEnd.entries).toEqual(['confirmation', 'caught-up', `event 2@${stream}`]);
    const all = await collect(store.client.readAll());
    expect(fromStart.events.map(({ event }) => event?.id)).toEqual(all.map(({ event }) => event?.id));
  });

  it('from a position beyond the end is live at once and silent until the log has passed it', async () => {
    const stream = `beyond-${randomUUID()}`;
    const last = await append(stream);
    const size = (await append(stream)) - last;
    // The second event from here has the first position above this one.
    const beyond = last + 2n * size + size / 2n;
    const diary = followAll({ commit: beyond, prepare: beyond });
    await caughtUp(diary);
    await append(stream);
    await append(stream);
    await waitFor('the event above the position arrived', () => diary.events.length === 1);
    expect(diary.entries).toEqual(['confirmation', 'caught-up', `event 3@${stream}`]);
  });

  it.each<[string, (checkpointReached: (position: bigint) => void) => Filter, string[]]>([
    [
      'stream prefix',
      (cp) => streamNameFilter({ prefixes: ['acc-'], checkpointReached: reached(cp) }),
      ['acc-1', 'acc-2'],
    ],
    [
      'several prefixes',
      (cp) => streamNameFilter({ prefixes: ['acc-1', 'tx'], checkpointReached: reached(cp) }),
      ['acc-1', 'tx-1'],
    ],
    [
      'stream expression',
      (cp) => streamNameFilter({ regex: '-2$', checkpointReached: reached(cp) }),
      ['acc-2'],
    ],
    [
      'type prefix',
      (cp) => eventTypeFilter({ prefixes: ['Po'], checkpointReached: reached(cp) }),
      ['acc-2', 'tx-1'],
    ],
    [
      'type expression',
      (cp) => eventTypeFilter({ regex: 'Op.ned', checkpointReached: reached(cp) }),
      ['acc-1'],
    ],
    [
      'an expression is case-sensitive',
      (cp) => eventTypeFilter({ regex: 'opened', checkpointReached: reached(cp) }),
      [],
    ],
  ])('filters by %s', async (_what, filter, expected) => {
    const mark = randomUUID();
    const from = await append(`mark-${mark}`);
    await append('acc-1', 1, 'Opened');
    await append('acc-2', 1, 'Posted');
    await append('tx-1', 1, 'Posted');
    const diary = followAll({ commit: from, prepare: from }, filter);
    await caughtUp(diary);
    expect(diary.events.map(({ event }) => event?.streamId)).toEqual(expected);
    // The end of catching up is always marked, matching events or not.
    expect(diary.entries.slice(-2)).toEqual(['checkpoint', 'caught-up']);
  });

  it('leaves out events of system types when asked', async () => {
    const from = await append(`mark-${randomUUID()}`);
    await store.client.setStreamMetadata('some', { maxCount: 1 });
    await append('some');
    const diary = followAll({ commit: from, prepare: from }, () => excludeSystemEvents());
    await caughtUp(diary);
    expect(diary.events.map(({ event }) => event?.type)).toEqual(['Happened']);
  });

  it('sends checkpoints by the events it looked at, and resuming from any of them misses nothing', async () => {
    const prefix = `cp-${randomUUID()}`;
    const from = await append(`mark-${prefix}`);
    for (let index = 0; index < 40; index += 1) {
      await append(`other-${prefix}`);
      if (index % 10 === 9) await append(`${prefix}-${index}`);
    }
    const filter = (cp: (position: bigint) => void): Filter =>
      streamNameFilter({
        prefixes: [prefix],
        maxSearchWindow: 5,
        checkpointInterval: 2,
        checkpointReached: reached(cp),
      });
    const diary = followAll({ commit: from, prepare: from }, filter);
    await caughtUp(diary);
    expect(diary.events).toHaveLength(4);
    // 44 events in steps of 10, and the end.
    expect(diary.checkpoints).toHaveLength(5);
    expect([...diary.checkpoints].sort((a, b) => (a < b ? -1 : 1))).toEqual(diary.checkpoints);

    const wanted = diary.events.map(({ event }) => event?.position?.commit ?? 0n);
    for (const checkpoint of diary.checkpoints) {
      const resumed = followAll({ commit: checkpoint, prepare: checkpoint }, filter);
      await caughtUp(resumed);
      expect(resumed.events.map(({ event }) => event?.position?.commit)).toEqual(
        wanted.filter((position) => position > checkpoint),
      );
    }
  });

  it('goes on sending checkpoints while it is live and nothing matches', async () => {
    const diary = followAll(END, (cp) =>
      streamNameFilter({ prefixes: ['never-'], maxSearchWindow: 10, checkpointReached: reached(cp) }),
    );
    await caughtUp(diary);
    const last = await append(`noise-${randomUUID()}`, 30);
    await waitFor('three checkpoints came', () => diary.checkpoints.length === 3);
    expect(diary.checkpoints.at(-1)).toBe(last);
    expect(diary.events).toHaveLength(0);
  });

  it('has no checkpoints without a filter', async () => {
    const diary = followAll(START);
    await caughtUp(diary);
    expect(diary.checkpoints).toEqual([]);
    expect(diary.entries.filter((entry) => entry === 'caught-up')).toHaveLength(1);
  });
});
