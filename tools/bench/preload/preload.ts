import type { EventStoreDBClient } from '@eventstore/db-client';
import { jsonEvent, type JSONType } from '@eventstore/db-client';
import type { NewEvent } from '../../../src/edges/event-store/event-store.js';
import { EVENTS_PER_ACCOUNT, PreloadedHistory, type PreloadedAccount } from './preloaded-account.js';

/** Accounts written together, all their appends in flight at once; their entries on the biggest account are one append. */
const CHUNK_ACCOUNTS = 500;

/**
 * Stores accounts and a transfer from each to one account, straight into the streams. Each chunk is complete before the
 * next begins, so nothing is owed for longer than a moment and no settler steps in.
 *
 * @param onChunk told how many accounts are stored
 * @throws Error when the store refuses an append
 */
export async function preload(
  client: EventStoreDBClient,
  runId: string,
  accounts: number,
  onChunk: (stored: number) => void,
): Promise<{ readonly bigAccountId: string; readonly events: number }> {
  const history = new PreloadedHistory(runId, new Date().toISOString());
  const { bigAccountId } = history;
  const append = async (
    stream: string,
    expected: bigint | null,
    events: readonly NewEvent[],
  ): Promise<void> => {
    await client.appendToStream(stream, events.map(toEventData), {
      expectedRevision: expected ?? 'no_stream',
    });
  };
  await append(`account-${bigAccountId}`, null, [history.openBigAccount()]);
  for (let stored = 0; stored < accounts;) {
    const count = Math.min(CHUNK_ACCOUNTS, accounts - stored);
    const chunk: PreloadedAccount[] = [];
    for (let number = stored + 1; number <= stored + count; number += 1) chunk.push(history.account(number));
    await Promise.all(chunk.map(({ accountId, opening }) => append(`account-${accountId}`, null, opening)));
    await Promise.all(
      chunk.map(({ transactionId, commit }) => append(`transaction-${transactionId}`, null, [commit])),
    );
    await Promise.all([
      append(
        `account-${bigAccountId}`,
        BigInt(stored),
        chunk.map(({ bigEntry }) => bigEntry),
      ),
      ...chunk.map(({ accountId, entry }) => append(`account-${accountId}`, 1n, [entry])),
    ]);
    stored += count;
    onChunk(stored);
  }
  return { bigAccountId, events: accounts * EVENTS_PER_ACCOUNT + 1 };
}

function toEventData({ id, type, data, metadata }: NewEvent): ReturnType<typeof jsonEvent> {
  return jsonEvent({ id, type, data: data as JSONType, metadata: { ...metadata } });
}
