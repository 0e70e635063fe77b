import { assert } from '../../../kernel/assert.js';
import type { Direction, LogRecord, Page, PageSize, StreamRecord } from './event-log.js';
import { streamKey, type LogTables } from './lmdb-environment.js';
import { verifyRecord } from './record.js';

const UINT32_MAX = 2 ** 32 - 1;
const REVISION_MAX = Number.MAX_SAFE_INTEGER;

/** Reads what is committed. A page is one short snapshot, taken and left within one turn, so no reader pins old pages. */
export class LmdbReader {
  constructor(private readonly tables: LogTables) {}

  streamId(streamName: string): number | undefined {
    return this.tables.streams.get(streamKey(Buffer.from(streamName)));
  }

  /** Ids count up from 1; 0 when there is no stream. */
  lastStreamId(): number {
    return this.lastIndexKey(UINT32_MAX, 0)?.[0] ?? 0;
  }

  lastRevision(streamId: number): number {
    const key = this.lastIndexKey(streamId, streamId);
    assert(key !== undefined, 'A stream that has an id has an event.');
    return key[1];
  }

  position(streamId: number, revision: number): number {
    const position = this.tables.index.get([streamId, revision]);
    assert(position !== undefined, 'Revisions of a stream have no gaps.');
    return position;
  }

  record(streamId: number, revision: number): LogRecord {
    const position = this.position(streamId, revision);
    return { position, bytes: this.recordAt(position) };
  }

  lastRecord(): LogRecord | undefined {
    return this.readAll(Number.MAX_SAFE_INTEGER, 'backwards', { eventsMax: 1, bytesMax: 1 }).records[0];
  }

  readAll(from: number, direction: Direction, size: PageSize): Page<LogRecord> {
    const forwards = direction === 'forwards';
    const records: LogRecord[] = [];
    let bytes = 0;
    const range = this.tables.log.getRange({
      start: from,
      end: forwards ? Number.MAX_SAFE_INTEGER : 0,
      reverse: !forwards,
      exclusiveStart: !forwards,
    });
    for (const { key: position, value } of range) {
      verifyRecord(value, position);
      records.push({ position, bytes: value });
      bytes += value.length;
      if (records.length >= size.eventsMax || bytes >= size.bytesMax) {
        return { records, next: forwards ? position + 1 : position };
      }
    }
    return { records, next: undefined };
  }

  readStream(streamId: number, from: number, direction: Direction, size: PageSize): Page<StreamRecord> {
    const forwards = direction === 'forwards';
    const records: StreamRecord[] = [];
    let bytes = 0;
    const range = this.tables.index.getRange({
      start: [streamId, from],
      end: [streamId, forwards ? REVISION_MAX : 0],
      inclusiveEnd: true,
      reverse: !forwards,
    });
    for (const { key, value: position } of range) {
      const [, revision] = key;
      const record = this.recordAt(position);
      records.push({ revision, position, bytes: record });
      bytes += record.length;
      if (records.length >= size.eventsMax || bytes >= size.bytesMax) {
        const next = forwards ? revision + 1 : revision - 1;
        return { records, next: next < 0 ? undefined : next };
      }
    }
    return { records, next: undefined };
  }

  private recordAt(position: number): Buffer {
    const bytes = this.tables.log.get(position);
    assert(bytes !== undefined, 'An indexed position holds a record.');
    verifyRecord(bytes, position);
    return bytes;
  }

  private lastIndexKey(fromStreamId: number, toStreamId: number): readonly [number, number] | undefined {
    const range = this.tables.index.getKeys({
      start: [fromStreamId, REVISION_MAX],
      end: [toStreamId, 0],
      inclusiveEnd: true,
      reverse: true,
      limit: 1,
    });
    for (const key of range) return key;
    return undefined;
  }
}
