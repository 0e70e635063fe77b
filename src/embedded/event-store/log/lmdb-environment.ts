import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { open, type Database, type DatabaseOptions, type RootDatabase } from 'lmdb';
import { eventStoreLimits } from '../limits.js';

/** A stream's id and one of its revisions. Sorted by id, then revision. */
export type IndexKey = [streamId: number, revision: number];

/** The tables of the log. */
export interface LogTables {
  readonly root: RootDatabase<Buffer, string>;
  /** Position to record. */
  readonly log: Database<Buffer, number>;
  /** Stream id and revision to position. Ids count up, so a new stream's first entry lands at the end. */
  readonly index: Database<number, IndexKey>;
  /** Stream name (see `streamKey`) to stream id. */
  readonly streams: Database<number, Uint8Array>;
  /** Facts about the store itself. */
  readonly facts: Database<string, string>;
}

interface KeyEncoder<K> {
  writeKey(key: K, target: Uint8Array, offset: number): number;
  readKey(source: Uint8Array, start: number, end: number): K;
}

interface ValueEncoder<V> {
  encode(value: V): Buffer;
  decode(bytes: Buffer): V;
}

interface TableOptions<K, V> extends DatabaseOptions {
  readonly name: string;
  readonly keyEncoder?: KeyEncoder<K>;
  readonly encoder?: ValueEncoder<V>;
}

/** The data directory can't be used at all; the message says why. */
export class DataDirectoryUnusable extends Error {
  override readonly name = 'DataDirectoryUnusable';
}

const UINT32 = 2 ** 32;

const positionKey: KeyEncoder<number> = {
  writeKey: (position, target, offset) => writeUint64(target, position, offset),
  readKey: (source, start) => readUint64(source, start),
};

const indexKey: KeyEncoder<IndexKey> = {
  writeKey: ([streamId, revision], target, offset) =>
    writeUint64(target, revision, writeUint32(target, streamId, offset)),
  readKey: (source, start) => [readUint32(source, start), readUint64(source, start + 4)],
};

const positionValue: ValueEncoder<number> = {
  encode(position) {
    const bytes = Buffer.allocUnsafe(8);
    writeUint64(bytes, position, 0);
    return bytes;
  },
  decode: (bytes) => readUint64(bytes, 0),
};

const streamIdValue: ValueEncoder<number> = {
  encode(streamId) {
    const bytes = Buffer.allocUnsafe(4);
    writeUint32(bytes, streamId, 0);
    return bytes;
  },
  decode: (bytes) => readUint32(bytes, 0),
};

/**
 * Opens the tables in a directory, made when missing.
 *
 * `overlappingSync` is off: a transaction then counts as committed only after LMDB has flushed its pages (fdatasync) and
 * written its meta page through a synchronous descriptor. With it on, the promise of a write resolves before the flush.
 *
 * @throws DataDirectoryUnusable when it can't be made or opened
 */
export function openTables(directory: string): LogTables {
  try {
    // The books are nobody else's to read on this machine.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const tables = openEnvironment(directory);
    syncDirectory(directory);
    return tables;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataDirectoryUnusable(
      `The data directory ${directory} can't be used (${reason}): make it writable, or choose another.`,
      { cause: error },
    );
  }
}

/** The key of a stream in `streams`: its name, or a hash where LMDB's keys are too short for it. */
export function streamKey(name: Buffer): Uint8Array {
  if (name.length <= eventStoreLimits.indexedNameBytesMax) return name;
  // No name of valid UTF-8 begins with this byte.
  return Buffer.concat([Buffer.of(0xff), createHash('sha256').update(name).digest()]);
}

function openEnvironment(directory: string): LogTables {
  const root = open<Buffer, string>({
    path: directory,
    mapSize: eventStoreLimits.mapBytesMax,
    overlappingSync: false,
    // One commit is one explicit batch. With turn batching the library adds a promise of its own to each, which nobody
    // can handle when the commit fails.
    eventTurnBatching: false,
    noSync: false,
    noMetaSync: false,
    noSubdir: false,
    maxDbs: 8,
  });
  return {
    root,
    log: openTable<number, Buffer>(root, { name: 'log', encoding: 'binary', keyEncoder: positionKey }),
    index: openTable<IndexKey, number>(root, { name: 'index', keyEncoder: indexKey, encoder: positionValue }),
    streams: openTable<Uint8Array, number>(root, {
      name: 'streams',
      keyEncoding: 'binary',
      encoder: streamIdValue,
    }),
    facts: openTable<string, string>(root, { name: 'facts', encoding: 'string' }),
  };
}

/** Makes the names of new files in a directory durable. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openTable<K extends string | number | Uint8Array | number[], V>(
  root: RootDatabase<Buffer, string>,
  options: TableOptions<K, V>,
): Database<V, K> {
  return root.openDB<V, K>(options);
}

function writeUint32(target: Uint8Array, value: number, offset: number): number {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
  return offset + 4;
}

function writeUint64(target: Uint8Array, value: number, offset: number): number {
  return writeUint32(target, value % UINT32, writeUint32(target, Math.floor(value / UINT32), offset));
}

function readUint32(source: Uint8Array, offset: number): number {
  return (
    (source[offset] ?? 0) * 0x1000000 +
    (((source[offset + 1] ?? 0) << 16) | ((source[offset + 2] ?? 0) << 8) | (source[offset + 3] ?? 0))
  );
}

function readUint64(source: Uint8Array, offset: number): number {
  return readUint32(source, offset) * UINT32 + readUint32(source, offset + 4);
}
