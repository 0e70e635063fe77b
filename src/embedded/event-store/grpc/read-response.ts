import { recordMessage } from '../log/record.js';
import { fieldLength, varintLength, writeFieldHeader, writeVarint } from '../log/wire.js';
import { recordId } from '../log/record.js';
import { ReadResp, StreamIdentifier, type EncodedMessage } from './protocol.js';
import { structuredUuid } from './uuid.js';

/** What one `ReadEvent` carries: an event, a link that led nowhere, or a link with the event it leads to. */
export interface EventParts {
  readonly event?: Buffer;
  readonly link?: Buffer;
  /** The position a reader resumes from: the link's when there is one. */
  readonly position: number;
  readonly structuredIds: boolean;
}

/** Bytes of the id field at the start of a `RecordedEvent` as stored. */
const ID_FIELD_BYTES = 40;

/** Wraps stored records as `Read` sends them. The records already are in the form the answer holds. */
export function encodeEvent(parts: EventParts): EncodedMessage {
  const event = parts.event && presented(parts.event, parts.structuredIds);
  const link = parts.link && presented(parts.link, parts.structuredIds);
  const contentBytes =
    (event ? fieldLength(event.length) : 0) +
    (link ? fieldLength(link.length) : 0) +
    1 +
    varintLength(parts.position);
  const message = Buffer.allocUnsafe(fieldLength(contentBytes));
  let at = writeFieldHeader(message, 0x0a, contentBytes, 0);
  if (event) {
    at = writeFieldHeader(message, 0x0a, event.length, at);
    at += event.copy(message, at);
  }
  if (link) {
    at = writeFieldHeader(message, 0x12, link.length, at);
    at += link.copy(message, at);
  }
  message[at] = 0x18;
  writeVarint(message, parts.position, at + 1);
  return message;
}

export function encodeConfirmation(subscriptionId: string): EncodedMessage {
  const confirmation = new ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(subscriptionId);
  return encode(new ReadResp().setConfirmation(confirmation));
}

export function encodeCheckpoint(position: number): EncodedMessage {
  const checkpoint = new ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(position));
  checkpoint.setPreparePosition(String(position));
  return encode(new ReadResp().setCheckpoint(checkpoint));
}

export function encodeCaughtUp(): EncodedMessage {
  return encode(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
}

export function encodeStreamNotFound(streamName: string): EncodedMessage {
  const identifier = new StreamIdentifier();
  identifier.setStreamName(Buffer.from(streamName));
  const notFound = new ReadResp.StreamNotFound();
  notFound.setStreamIdentifier(identifier);
  return encode(new ReadResp().setStreamNotFound(notFound));
}

/** The event as a message, its id in the form the reader asked for. */
function presented(record: Buffer, structuredIds: boolean): Buffer {
  const message = recordMessage(record);
  if (!structuredIds) return message;
  const id = structuredUuid(recordId(record)).serializeBinary();
  const header = Buffer.alloc(fieldLength(id.length));
  header.set(id, writeFieldHeader(header, 0x0a, id.length, 0));
  return Buffer.concat([header, message.subarray(ID_FIELD_BYTES)]);
}

function encode(message: InstanceType<typeof ReadResp>): EncodedMessage {
  return Buffer.from(message.serializeBinary());
}
