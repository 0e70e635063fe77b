import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { limits } from '../../../src/config/limits.js';
import type { NewEvent, RecordedEvent } from '../../../src/edges/event-store/event-store.js';
import { EventStoreDbEventStore } from '../../../src/edges/event-store/eventstoredb-client.js';
import { startTestEventStore, waitFor, type TestEventStore } from '../../support/event-store.js';

let server: TestEventStore;
let store: EventStoreDbEventStore;

beforeAll(async () => {
  server = await startTestEventStore();
  store = new EventStoreDbEventStore(server.handle.connectionString);
});

afterAll(async () => {
  await store.close();
  await server.dispose();
});

const METADATA = {
  $correlationId: randomUUID(),
  $causationId: randomUUID(),
  actor: 'Ärzte & Söhne 😀',
  companyId: 'default',
  requestId: randomUUID(),
  schemaVersion: 1,
};

function anEvent(number: number): NewEvent {
  return { id: randomUUID(), type: 'Happened', data: { number, text: 'naïve 😀' }, metadata: METADATA };
}

describe('the ledger’s client of the event store', () => {
  it('stores data and metadata as JSON, whichever client reads them', async () => {
    const stream = `account-${randomUUID()}`;
    await store.append(stream, 'no_stream', [anEvent(0), anEvent(1)]);
    const { events } = await store.readStream(stream, { countMax: 10 });
    expect(events.map(({ data, metadata }) => ({ data, metadata }))).toEqual([
      { data: { number: 0, text: 'naïve 😀' }, metadata: METADATA },
      { data: { number: 1, text: 'naïve 😀' }, metadata: METADATA },
    ]);
    for await (const { event } of server.client.readStream(stream)) {
      expect([event?.isJson, event?.metadata]).toEqual([true, METADATA]);
    }
  });

  it('says whether a stream was written, in the order of the appends it travels with, and writes nothing', async () => {
    const stream = `transaction-${randomUUID()}`;
    expect(await store.exists(stream)).toBe(false);
    const [appended, exists] = await Promise.all([
      store.append(stream, 'no_stream', [anEvent(0)]),
      store.exists(stream),
    ]);
    expect([appended.kind, exists]).toEqual(['appended', true]);
    const head = await store.headPosition();
    expect([await store.exists(stream), await store.exists(`${stream}-other`)]).toEqual([true, false]);
    expect(await store.headPosition()).toBe(head);
  });

  it('appends behind whatever is there when nothing is expected, the same event once, from many at a time', async () => {
    const stream = `activities-${randomUUID()}`;
    const events = Array.from({ length: 20 }, (_, number) => anEvent(number));
    const appended = await Promise.all(events.map((event) => store.appendUnordered(stream, event)));
    const [first] = events;
    if (!first) throw new Error('There is a first event.');
    const again = await store.appendUnordered(stream, first);
    expect([again.revision, again.position]).toEqual([appended[0]?.revision, expect.any(BigInt)]);
    const page = await store.readStream(stream, { countMax: 50 });
    expect(page.events.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
    expect(new Set(appended.map(({ position }) => position)).size).toBe(events.length);
  });

  it('is closed within its time, also when the client never sees the end of its streams', async () => {
    const other = new EventStoreDbEventStore(server.handle.connectionString);
    await other.append(`account-${randomUUID()}`, 'no_stream', [anEvent(0)]);
    // As the client does with a read whose answer has arrived while its reader had stopped: whether one is left so is up to chance.
    Object.assign(Reflect.get(other, 'client') as object, { dispose: () => new Promise(() => undefined) });
    const isClosed = { yes: false };
    void other.close().then(() => (isClosed.yes = true));
    await waitFor('it is closed', () => isClosed.yes, 10 * limits.storeClientCloseMsMax);
  });

  it('gives a follower of all but some types the others, known to anybody or not, and none of the store itself', async () => {
    const stream = `account-${randomUUID()}`;
    const start = await store.headPosition();
    const types = ['Known', 'Known.v2', 'KnownToo', 'Kept.v2', 'Kept', 'KeptXv2', 'New'];
    // A stream's metadata is an event of the store's own.
    await store.keepNewest(`accountSnapshot-${randomUUID()}`, 1);
    await store.append(
      stream,
      'no_stream',
      types.map((type, index) => ({ ...anEvent(index), type })),
    );
    const seen: string[] = [];
    const stopping = new AbortController();
    const exceptEventTypes = ['Known', 'KnownToo', 'Kept.v2'];
    for await (const message of store.subscribeAll({
      after: start,
      exceptEventTypes,
      signal: stopping.signal,
    })) {
      if (message.kind === 'event') seen.push(message.event.type);
      if (message.kind === 'caught-up') stopping.abort();
    }
    expect(seen).toEqual(['Known.v2', 'Kept', 'KeptXv2', 'New']);
  });

  it('gives two followers of the same streams every event once, from where each began', async () => {
    const stream = `account-${randomUUID()}`;
    const start = await store.headPosition();
    const stopping = new AbortController();
    const seen: RecordedEvent[][] = [[], []];
    const followers = seen.map(async (events) => {
      const messages = store.subscribeAll({
        after: start,
        streamPrefixes: ['account-'],
        signal: stopping.signal,
      });
      for await (const message of messages) {
        if (message.kind === 'event' && message.event.streamName === stream) events.push(message.event);
      }
    });
    const total = 500;
    for (let number = 0; number < total; number += 1) {
      await store.append(stream, number === 0 ? 'no_stream' : BigInt(number - 1), [anEvent(number)]);
    }
    await waitFor('both have all', () => seen.every(({ length }) => length >= total));
    stopping.abort();
    await Promise.all(followers);
    const revisions = Array.from({ length: total }, (_, number) => BigInt(number));
    for (const events of seen) expect(events.map(({ revision }) => revision)).toEqual(revisions);
  });
});
