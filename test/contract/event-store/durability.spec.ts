import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jsonEvent } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  anEvent,
  collect,
  reopenEventStore,
  startTestEventStore,
  waitFor,
} from '../../support/event-store.js';

const CRASHES = 20;
const APPENDERS = 16;
const STREAMS = 5;
const EVENTS_MAX = 6;

interface Acknowledged {
  readonly stream: string;
  readonly lastRevision: bigint;
  readonly position: bigint;
  readonly ids: readonly string[];
}

interface Stored {
  readonly id: string;
  readonly revision: bigint;
  readonly position: bigint;
  /** Which append it was written by, and what that append consisted of. */
  readonly append: string;
  readonly index: number;
  readonly of: number;
}

describe('a store killed at random while many append', () => {
  let directory: string;
  const acknowledged: Acknowledged[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evenkeel-crash-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  /** Appends to random streams until the connection breaks; what was acknowledged by then is promised. */
  async function appendUntilBroken(client: EventStoreDBClient): Promise<void> {
    for (;;) {
      const stream = `crash-${randomInt(STREAMS)}`;
      const append = randomUUID();
      const ids = Array.from({ length: randomInt(1, EVENTS_MAX + 1) }, () => randomUUID());
      const events = ids.map((id, index) =>
        jsonEvent({
          id,
          type: 'Appended',
          data: { append, index, of: ids.length, pad: 'x'.repeat(randomInt(400)) },
        }),
      );
      try {
        const { nextExpectedRevision, position } = await client.appendToStream(stream, events);
        acknowledged.push({
          stream,
          lastRevision: nextExpectedRevision,
          position: position?.commit ?? -1n,
          ids,
        });
      } catch {
        return;
      }
    }
  }

  async function readBack(client: EventStoreDBClient): Promise<Map<string, Stored[]>> {
    const stored = new Map<string, Stored[]>();
    let last = 0n;
    for (const { event } of await collect(client.readAll())) {
      const position = event?.position?.commit ?? 0n;
      expect(position).toBeGreaterThan(last);
      last = position;
      if (!event?.streamId.startsWith('crash-')) continue;
      const data = event.data as { append: string; index: number; of: number };
      const ofStream = stored.get(event.streamId) ?? [];
      ofStream.push({ id: event.id, revision: event.revision, position, ...data });
      stored.set(event.streamId, ofStream);
    }
    return stored;
  }

  function expectPromisesKept(stored: Map<string, Stored[]>): void {
    for (const events of stored.values()) {
      // Revisions without gaps, and each append whole and in one piece.
      expect(events.map(({ revision }) => Number(revision))).toEqual(events.map((_, index) => index));
      for (let at = 0; at < events.length;) {
        const { append, of } = events[at] ?? { append: '', of: 1 };
        const piece = events.slice(at, at + of);
        expect(piece.map((event) => [event.append, event.index])).toEqual(
          Array.from({ length: of }, (_, index) => [append, index]),
        );
        at += of;
      }
    }
    for (const { stream, lastRevision, position, ids } of acknowledged) {
      const events = stored.get(stream) ?? [];
      const end = Number(lastRevision) + 1;
      const piece = events.slice(end - ids.length, end);
      expect(piece.map(({ id }) => id)).toEqual(ids);
      expect(piece.at(-1)?.position).toBe(position);
    }
  }

  it(`keeps every acknowledged append, in order and whole, over ${CRASHES} crashes`, async () => {
    for (let crash = 0; crash < CRASHES; crash += 1) {
      const before = acknowledged.length;
      const { handle, client, dispose } = await reopenEventStore(directory);
      expectPromisesKept(await readBack(client));
      const appending = Array.from({ length: APPENDERS }, () => appendUntilBroken(client));
      await waitFor('appends are acknowledged', () => acknowledged.length > before + APPENDERS);
      await sleep(randomInt(120));
      process.kill(handle.pid, 'SIGKILL');
      await Promise.all(appending);
      await dispose();
    }
    const last = await reopenEventStore(directory);
    expectPromisesKept(await readBack(last.client));
    await last.dispose();
    expect(acknowledged.length).toBeGreaterThan(CRASHES * APPENDERS);
  }, 120_000);
});

describe('a store that was stopped in order', () => {
  it('answers every append under way or refuses it, and keeps what it answered', async () => {
    const store = await startTestEventStore();
    const told: bigint[] = [];
    const appending = Array.from({ length: 32 }, async () => {
      for (;;) {
        try {
          told.push((await store.client.appendToStream('drained', anEvent())).nextExpectedRevision);
        } catch {
          return;
        }
      }
    });
    await waitFor('appends are acknowledged', () => told.length > 200);
    await store.handle.stop();
    await Promise.all(appending);
    const again = await reopenEventStore(store.directory);
    const stored = await collect(again.client.readStream('drained'));
    expect(stored.length).toBeGreaterThanOrEqual(told.length);
    expect(Math.max(...told.map(Number))).toBeLessThan(stored.length);
    await again.dispose();
    await store.dispose();
  });
});
