import { randomUUID } from 'node:crypto';
import type { AppendRequest } from './event-log.js';
import { DataDirectoryUnusable, type LogTables } from './lmdb-environment.js';

/** The stream whose one event, the first of the log, names the store to whoever reads it. */
const STORE_STREAM = '$evenkeel-store';
const STORE_CREATED = '$store-created';

const STORE_ID = 'store-id';
const FORMAT = 'format';
const FORMAT_VERSION = '1';

/**
 * The store's id: a UUID made with its directory, so that a checkpoint can name the log it belongs to.
 *
 * @throws DataDirectoryUnusable when the directory was written in another format
 */
export function identifyStore(tables: LogTables, directory: string): string {
  return tables.root.transactionSync(() => {
    const { facts } = tables;
    const format = facts.get(FORMAT);
    if (format !== undefined && format !== FORMAT_VERSION) {
      throw new DataDirectoryUnusable(
        `The data directory ${directory} was written in format ${format}, which this version can't read: use the version that wrote it.`,
      );
    }
    const known = facts.get(STORE_ID);
    if (known !== undefined) return known;
    const storeId = randomUUID();
    facts.putSync(FORMAT, FORMAT_VERSION);
    facts.putSync(STORE_ID, storeId);
    return storeId;
  });
}

/** The first append of a fresh log. */
export function storeCreated(storeId: string): AppendRequest {
  const event = {
    id: randomUUID(),
    type: STORE_CREATED,
    isJson: true,
    data: Buffer.from(JSON.stringify({ storeId })),
    customMetadata: Buffer.alloc(0),
  };
  return { streamName: STORE_STREAM, expected: { kind: 'no-stream' }, events: [event] };
}
