import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BACKWARDS, END, FORWARDS, START, binaryEvent, jsonEvent } from '@eventstore/db-client';
import type { Direction, ReadRevision } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import {
  anEvent,
  collect,
  rejectionOf,
  revisions,
  startTestEventStore,
  waitFor,
  type TestEventStore,
} from '../../support/event-store.js';

describe('reading a stream', () => {
  let store: TestEventStore;
  const stream = 'numbers';

  beforeAll(async () => {
    store = await startTestEventStore();
    await store.client.appendToStream(
      stream,
      Array.from({ length: 10 }, (_, number) => anEvent({ type: 'Number', data: { number } })),
    );
  });

  afterAll(async () => {
    await store.dispose();
  });

  const read = (direction: Direction, fromRevision: ReadRevision, maxCount = 100): Promise<bigint[]> =>
    revisions(store.client.readStream(stream, { direction, fromRevision, maxCount }));

  it.each<[Direction, ReadRevision, number, bigint[]]>([
    [FORWARDS, START, 3, [0n, 1n, 2n]],
    [FORWARDS, 7n, 100, [7n, 8n, 9n]],
    [FORWARDS, 9n, 100, [9n]],
    [FORWARDS, 10n, 100, []],
    [FORWARDS, 2n ** 62n, 100, []],
    [FORWARDS, END, 100, []],
    [BACKWARDS, END, 3, [9n, 8n, 7n]],
    [BACKWARDS, 2n, 100, [2n, 1n, 0n]],
    [BACKWARDS, 50n, 2, [9n, 8n]],
    [BACKWARDS, START, 100, [0n]],
  ])('%s from %s, at most %i', async (direction, from, maxCount, expected) => {
    expect(await read(direction, from, maxCount)).toEqual(expected);
  });

  it('reads more than a page in both directions', async () => {
    const long = 'long';
    const count = 1_000;
    await store.client.appendToStream(
      long,
      Array.from({ length: count }, () => anEvent()),
    );
    const ascending = Array.from({ length: count }, (_, index) => BigInt(index));
    expect(await revisions(store.client.readStream(long))).toEqual(ascending);
    expect(
      await revisions(store.client.readStream(long, { direction: BACKWARDS, fromRevision: END })),
    ).toEqual(ascending.reverse());
  });

  it('says when there is no stream, also when it only has metadata', async () => {
    await store.client.setStreamMetadata('only-metadata', { maxCount: 3 });
    for (const name of ['nowhere', 'only-metadata']) {
      const error = await rejectionOf(collect(store.client.readStream(name)));
      expect(error).toMatchObject({ type: 'stream-not-found', streamName: name });
    }
  });

  it('gives back exactly what was written, and when', async () => {
    const id = randomUUID();
    const before = Date.now();
    const json = jsonEvent({
      id,
      type: 'Ünïcode ✓',
      data: { text: 'žluťoučký 🐎', n: 1 },
      metadata: { by: 'me' },
    });
    const binary = binaryEvent({
      type: 'Raw',
      data: Buffer.from([0, 1, 254, 255]),
      metadata: Buffer.from([9, 8]),
    });
    const result = await store.client.appendToStream('účet-ž', [
      json,
      binary,
      jsonEvent({ type: 'Bare', data: {} }),
    ]);
    const after = Date.now();
    const [first, second, third] = (await collect(store.client.readStream('účet-ž'))).map(
      ({ event }) => event,
    );
    expect(first).toMatchObject({
      id,
      streamId: 'účet-ž',
      revision: 0n,
      type: 'Ünïcode ✓',
      isJson: true,
      data: { text: 'žluťoučký 🐎', n: 1 },
      metadata: { by: 'me' },
    });
    expect(first?.created.getTime()).toBeGreaterThanOrEqual(before);
    expect(first?.created.getTime()).toBeLessThanOrEqual(after);
    expect(second).toMatchObject({ revision: 1n, isJson: false });
    expect(Buffer.from(second?.data as Uint8Array)).toEqual(Buffer.from([0, 1, 254, 255]));
    expect(Buffer.from(second?.metadata as Uint8Array)).toEqual(Buffer.from([9, 8]));
    expect(third?.metadata).toBeUndefined();
    expect(third?.position).toEqual(result.position);
  });

  it('keeps streams with very long names apart', async () => {
    const name = 'n'.repeat(3_000);
    await store.client.appendToStream(`${name}1`, anEvent({ type: 'One' }));
    await store.client.appendToStream(`${name}2`, anEvent({ type: 'Two' }));
    const [event] = await collect(store.client.readStream(`${name}2`));
    expect(event?.event).toMatchObject({ streamId: `${name}2`, type: 'Two', revision: 0n });
  });

  it('holds an event of nearly a mebibyte', async () => {
    const text = 'x'.repeat(1_000_000);
    await store.client.appendToStream('large', anEvent({ data: { text } }));
    const [event] = await collect(store.client.readStream('large'));
    expect(event?.event?.data).toEqual({ text });
  });

  it('follows links when asked', async () => {
    await store.client.appendToStream('links', [
      binaryEvent({ type: '$>', data: Buffer.from(`4@${stream}`) }),
      binaryEvent({ type: '$>', data: Buffer.from('4@nowhere') }),
      binaryEvent({ type: '$>', data: Buffer.from('no link') }),
    ]);
    const [found, dangling, plain] = await collect(
      store.client.readStream('links', { resolveLinkTos: true }),
    );
    expect(found).toMatchObject({
      event: { streamId: stream, revision: 4n },
      link: { streamId: 'links', revision: 0n },
    });
    expect(dangling?.event).toBeUndefined();
    expect(dangling?.link).toMatchObject({ streamId: 'links', revision: 1n });
    expect(plain).toMatchObject({ event: { streamId: 'links', revision: 2n, type: '$>' } });
    const [unresolved] = await collect(store.client.readStream('links'));
    expect(unresolved?.event).toMatchObject({ streamId: 'links', type: '$>' });
  });
});

describe('reading $all', () => {
  let store: TestEventStore;
  const positions: bigint[] = [];

  beforeAll(async () => {
    store = await startTestEventStore();
    for (let index = 0; index < 5; index += 1) {
      const { position } = await store.client.appendToStream(`s-${index}`, anEvent());
      positions.push(position?.commit ?? 0n);
    }
  });

  afterAll(async () => {
    await store.dispose();
  });

  const at = (index: number): { commit: bigint; prepare: bigint } => {
    const position = positions[index] ?? 0n;
    return { commit: position, prepare: position };
  };
  const streams = async (read: ReturnType<TestEventStore['client']['readAll']>): Promise<string[]> =>
    (await collect(read)).map(({ event }) => event?.streamId ?? '');

  it('goes forwards from a position inclusive', async () => {
    expect(await streams(store.client.readAll({ fromPosition: at(2) }))).toEqual(['s-2', 's-3', 's-4']);
  });

  it('goes backwards from a position exclusive', async () => {
    expect(
      await streams(store.client.readAll({ direction: BACKWARDS, fromPosition: at(2), maxCount: 2 })),
    ).toEqual(['s-1', 's-0']);
  });

  it('takes any number for a threshold', async () => {
    const between = { commit: (positions[2] ?? 0n) + 1n, prepare: (positions[2] ?? 0n) + 1n };
    expect(await streams(store.client.readAll({ fromPosition: between }))).toEqual(['s-3', 's-4']);
  });

  it('has nothing behind the end or before the start', async () => {
    expect(await streams(store.client.readAll({ fromPosition: END }))).toEqual([]);
    expect(await streams(store.client.readAll({ direction: BACKWARDS, fromPosition: START }))).toEqual([]);
  });

  it('goes backwards from the end', async () => {
    expect(
      await streams(store.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 2 })),
    ).toEqual(['s-4', 's-3']);
  });

  it('has every event at a strictly increasing position, never 0, commit as prepare', async () => {
    const all = await collect(store.client.readAll());
    let last = 0n;
    for (const { event, commitPosition } of all) {
      expect(event?.position?.commit).toBeGreaterThan(last);
      expect(event?.position?.prepare).toBe(event?.position?.commit);
      expect(commitPosition).toBe(event?.position?.commit);
      last = event?.position?.commit ?? 0n;
    }
    expect(positions.every((position) => all.some(({ event }) => event?.position?.commit === position))).toBe(
      true,
    );
  });

  it('begins with the event that names the store', async () => {
    const [first] = await collect(store.client.readAll({ maxCount: 1 }));
    const [named] = await collect(store.client.readStream('$evenkeel-store'));
    expect(first?.event?.id).toBe(named?.event?.id);
    expect(named?.event).toMatchObject({ type: '$store-created', data: { storeId: store.handle.storeId } });
  });
});

describe('what metadata hides from readers of a stream', () => {
  let store: TestEventStore;

  beforeAll(async () => {
    store = await startTestEventStore();
  });

  afterAll(async () => {
    await store.dispose();
  });

  const streamOf = async (count: number): Promise<string> => {
    const stream = `trimmed-${randomUUID()}`;
    await store.client.appendToStream(
      stream,
      Array.from({ length: count }, () => anEvent()),
    );
    return stream;
  };

  it.each<[string, Record<string, number>, bigint[]]>([
    ['$maxCount', { maxCount: 2 }, [3n, 4n]],
    ['$maxCount above the length', { maxCount: 9 }, [0n, 1n, 2n, 3n, 4n]],
    ['$tb', { truncateBefore: 3 }, [3n, 4n]],
    ['$tb beyond the end', { truncateBefore: 9 }, []],
    ['the stronger of both', { maxCount: 4, truncateBefore: 2 }, [2n, 3n, 4n]],
    ['$maxAge not reached', { maxAge: 1000 }, [0n, 1n, 2n, 3n, 4n]],
    ['counts of zero and less: nothing', { maxCount: 0, maxAge: -1 }, [0n, 1n, 2n, 3n, 4n]],
    ['a $tb that is no int64: nothing', { truncateBefore: 2 ** 64, maxCount: 2 }, [0n, 1n, 2n, 3n, 4n]],
  ])('%s', async (_what, metadata, visible) => {
    const stream = await streamOf(5);
    await store.client.setStreamMetadata(stream, metadata);
    expect(await revisions(store.client.readStream(stream))).toEqual(visible);
    const backwards = await revisions(
      store.client.readStream(stream, { direction: BACKWARDS, fromRevision: END }),
    );
    expect(backwards).toEqual([...visible].reverse());
  });

  it('hides events older than $maxAge', async () => {
    const stream = await streamOf(2);
    await store.client.setStreamMetadata(stream, { maxAge: 1 });
    const old = Date.now();
    await waitFor('the events are over a second old', () => Date.now() > old + 1_050);
    await store.client.appendToStream(stream, anEvent());
    expect(await revisions(store.client.readStream(stream))).toEqual([2n]);
  });

  it('hides nothing from $all, and numbering goes on', async () => {
    const stream = await streamOf(5);
    await store.client.setStreamMetadata(stream, { truncateBefore: 9 });
    const all = await collect(store.client.readAll());
    expect(all.filter(({ event }) => event?.streamId === stream)).toHaveLength(5);
    const { nextExpectedRevision } = await store.client.appendToStream(stream, anEvent(), {
      expectedRevision: 4n,
    });
    expect(nextExpectedRevision).toBe(5n);
  });

  it('counts the last metadata only, whole', async () => {
    const stream = await streamOf(5);
    await store.client.setStreamMetadata(stream, { maxCount: 1 });
    await store.client.setStreamMetadata(stream, { owner: 'me' }, { expectedRevision: 0n });
    expect(await revisions(store.client.readStream(stream))).toHaveLength(5);
    expect((await store.client.getStreamMetadata(stream)).metadata).toEqual({ owner: 'me' });
    expect(await revisions(store.client.readStream(`$$${stream}`))).toEqual([1n]);
  });

  it('has no metadata where none was written', async () => {
    expect(await store.client.getStreamMetadata('never')).toEqual({ streamName: 'never' });
  });

  it('counts malformed metadata as none', async () => {
    const stream = await streamOf(3);
    await store.client.appendToStream(
      `$$${stream}`,
      binaryEvent({ type: '$metadata', data: Buffer.from('{"$tb":') }),
    );
    expect(await revisions(store.client.readStream(stream))).toHaveLength(3);
  });
});
