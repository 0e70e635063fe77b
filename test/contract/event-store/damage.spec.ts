import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  anEvent,
  collect,
  rejectionOf,
  reopenEventStore,
  startTestEventStore,
} from '../../support/event-store.js';

const MARK = 'the-amount-is-1050';
const FORGED = 'the-amount-is-9050';

describe('a record that was changed on disk', () => {
  it('is named, never read as if it were true, and stops nothing else', async () => {
    const store = await startTestEventStore();
    try {
      const event = anEvent({ data: { text: MARK } });
      const { position } = await store.client.appendToStream('forged', event);
      await store.client.appendToStream('sound', anEvent());
      await store.handle.stop();
      await replaceAll(join(store.directory, 'data.mdb'), MARK, FORGED);

      const again = await reopenEventStore(store.directory);
      try {
        const sentence = `The record at position ${position?.commit} of the embedded event store is damaged`;
        for (const read of [again.client.readStream('forged'), again.client.readAll()]) {
          expect((await rejectionOf(collect(read))).message).toContain(sentence);
        }
        expect(await collect(again.client.readStream('sound'))).toHaveLength(1);
        // Whether it is the same append can't be told, so it is neither stored again nor confirmed.
        const repeated = again.client.appendToStream('forged', event, { expectedRevision: 'no_stream' });
        expect((await rejectionOf(repeated)).type).toBe('unknown');
        expect((await again.client.appendToStream('sound', anEvent())).nextExpectedRevision).toBe(1n);
      } finally {
        await again.dispose();
      }
    } finally {
      await store.dispose();
    }
  });
});

async function replaceAll(file: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(file);
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) bytes.write(to, at);
  await writeFile(file, bytes);
}
