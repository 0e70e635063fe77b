import type { StatedExpectation } from './append-rules.js';
import { fieldLength, varintLength, writeFieldHeader, writeVarint } from '../log/wire.js';
import {
  Any,
  BadRequest,
  BatchAppendResp,
  Empty,
  GoogleEmpty,
  MaximumAppendSizeExceeded,
  Status,
  StreamIdentifier,
  Timeout,
  UUID,
  Unknown,
  WrongExpectedVersion,
  type EncodedMessage,
  type StatusMessage,
} from './protocol.js';

/** Which append an answer is for: the client fails on an answer without either. */
export interface AppendIdentity {
  /** The UUID message as it came. */
  readonly correlationId: Uint8Array;
  readonly streamName: Uint8Array;
}

/** google.rpc.Code. */
const code = { UNKNOWN: 2, INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, ALREADY_EXISTS: 6 } as const;

/**
 * The answer to a stored append, written by hand: one is sent for every append.
 *
 * @param revision of the append's last event; negative when the stream has none
 */
export function encodeSuccess(append: AppendIdentity, revision: number, position: number): EncodedMessage {
  const { correlationId, streamName: name } = append;
  const revisionBytes = 1 + (revision < 0 ? 1 : varintLength(revision));
  const positionBytes = 2 * (1 + varintLength(position));
  const successBytes = revisionBytes + fieldLength(positionBytes);
  const message = Buffer.allocUnsafe(
    fieldLength(correlationId.length) + fieldLength(successBytes) + fieldLength(fieldLength(name.length)),
  );
  let at = writeFieldHeader(message, 0x0a, correlationId.length, 0);
  message.set(correlationId, at);
  at = writeFieldHeader(message, 0x1a, successBytes, at + correlationId.length);
  if (revision < 0) {
    at = writeFieldHeader(message, 0x12, 0, at);
  } else {
    message[at] = 0x08;
    at = writeVarint(message, revision, at + 1);
  }
  at = writeFieldHeader(message, 0x1a, positionBytes, at);
  message[at] = 0x08;
  at = writeVarint(message, position, at + 1);
  message[at] = 0x10;
  at = writeVarint(message, position, at + 1);
  at = writeFieldHeader(message, 0x22, fieldLength(name.length), at);
  at = writeFieldHeader(message, 0x1a, name.length, at);
  message.set(name, at);
  return message;
}

/** @param current the stream's last revision; negative when it has none */
export function encodeWrongExpectedVersion(
  append: AppendIdentity,
  stated: StatedExpectation,
  current: number,
): EncodedMessage {
  const detail = new WrongExpectedVersion();
  if (current < 0) detail.setCurrentNoStream(new GoogleEmpty());
  else detail.setCurrentStreamRevision(String(current));
  if (stated === 'any') detail.setExpectedAny(new GoogleEmpty());
  else if (stated === 'no-stream') detail.setExpectedNoStream(new GoogleEmpty());
  else if (stated === 'stream-exists') detail.setExpectedStreamExists(new GoogleEmpty());
  else detail.setExpectedStreamPosition(String(stated));
  return encodeError(append, code.ALREADY_EXISTS, 'WrongExpectedVersion', detail.serializeBinary());
}

export function encodeBadRequest(append: AppendIdentity, sentence: string): EncodedMessage {
  const detail = new BadRequest();
  detail.setMessage(sentence);
  return encodeError(append, code.INVALID_ARGUMENT, 'BadRequest', detail.serializeBinary());
}

export function encodeTimeout(append: AppendIdentity): EncodedMessage {
  return encodeError(append, code.DEADLINE_EXCEEDED, 'Timeout', new Timeout().serializeBinary());
}

export function encodeTooBig(append: AppendIdentity, bytesMax: number): EncodedMessage {
  const detail = new MaximumAppendSizeExceeded();
  detail.setMaxappendsize(bytesMax);
  return encodeError(append, code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', detail.serializeBinary());
}

/** An error that has no name of its own. */
export function encodeUnknown(append: AppendIdentity): EncodedMessage {
  return encodeError(append, code.UNKNOWN, 'Unknown', new Unknown().serializeBinary());
}

/** What a node says while it can't take the append in: the message is all there is to it. */
export function encodeNotReady(append: AppendIdentity, sentence: string): EncodedMessage {
  const status = new Status();
  status.setCode(code.UNKNOWN);
  status.setMessage(sentence);
  const details = new Any();
  details.setTypeUrl('type.googleapis.com/google.protobuf.Empty');
  details.setValue(new Empty().serializeBinary());
  status.setDetails(details);
  return encodeStatus(append, status);
}

function encodeError(
  append: AppendIdentity,
  statusCode: (typeof code)[keyof typeof code],
  name: string,
  detail: Uint8Array,
): EncodedMessage {
  const status = new Status();
  status.setCode(statusCode);
  status.setMessage(name);
  const details = new Any();
  details.setTypeUrl(`type.googleapis.com/event_store.client.${name}`);
  details.setValue(detail);
  status.setDetails(details);
  return encodeStatus(append, status);
}

function encodeStatus(append: AppendIdentity, status: StatusMessage): EncodedMessage {
  const identifier = new StreamIdentifier();
  identifier.setStreamName(append.streamName);
  const message = new BatchAppendResp();
  message.setCorrelationId(UUID.deserializeBinary(append.correlationId));
  message.setStreamIdentifier(identifier);
  message.setError(status);
  return Buffer.from(message.serializeBinary());
}
