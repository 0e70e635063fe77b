import { crc32 } from 'node:zlib';
import { fieldLength, varintLength, writeFieldHeader, writeVarint } from './wire.js';

/**
 * A record is a header of fixed size and the event as `Read` answers it: the protobuf message
 * `ReadResp.ReadEvent.RecordedEvent`. Nothing is encoded again on its way out.
 *
 * | bytes | header |
 * | --- | --- |
 * | 0-3 | CRC-32 of everything after it |
 * | 4-11 | when it was recorded: epoch milliseconds, double |
 * | 12 | 1 when the data is JSON |
 * | 13 | where the stream name starts in the message |
 * | 16-19, 20-23, 24-27, 28-31 | length of the stream name, start and length of the type, length of the data (at the end) |
 */
const HEADER_BYTES = 32;
/** The message starts with the id: field 1, 38 bytes, in it field 2, 36 characters. */
const ID_START = HEADER_BYTES + 4;
const ID_CHARS = 36;

const CONTENT_TYPE_JSON = mapEntry('content-type', 'application/json');
const CONTENT_TYPE_BINARY = mapEntry('content-type', 'application/octet-stream');
const TYPE_KEY = Buffer.from('\n\u0004type', 'latin1');
const CREATED_KEY = Buffer.from('\n\u0007created', 'latin1');

/** An event as a client proposes it. */
export interface ProposedEvent {
  /** UUID, lower-case, hyphenated. */
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
}

/** Where an event goes. */
export interface RecordPlace {
  readonly streamName: Uint8Array;
  readonly revision: number;
  readonly position: number;
  readonly createdMs: number;
}

/** A record that does not match its checksum. */
export class DamagedRecord extends Error {
  override readonly name = 'DamagedRecord';
  constructor(position: number) {
    super(
      `The record at position ${position} of the embedded event store is damaged (its checksum differs): restore the data directory from a backup.`,
    );
  }
}

/** Encodes an event as it is stored and sent. */
export function encodeRecord(event: ProposedEvent, place: RecordPlace): Buffer {
  const { streamName, revision, position } = place;
  const typeBytes = Buffer.byteLength(event.type);
  const created = `${place.createdMs}0000`;
  const nameField = fieldLength(streamName.length);
  const typeEntry = TYPE_KEY.length + fieldLength(typeBytes);
  const createdEntry = CREATED_KEY.length + fieldLength(created.length);
  const contentType = event.isJson ? CONTENT_TYPE_JSON : CONTENT_TYPE_BINARY;
  const metadataBytes = event.customMetadata.length;
  const dataBytes = event.data.length;
  const record = Buffer.allocUnsafe(
    HEADER_BYTES +
      40 +
      fieldLength(nameField) +
      (revision === 0 ? 0 : 1 + varintLength(revision)) +
      2 * (1 + varintLength(position)) +
      fieldLength(typeEntry) +
      fieldLength(createdEntry) +
      contentType.length +
      (metadataBytes === 0 ? 0 : fieldLength(metadataBytes)) +
      (dataBytes === 0 ? 0 : fieldLength(dataBytes)),
  );

  let at = writeFieldHeader(record, 0x0a, ID_CHARS + 2, HEADER_BYTES);
  at = writeFieldHeader(record, 0x12, ID_CHARS, at);
  at += record.write(event.id, at, 'latin1');
  at = writeFieldHeader(record, 0x12, nameField, at);
  at = writeFieldHeader(record, 0x1a, streamName.length, at);
  const nameStart = at;
  record.set(streamName, at);
  at += streamName.length;
  if (revision !== 0) {
    record[at] = 0x18;
    at = writeVarint(record, revision, at + 1);
  }
  record[at] = 0x20;
  at = writeVarint(record, position, at + 1);
  record[at] = 0x28;
  at = writeVarint(record, position, at + 1);
  at = writeFieldHeader(record, 0x32, typeEntry, at);
  at += TYPE_KEY.copy(record, at);
  at = writeFieldHeader(record, 0x12, typeBytes, at);
  const typeStart = at;
  at += record.write(event.type, at, 'utf8');
  at = writeFieldHeader(record, 0x32, createdEntry, at);
  at += CREATED_KEY.copy(record, at);
  at = writeFieldHeader(record, 0x12, created.length, at);
  at += record.write(created, at, 'latin1');
  at += contentType.copy(record, at);
  if (metadataBytes !== 0) {
    at = writeFieldHeader(record, 0x3a, metadataBytes, at);
    record.set(event.customMetadata, at);
    at += metadataBytes;
  }
  if (dataBytes !== 0) {
    at = writeFieldHeader(record, 0x42, dataBytes, at);
    record.set(event.data, at);
  }

  record.writeDoubleLE(place.createdMs, 4);
  record[12] = event.isJson ? 1 : 0;
  record[13] = nameStart - HEADER_BYTES;
  record.writeUInt16LE(0, 14);
  record.writeUInt32LE(streamName.length, 16);
  record.writeUInt32LE(typeStart - HEADER_BYTES, 20);
  record.writeUInt32LE(typeBytes, 24);
  record.writeUInt32LE(dataBytes, 28);
  record.writeUInt32LE(crc32(record.subarray(4)), 0);
  return record;
}

/** @throws DamagedRecord when the bytes are not the ones that were written */
export function verifyRecord(record: Buffer, position: number): void {
  if (record.length < HEADER_BYTES || crc32(record.subarray(4)) !== record.readUInt32LE(0)) {
    throw new DamagedRecord(position);
  }
}

/** The `RecordedEvent` message. */
export function recordMessage(record: Buffer): Buffer {
  return record.subarray(HEADER_BYTES);
}

export function recordId(record: Buffer): string {
  return record.toString('latin1', ID_START, ID_START + ID_CHARS);
}

export function recordStreamName(record: Buffer): Buffer {
  const start = HEADER_BYTES + (record[13] ?? 0);
  return record.subarray(start, start + record.readUInt32LE(16));
}

export function recordType(record: Buffer): Buffer {
  const start = HEADER_BYTES + record.readUInt32LE(20);
  return record.subarray(start, start + record.readUInt32LE(24));
}

export function recordCreatedMs(record: Buffer): number {
  return record.readDoubleLE(4);
}

export function recordIsJson(record: Buffer): boolean {
  return record[12] === 1;
}

export function recordData(record: Buffer): Buffer {
  return record.subarray(record.length - record.readUInt32LE(28));
}

/** A whole entry of the metadata map, field 6 of the message. */
function mapEntry(key: string, value: string): Buffer {
  const content = fieldLength(key.length) + fieldLength(value.length);
  const entry = Buffer.alloc(fieldLength(content));
  let at = writeFieldHeader(entry, 0x32, content, 0);
  at = writeFieldHeader(entry, 0x0a, key.length, at);
  at += entry.write(key, at, 'latin1');
  at = writeFieldHeader(entry, 0x12, value.length, at);
  entry.write(value, at, 'latin1');
  return entry;
}
