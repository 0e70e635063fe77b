import { UUID } from './protocol.js';
import type { ProposedFields } from './proposed-event.js';
import { uuidText } from './uuid.js';
import { WireReader } from './wire-reader.js';

/**
 * A message of `BatchAppend`, decoded by hand from `BatchAppendReq`: it comes once for every append, and the
 * generated classes take several times as long. The spec beside this file holds it against them.
 */
export interface BatchAppendRequest {
  /** The correlation id as it came, to go back the same way; undefined when there is none. */
  readonly correlationId: Buffer | undefined;
  readonly options: BatchAppendOptions | undefined;
  readonly events: readonly ProposedFields[];
  readonly isFinal: boolean;
}

export interface BatchAppendOptions {
  readonly streamName: Buffer | undefined;
  readonly expected: 'any' | 'no-stream' | 'stream-exists' | bigint | undefined;
  /** When the client gives up: epoch milliseconds. */
  readonly deadlineMs: number | undefined;
  /** How long it waits, as newer clients say it: milliseconds. */
  readonly timeoutMs: number | undefined;
}

const EMPTY = Buffer.alloc(0);
/** A UUID message in its text form: field 2, 36 characters. */
const TEXT_ID_BYTES = 38;
const TEXT_ID_TAG = 0x12;

/** @throws MalformedMessage */
export function decodeBatchAppendRequest(bytes: Buffer): BatchAppendRequest {
  const reader = new WireReader(bytes);
  let correlationId: Buffer | undefined;
  let options: BatchAppendOptions | undefined;
  let isFinal = false;
  const events: ProposedFields[] = [];
  while (reader.next()) {
    if (reader.field === 1) correlationId = reader.bytes();
    else if (reader.field === 2) options = decodeOptions(reader.message());
    else if (reader.field === 3) events.push(decodeEvent(reader.message()));
    else if (reader.field === 4) isFinal = reader.varint() !== 0;
    else reader.skip();
  }
  return { correlationId, options, events, isFinal };
}

function decodeOptions(reader: WireReader): BatchAppendOptions {
  let streamName: Buffer | undefined;
  let expected: BatchAppendOptions['expected'];
  let deadlineMs: number | undefined;
  let timeoutMs: number | undefined;
  while (reader.next()) {
    if (reader.field === 1) streamName = decodeStreamName(reader.message());
    else if (reader.field === 2) expected = reader.uint64();
    else if (reader.field === 6) deadlineMs = decodeTime(reader.message());
    else if (reader.field === 7) timeoutMs = decodeTime(reader.message());
    else {
      if (reader.field === 3) expected = 'no-stream';
      else if (reader.field === 4) expected = 'any';
      else if (reader.field === 5) expected = 'stream-exists';
      reader.skip();
    }
  }
  return { streamName, expected, deadlineMs, timeoutMs };
}

function decodeEvent(reader: WireReader): ProposedFields {
  let id: string | undefined;
  let type: string | undefined;
  let contentType: string | undefined;
  let data: Buffer = EMPTY;
  let customMetadata: Buffer = EMPTY;
  while (reader.next()) {
    if (reader.field === 1) {
      id = decodeId(reader.bytes());
    } else if (reader.field === 2) {
      const [key, value] = decodeMapEntry(reader.message());
      if (key === 'type') type = value;
      else if (key === 'content-type') contentType = value;
    } else if (reader.field === 3) {
      customMetadata = reader.bytes();
    } else if (reader.field === 4) {
      data = reader.bytes();
    } else {
      reader.skip();
    }
  }
  return { id, type, contentType, data, customMetadata };
}

function decodeMapEntry(reader: WireReader): [key: string, value: string] {
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.utf8();
    else if (reader.field === 2) value = reader.utf8();
    else reader.skip();
  }
  return [key, value];
}

function decodeStreamName(reader: WireReader): Buffer {
  let name: Buffer = EMPTY;
  while (reader.next()) {
    if (reader.field === 3) name = reader.bytes();
    else reader.skip();
  }
  return name;
}

/** A Timestamp or a Duration: both are seconds and nanoseconds. @returns milliseconds */
function decodeTime(reader: WireReader): number {
  let seconds = 0;
  let nanos = 0;
  while (reader.next()) {
    if (reader.field === 1) seconds = reader.int64();
    else if (reader.field === 2) nanos = reader.int64();
    else reader.skip();
  }
  return seconds * 1000 + nanos / 1e6;
}

function decodeId(message: Buffer): string | undefined {
  const isText = message.length === TEXT_ID_BYTES && message[0] === TEXT_ID_TAG;
  return isText ? message.toString('latin1', 2) : uuidText(UUID.deserializeBinary(message));
}
