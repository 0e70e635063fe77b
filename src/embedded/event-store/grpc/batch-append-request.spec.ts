import { describe, expect, it } from '@jest/globals';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { decodeBatchAppendRequest, type BatchAppendOptions } from './batch-append-request.js';
import type { ProposedFields } from './proposed-event.js';
import { structuredUuid, uuidText } from './uuid.js';
import { MalformedMessage } from './wire-reader.js';

interface Message {
  readonly correlationId: string;
  readonly structured: boolean;
  readonly options: BatchAppendOptions | undefined;
  readonly events: readonly ProposedFields[];
  readonly isFinal: boolean;
}

const text = fc.string({ maxLength: 60, unit: 'grapheme' });
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const message: fc.Arbitrary<Message> = fc.record({
  correlationId: fc.uuid(),
  structured: fc.boolean(),
  options: fc.option(
    fc.record({
      streamName: text.filter((name) => name !== '').map((name) => Buffer.from(name)),
      expected: fc.oneof(
        fc.constantFrom('any' as const, 'no-stream' as const, 'stream-exists' as const),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      ),
      deadlineMs: fc.option(fc.integer({ min: -4e12, max: 4e12 }), { nil: undefined }),
      timeoutMs: fc.constant(undefined),
    }),
    { nil: undefined },
  ),
  events: fc.array(
    fc.record({ id: fc.uuid(), type: text, contentType: text, data: bytes, customMetadata: bytes }),
    { maxLength: 5 },
  ),
  isFinal: fc.boolean(),
});

/** The message as the generated classes write it. */
function encode(from: Message): Buffer {
  const request = new streams.BatchAppendReq();
  const id = from.structured
    ? structuredUuid(from.correlationId)
    : new shared.UUID().setString(from.correlationId);
  request.setCorrelationId(id);
  request.setIsFinal(from.isFinal);
  if (from.options) request.setOptions(encodeOptions(from.options));
  for (const event of from.events) {
    const proposed = new streams.BatchAppendReq.ProposedMessage();
    proposed.setId(new shared.UUID().setString(event.id ?? ''));
    proposed
      .getMetadataMap()
      .set('content-type', event.contentType ?? '')
      .set('other', 'ignored')
      .set('type', event.type ?? '');
    proposed.setData(event.data);
    proposed.setCustomMetadata(event.customMetadata);
    request.addProposedMessages(proposed);
  }
  return Buffer.from(request.serializeBinary());
}

function encodeOptions(from: BatchAppendOptions): InstanceType<typeof streams.BatchAppendReq.Options> {
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(new shared.StreamIdentifier().setStreamName(from.streamName ?? ''));
  if (from.expected === 'any') options.setAny(new empty.Empty());
  else if (from.expected === 'no-stream') options.setNoStream(new empty.Empty());
  else if (from.expected === 'stream-exists') options.setStreamExists(new empty.Empty());
  else options.setStreamPosition(String(from.expected));
  if (from.deadlineMs !== undefined)
    options.setDeadline(timestamp.Timestamp.fromDate(new Date(from.deadlineMs)));
  return options;
}

describe('decoding a message of BatchAppend by hand', () => {
  it('reads what the generated classes wrote', () => {
    fc.assert(
      fc.property(message, (from) => {
        const decoded = decodeBatchAppendRequest(encode(from));
        const { correlationId, ...rest } = decoded;
        expect(rest).toEqual({ options: from.options, events: from.events, isFinal: from.isFinal });
        const id = shared.UUID.deserializeBinary(correlationId ?? Buffer.alloc(0));
        expect(uuidText(id)?.replaceAll('-', '')).toBe(from.correlationId.replaceAll('-', ''));
      }),
    );
  });

  it('reads a timeout, which the generated classes are too old for', () => {
    // Options (field 2), in it a Duration (field 7) of 1 s and 500 000 000 ns.
    const message = Buffer.from([0x12, 0x0a, 0x3a, 0x08, 0x08, 0x01, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
    expect(decodeBatchAppendRequest(message).options?.timeoutMs).toBe(1500);
  });

  it('skips fields it does not know', () => {
    const from: Message = {
      correlationId: 'b2f1f1f6-3a43-4c4e-9a67-3c5d0c8f7f10',
      structured: false,
      options: undefined,
      events: [],
      isFinal: true,
    };
    // Field 90 as a varint, as eight bytes, as bytes and as four bytes.
    const unknown = Buffer.from([
      ...[0xd0, 0x05, 0x80, 0x01],
      ...[0xd1, 0x05, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0xd2, 0x05, 2, 9, 9],
      ...[0xd5, 0x05, 1, 2, 3, 4],
    ]);
    expect(decodeBatchAppendRequest(Buffer.concat([unknown, encode(from), unknown])).isFinal).toBe(true);
  });

  it('refuses what is cut short or no message at all, and never reads outside of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          decodeBatchAppendRequest(Buffer.from(noise));
        } catch (error) {
          // The generated class, which reads ids in their rare form, throws errors of its own.
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
    const whole = encode({
      correlationId: 'b2f1f1f6-3a43-4c4e-9a67-3c5d0c8f7f10',
      structured: false,
      options: { streamName: Buffer.from('s'), expected: 5n, deadlineMs: 1, timeoutMs: undefined },
      events: [],
      isFinal: false,
    });
    expect(() => decodeBatchAppendRequest(whole.subarray(0, whole.length - 1))).toThrow(MalformedMessage);
  });
});
