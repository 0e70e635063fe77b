import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { idOf, opened } from '../../../test/support/account-history.js';
import { STREAM, booking, openIn, reserving } from '../../../test/support/account-tasks.js';
import { HeldReadsStore } from '../../../test/support/held-reads-store.js';
import { limits } from '../../config/limits.js';
import { AccountExecutors } from '../accounts/executors.js';
import { ACCOUNT_SNAPSHOT } from '../accounts/snapshot.js';
import { ACCOUNT_STREAM_PREFIX } from '../accounts/events.js';
import { NO_METRICS } from '../metrics.js';

const ACCOUNT = STREAM.slice(ACCOUNT_STREAM_PREFIX.length);
const SNAPSHOT_STREAM = `${ACCOUNT_SNAPSHOT.streamPrefix}${ACCOUNT}`;

/** A store with one account that has seen many entries and holds reservations, and how many of its events are read. */
async function aLongLivedAccount(entries: number) {
  const store = new HeldReadsStore();
  await openIn(store, {});
  const writer = new AccountExecutors(store, NO_METRICS);
  for (let booked = 0; booked < entries;) {
    const count = Math.min(limits.flushTasksMax, entries - booked);
    const tasks = Array.from({ length: count }, (_, i) => booking(`entry ${booked + i}`, 1n));
    await Promise.all(tasks.map((task) => writer.execute(ACCOUNT, task)));
    booked += count;
  }
  await writer.execute(ACCOUNT, reserving('held', 7n));
  let eventsRead = 0;
  store.afterRead = (stream, _options, page) => {
    if (stream === STREAM) eventsRead += page.events.length;
  };
  return { store, writer, eventsRead: () => eventsRead };
}

describe('opening an account', () => {
  it(`reads at most ${limits.openEventsMax} of its events, however many it has`, async () => {
    const { store, writer, eventsRead } = await aLongLivedAccount(5_000);
    const known = await writer.read(ACCOUNT, { current: false });
    const opened = await new AccountExecutors(store, NO_METRICS).read(ACCOUNT, { current: false });
    expect(opened).toEqual(known);
    expect(opened?.state).toMatchObject({ credits: 5_000n, reserved: 7n, sequence: 5_000 });
    // One more: the event the snapshot was made at proves that it belongs to this history.
    expect(eventsRead()).toBeLessThanOrEqual(limits.openEventsMax + 1);
  });

  it('takes one read while the account is young, and none in the process that opened it', async () => {
    const store = new HeldReadsStore();
    const streamsRead: string[] = [];
    store.afterRead = (stream) => void streamsRead.push(stream);
    await openIn(store, {});
    const [elsewhere, here] = [
      new AccountExecutors(store, NO_METRICS),
      new AccountExecutors(store, NO_METRICS),
    ];
    await elsewhere.execute(ACCOUNT, booking('entry', 1n));
    expect(streamsRead).toEqual([STREAM]);
    here.begin(ACCOUNT, { id: idOf('opened'), event: opened(), position: store.log[0]?.position ?? 0n });
    streamsRead.length = 0;
    expect(await here.read(ACCOUNT, { current: false })).toMatchObject({ revision: 0n });
    expect(streamsRead).toEqual([]);
    // What others appended since is met like any other conflict.
    await here.execute(ACCOUNT, booking('another', 1n));
    expect(await here.read(ACCOUNT, { current: false })).toMatchObject({ state: { sequence: 2 } });
  });

  it('goes on deciding from the snapshot as from the whole history', async () => {
    const { store } = await aLongLivedAccount(1_000);
    const reopened = new AccountExecutors(store, NO_METRICS);
    await expect(reopened.execute(ACCOUNT, reserving('fits', 993n))).resolves.toMatchObject({
      result: { ok: true },
    });
    await expect(reopened.execute(ACCOUNT, reserving('too much', 1n))).resolves.toMatchObject({
      result: { ok: false, refusal: { code: 'insufficient-funds', details: { available: '0' } } },
    });
  });

  it('finds an entry that stands before the snapshot', async () => {
    const { store } = await aLongLivedAccount(1_000);
    const reopened = new AccountExecutors(store, NO_METRICS);
    const again = await reopened.execute(ACCOUNT, {
      ...booking('entry 3', 1n),
      doneWhen: idOf('entry 3'),
      afterRevision: 0n,
    });
    expect(again).toMatchObject({ kind: 'done-before' });
    expect(await reopened.read(ACCOUNT, { current: true })).toMatchObject({ state: { sequence: 1_000 } });
  });

  it('does without a snapshot that is lost, of another shape, or of another history', async () => {
    const { store, writer } = await aLongLivedAccount(1_000);
    const known = await writer.read(ACCOUNT, { current: false });
    const page = await store.readStream(SNAPSHOT_STREAM, { direction: 'backwards', countMax: 1 });
    const kept = page.events[0];
    if (!kept) throw new Error('No snapshot was kept.');
    const data = kept.data as { revision: string };
    const strange = [
      { type: 'AccountSnapshot', data: { ...data, eventId: randomUUID() } },
      { type: 'AccountSnapshot', data: { ...data, revision: '99999999' } },
      { type: 'AccountSnapshot.v9', data: {} },
    ];
    let revision = kept.revision;
    for (const { type, data: other } of strange) {
      const metadata = kept.metadata as never;
      const appended = await store.append(SNAPSHOT_STREAM, revision, [
        { id: randomUUID(), type, data: other, metadata },
      ]);
      if (appended.kind === 'appended') ({ revision } = appended);
      const opened = await new AccountExecutors(store, NO_METRICS).read(ACCOUNT, { current: false });
      expect(opened).toEqual(known);
    }
  });
});
