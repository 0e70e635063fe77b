import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANY, NO_STREAM, STREAM_EXISTS } from '@eventstore/db-client';
import type { AppendExpectedRevision } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import {
  anEvent,
  collect,
  rejectionOf,
  startTestEventStore,
  type TestEventStore,
} from '../../support/event-store.js';

/** The states a stream of this store can be in; what they are in comes from `arrange`. */
type StreamState = 'missing' | 'metadata only' | 'live';

/** A live stream's last revision here. */
const N = 2n;
/** Events of the append under test. */
const K = 2n;

interface Row {
  readonly expected: AppendExpectedRevision;
  readonly state: StreamState;
  /** The next expected revision, or the current one a refusal names. */
  readonly then: { readonly ok: bigint } | { readonly wrong: bigint | 'no_stream' };
}

const rows: readonly Row[] = [
  { expected: ANY, state: 'missing', then: { ok: K - 1n } },
  { expected: ANY, state: 'metadata only', then: { ok: K - 1n } },
  { expected: ANY, state: 'live', then: { ok: N + K } },
  { expected: NO_STREAM, state: 'missing', then: { ok: K - 1n } },
  { expected: NO_STREAM, state: 'metadata only', then: { ok: K - 1n } },
  { expected: NO_STREAM, state: 'live', then: { wrong: N } },
  { expected: STREAM_EXISTS, state: 'missing', then: { wrong: 'no_stream' } },
  { expected: STREAM_EXISTS, state: 'metadata only', then: { ok: K - 1n } },
  { expected: STREAM_EXISTS, state: 'live', then: { ok: N + K } },
  { expected: N, state: 'live', then: { ok: N + K } },
  { expected: 0n, state: 'missing', then: { wrong: 'no_stream' } },
  { expected: 0n, state: 'metadata only', then: { wrong: 'no_stream' } },
  { expected: 5n, state: 'missing', then: { wrong: 'no_stream' } },
  { expected: 5n, state: 'metadata only', then: { wrong: 'no_stream' } },
  { expected: N - 1n, state: 'live', then: { wrong: N } },
  { expected: N + 1n, state: 'live', then: { wrong: N } },
  { expected: 2n ** 62n, state: 'live', then: { wrong: N } },
];

const emptyRows: readonly Row[] = [
  { expected: ANY, state: 'live', then: { ok: N } },
  { expected: STREAM_EXISTS, state: 'live', then: { ok: N } },
  { expected: STREAM_EXISTS, state: 'missing', then: { wrong: 'no_stream' } },
  { expected: N, state: 'live', then: { ok: N } },
  { expected: N - 1n, state: 'live', then: { wrong: N } },
  { expected: NO_STREAM, state: 'live', then: { wrong: N } },
];

describe('what an append may expect of its stream', () => {
  let store: TestEventStore;

  beforeAll(async () => {
    store = await startTestEventStore();
  });

  afterAll(async () => {
    await store.dispose();
  });

  async function arrange(state: StreamState): Promise<string> {
    const stream = `order-${randomUUID()}`;
    if (state === 'metadata only') await store.client.setStreamMetadata(stream, { owner: 'tests' });
    if (state === 'live') await store.client.appendToStream(stream, [anEvent(), anEvent(), anEvent()]);
    return stream;
  }

  async function eventCount(stream: string): Promise<number> {
    try {
      return (await collect(store.client.readStream(stream))).length;
    } catch {
      return 0;
    }
  }

  // Per-call credentials make the client use the classic Append call; without TLS they are not sent.
  describe.each([
    ['BatchAppend', {}],
    ['Append', { credentials: { username: 'admin', password: 'changeit' } }],
  ])('%s', (_call, options) => {
    it.each(rows)('$expected of a $state stream', async ({ expected, state, then }) => {
      const stream = await arrange(state);
      const before = await eventCount(stream);
      const append = store.client.appendToStream(stream, [anEvent(), anEvent()], {
        expectedRevision: expected,
        ...options,
      });
      if ('ok' in then) {
        const result = await append;
        expect(result).toMatchObject({ success: true, nextExpectedRevision: then.ok });
        expect(result.position?.commit).toBe(result.position?.prepare);
        expect(await eventCount(stream)).toBe(before + Number(K));
      } else {
        const error = await rejectionOf(append);
        expect(error).toMatchObject({
          type: 'wrong-expected-version',
          streamName: stream,
          expectedVersion: expected,
          actualVersion: then.wrong,
        });
        expect(await eventCount(stream)).toBe(before);
      }
    });

    it.each(emptyRows)('an empty append: $expected of a $state stream', async ({ expected, state, then }) => {
      const stream = await arrange(state);
      const append = store.client.appendToStream(stream, [], { expectedRevision: expected, ...options });
      if ('ok' in then) {
        expect((await append).nextExpectedRevision).toBe(then.ok);
      } else {
        expect(await rejectionOf(append)).toMatchObject({ actualVersion: then.wrong });
      }
    });
  });

  it('numbers a stream from 0 without gaps under concurrent appends', async () => {
    const stream = `order-${randomUUID()}`;
    const results = await Promise.all(
      Array.from({ length: 200 }, () => store.client.appendToStream(stream, anEvent())),
    );
    const told = results.map((result) => Number(result.nextExpectedRevision)).sort((a, b) => a - b);
    expect(told).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(await eventCount(stream)).toBe(200);
  });

  it('lets exactly one of many appends at the same revision win', async () => {
    const stream = `order-${randomUUID()}`;
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () =>
        store.client.appendToStream(stream, anEvent(), { expectedRevision: NO_STREAM }),
      ),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await eventCount(stream)).toBe(1);
  });

  it('places the events of one append next to each other', async () => {
    const streams = Array.from({ length: 20 }, () => `order-${randomUUID()}`);
    await Promise.all(
      streams.map((stream) => store.client.appendToStream(stream, [anEvent(), anEvent(), anEvent()])),
    );
    const all = (await collect(store.client.readAll())).filter(({ event }) =>
      streams.includes(event?.streamId ?? ''),
    );
    const order = all.map(({ event }) => event?.streamId);
    for (let index = 0; index < order.length; index += 3) {
      expect(new Set(order.slice(index, index + 3)).size).toBe(1);
    }
  });
});
