import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ANY, NO_STREAM, STREAM_EXISTS } from '@eventstore/db-client';
import type { AppendExpectedRevision, EventData } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import {
  anEvent,
  collect,
  rejectionOf,
  reopenEventStore,
  startTestEventStore,
  type TestEventStore,
} from '../../support/event-store.js';

const EXACT_0 = 0n;
const EXACT_1 = 1n;

interface Row {
  /** Events by letter: A and B are those the stream was first written with, at 0 and 1. */
  readonly resend: string;
  readonly expected: AppendExpectedRevision;
  readonly then: { readonly same: bigint } | { readonly written: bigint } | { readonly wrong: bigint };
}

const rows: readonly Row[] = [
  { resend: 'AB', expected: ANY, then: { same: 1n } },
  { resend: 'AB', expected: NO_STREAM, then: { same: 1n } },
  { resend: 'AB', expected: STREAM_EXISTS, then: { same: 1n } },
  { resend: 'A', expected: ANY, then: { same: 0n } },
  { resend: 'A', expected: NO_STREAM, then: { same: 0n } },
  { resend: 'B', expected: ANY, then: { same: 1n } },
  { resend: 'B', expected: EXACT_0, then: { same: 1n } },
  { resend: 'B', expected: EXACT_1, then: { written: 2n } },
  { resend: 'BA', expected: ANY, then: { same: 0n } },
  { resend: 'AX', expected: ANY, then: { wrong: 1n } },
  { resend: 'AX', expected: STREAM_EXISTS, then: { wrong: 1n } },
  { resend: 'AX', expected: NO_STREAM, then: { wrong: 1n } },
  { resend: 'XA', expected: ANY, then: { written: 3n } },
  { resend: 'XB', expected: NO_STREAM, then: { wrong: 1n } },
  { resend: 'ABX', expected: NO_STREAM, then: { wrong: 1n } },
  { resend: 'X', expected: EXACT_0, then: { wrong: 1n } },
  { resend: 'BX', expected: EXACT_0, then: { wrong: 1n } },
];

describe('an append that was sent before', () => {
  let store: TestEventStore;
  let stream: string;
  let ids: Map<string, string>;
  let first: { commit: bigint } | undefined;

  beforeAll(async () => {
    store = await startTestEventStore();
  });

  afterAll(async () => {
    await store.dispose();
  });

  const events = (letters: string): EventData[] =>
    [...letters].map((letter) => {
      const id = ids.get(letter) ?? randomUUID();
      ids.set(letter, id);
      return anEvent({ id, type: `Letter${letter}` });
    });

  const storedLetters = async (name: string): Promise<string> =>
    (await collect(store.client.readStream(name))).map(({ event }) => event?.type.at(-1) ?? '?').join('');

  beforeEach(async () => {
    stream = `letters-${randomUUID()}`;
    ids = new Map();
    first = (await store.client.appendToStream(stream, events('AB'), { expectedRevision: NO_STREAM }))
      .position;
  });

  it.each(rows)('$resend at $expected', async ({ resend, expected, then }) => {
    const append = store.client.appendToStream(stream, events(resend), { expectedRevision: expected });
    if ('wrong' in then) {
      expect(await rejectionOf(append)).toMatchObject({
        type: 'wrong-expected-version',
        expectedVersion: expected,
        actualVersion: then.wrong,
      });
      expect(await storedLetters(stream)).toBe('AB');
      return;
    }
    const result = await append;
    if ('same' in then) {
      expect(result).toMatchObject({ success: true, nextExpectedRevision: then.same });
      expect(await storedLetters(stream)).toBe('AB');
      if (then.same === 1n) expect(result.position).toEqual(first);
    } else {
      expect(result).toMatchObject({ success: true, nextExpectedRevision: then.written });
      expect(await storedLetters(stream)).toBe(`AB${resend}`);
    }
  });

  it('answers a repetition with the position of its last event, not of the log', async () => {
    const repeated = await store.client.appendToStream(stream, events('A'), { expectedRevision: ANY });
    const [eventA] = await collect(store.client.readStream(stream, { maxCount: 1 }));
    expect(repeated.position).toEqual(eventA?.event?.position);
  });

  it('knows an event id whatever its case', async () => {
    const [upper] = [...ids.values()].map((id) => anEvent({ id: id.toUpperCase() }));
    expect(upper).toBeDefined();
    if (upper) expect((await store.client.appendToStream(stream, upper)).nextExpectedRevision).toBe(0n);
    expect(await storedLetters(stream)).toBe('AB');
  });

  it('is a new one in another stream', async () => {
    const other = `${stream}-other`;
    const result = await store.client.appendToStream(other, events('AB'), { expectedRevision: ANY });
    expect(result.nextExpectedRevision).toBe(1n);
    expect(await storedLetters(other)).toBe('AB');
  });

  it('with an id used in two streams, is recognised only in the first', async () => {
    const other = `${stream}-other`;
    await store.client.appendToStream(other, events('A'), { expectedRevision: ANY });
    await store.client.appendToStream(other, events('A'), { expectedRevision: ANY });
    expect(await storedLetters(other)).toBe('AA');
    expect((await store.client.appendToStream(stream, events('A'))).nextExpectedRevision).toBe(0n);
  });

  it('with one id twice, is answered with the revision of the first', async () => {
    const twice = `${stream}-twice`;
    expect((await store.client.appendToStream(twice, events('ZZ'))).nextExpectedRevision).toBe(1n);
    expect((await store.client.appendToStream(twice, events('ZZ'))).nextExpectedRevision).toBe(0n);
    expect(await storedLetters(twice)).toBe('ZZ');
  });

  it('is recognised while the first is still on its way to disk', async () => {
    const name = `${stream}-racing`;
    const same = events('PQ');
    const results = await Promise.all(
      Array.from({ length: 50 }, () =>
        store.client.appendToStream(name, same, { expectedRevision: NO_STREAM }),
      ),
    );
    expect(results.every((result) => result.nextExpectedRevision === 1n)).toBe(true);
    expect(new Set(results.map((result) => result.position?.commit)).size).toBe(1);
    expect(await storedLetters(name)).toBe('PQ');
  });

  it('is recognised at an exact revision though truncation hides it', async () => {
    await store.client.appendToStream(stream, events('CD'), { expectedRevision: 1n });
    await store.client.setStreamMetadata(stream, { truncateBefore: 3 });
    const repeated = await store.client.appendToStream(stream, events('AB'), { expectedRevision: NO_STREAM });
    expect(repeated.nextExpectedRevision).toBe(1n);
  });
});

describe('an append that was sent before the store started again', () => {
  it('is recognised by its revision, but not with "any": what is remembered of those is in memory', async () => {
    const store = await startTestEventStore();
    try {
      const eventA = anEvent();
      await store.client.appendToStream('exact', eventA, { expectedRevision: NO_STREAM });
      await store.client.appendToStream('any', eventA, { expectedRevision: ANY });
      await store.handle.stop();

      const again = await reopenEventStore(store.directory);
      try {
        const exact = await again.client.appendToStream('exact', eventA, { expectedRevision: NO_STREAM });
        expect(exact.nextExpectedRevision).toBe(0n);
        const any = await again.client.appendToStream('any', eventA, { expectedRevision: ANY });
        expect(any.nextExpectedRevision).toBe(1n);
      } finally {
        await again.dispose();
      }
    } finally {
      await store.dispose();
    }
  });
});
