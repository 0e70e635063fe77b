import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANY, EventStoreDBClient, NO_STREAM, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import type { AppendResult, EventData } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import {
  anEvent,
  collect,
  rejectionOf,
  startTestEventStore,
  type TestEventStore,
} from '../../support/event-store.js';

const CLASSIC = { credentials: { username: 'admin', password: 'changeit' } };
const APPEND_BYTES_MAX = 1_048_576;

let store: TestEventStore;

beforeAll(async () => {
  store = await startTestEventStore();
});

afterAll(async () => {
  await store.dispose();
});

/** The shared connection of all appends must survive every refusal. */
async function expectAppendsToWork(): Promise<void> {
  expect((await store.client.appendToStream(`alive-${randomUUID()}`, anEvent())).success).toBe(true);
}

/** An event of exactly `bytes` by the rule data + metadata + two bytes a character of type. */
function eventOf(bytes: number): EventData {
  const type = 'T';
  const frame = JSON.stringify({ text: '' }).length + 2 * type.length;
  return jsonEvent({ type, data: { text: 'x'.repeat(bytes - frame) } });
}

describe.each([
  ['BatchAppend', {}],
  ['Append', CLASSIC],
])('%s', (call, options) => {
  const append = (
    stream: string,
    events: EventData | EventData[],
    more: object = {},
  ): Promise<AppendResult> => store.client.appendToStream(stream, events, { ...options, ...more });

  it('takes an append of exactly the limit and refuses one byte more', async () => {
    const stream = `big-${randomUUID()}`;
    expect((await append(stream, eventOf(APPEND_BYTES_MAX))).success).toBe(true);
    const error = await rejectionOf(append(stream, eventOf(APPEND_BYTES_MAX + 1)));
    expect(error).toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: APPEND_BYTES_MAX });
    const sum = await rejectionOf(append(stream, [eventOf(600_000), eventOf(600_000)]));
    expect(sum.type).toBe('maximum-append-size-exceeded');
    expect(await collect(store.client.readStream(stream))).toHaveLength(1);
    await expectAppendsToWork();
  });

  it('refuses an event without a type, or without a usable id', async () => {
    const stream = `bad-${randomUUID()}`;
    for (const event of [
      anEvent({ type: '' }),
      anEvent({ id: 'no-uuid' }),
      anEvent({ id: '00000000-0000-0000-0000-000000000000' }),
    ]) {
      expect((await rejectionOf(append(stream, event))).type).toBe('unknown');
    }
    expect((await rejectionOf(collect(store.client.readStream(stream)))).type).toBe('stream-not-found');
    await expectAppendsToWork();
  });

  it(`names the stream and both revisions when the revision is wrong (${call})`, async () => {
    const stream = `účet-${randomUUID()}`;
    await append(stream, anEvent());
    expect(await rejectionOf(append(stream, anEvent(), { expectedRevision: NO_STREAM }))).toMatchObject({
      type: 'wrong-expected-version',
      streamName: stream,
      expectedVersion: NO_STREAM,
      actualVersion: 0n,
    });
  });

  it('splits a large append over several messages and stores it whole', async () => {
    const stream = `split-${randomUUID()}`;
    const events = Array.from({ length: 100 }, () => eventOf(5_000));
    const result = await append(stream, events, { batchAppendSize: 20_000 });
    expect(result.nextExpectedRevision).toBe(99n);
    expect(await collect(store.client.readStream(stream))).toHaveLength(100);
  });
});

describe('a deadline', () => {
  it('that has passed is answered at once, and nothing is written', async () => {
    const stream = `late-${randomUUID()}`;
    const error = await rejectionOf(store.client.appendToStream(stream, anEvent(), { deadline: -5 }));
    expect(error.type).toBe('deadline-exceeded');
    expect((await rejectionOf(collect(store.client.readStream(stream)))).type).toBe('stream-not-found');
    await expectAppendsToWork();
  });
});

describe('a client that does not throw on a wrong revision', () => {
  it('is told without an error, by either call', async () => {
    const client = EventStoreDBClient.connectionString(
      `${store.handle.connectionString}&throwOnAppendFailure=false`,
    );
    try {
      const stream = `quiet-${randomUUID()}`;
      await client.appendToStream(stream, [anEvent(), anEvent(), anEvent()]);
      const batch = await client.appendToStream(stream, anEvent(), { expectedRevision: NO_STREAM });
      expect(batch.success).toBe(false);
      const classic = await client.appendToStream(stream, anEvent(), {
        expectedRevision: NO_STREAM,
        ...CLASSIC,
      });
      expect(classic).toMatchObject({ success: false, nextExpectedRevision: 2n });
    } finally {
      await client.dispose();
    }
  });
});

describe('what the store does not offer', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['delete', () => store.client.deleteStream('some')],
    ['tombstone', () => store.client.tombstoneStream('some')],
  ])('%s is answered UNIMPLEMENTED', async (_what, call) => {
    await store.client.appendToStream('some', anEvent(), { expectedRevision: ANY });
    const error = await rejectionOf(call());
    expect(error.message).toContain('UNIMPLEMENTED');
    expect((await collect(store.client.readStream('some'))).length).toBeGreaterThan(0);
  });
});

describe('a filter that is no expression', () => {
  it('is refused', async () => {
    const error = await rejectionOf(
      collect(store.client.subscribeToAll({ filter: streamNameFilter({ regex: '(' }) })),
    );
    expect(error.message).toContain('INVALID_ARGUMENT');
  });
});
