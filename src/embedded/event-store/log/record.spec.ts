import { describe, expect, it } from '@jest/globals';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import {
  DamagedRecord,
  encodeRecord,
  recordCreatedMs,
  recordData,
  recordId,
  recordIsJson,
  recordMessage,
  recordStreamName,
  recordType,
  verifyRecord,
  type ProposedEvent,
  type RecordPlace,
} from './record.js';

const bytes = fc.uint8Array({ maxLength: 300 });
const event: fc.Arbitrary<ProposedEvent> = fc.record({
  id: fc.uuid(),
  type: fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
  isJson: fc.boolean(),
  data: bytes,
  customMetadata: bytes,
});
const place: fc.Arbitrary<RecordPlace> = fc.record({
  streamName: fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }).map((name) => Buffer.from(name)),
  revision: fc.maxSafeNat(),
  position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  createdMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});

describe('a record', () => {
  it('is, after its header, the message the generated classes read', () => {
    fc.assert(
      fc.property(event, place, (proposed, where) => {
        const record = encodeRecord(proposed, where);
        const message = streams.ReadResp.ReadEvent.RecordedEvent.deserializeBinary(recordMessage(record));
        expect(message.getId()?.getString()).toBe(proposed.id);
        expect(Buffer.from(message.getStreamIdentifier()?.getStreamName_asU8() ?? [])).toEqual(
          where.streamName,
        );
        expect(message.getStreamRevision()).toBe(String(where.revision));
        expect(message.getCommitPosition()).toBe(String(where.position));
        expect(message.getPreparePosition()).toBe(String(where.position));
        expect(message.getMetadataMap().toObject()).toEqual(
          expect.arrayContaining([
            ['type', proposed.type],
            ['created', `${where.createdMs}0000`],
            ['content-type', proposed.isJson ? 'application/json' : 'application/octet-stream'],
          ]),
        );
        expect(message.getMetadataMap().getLength()).toBe(3);
        expect(Buffer.from(message.getData_asU8())).toEqual(Buffer.from(proposed.data));
        expect(Buffer.from(message.getCustomMetadata_asU8())).toEqual(Buffer.from(proposed.customMetadata));
      }),
    );
  });

  it('tells its parts without being decoded', () => {
    fc.assert(
      fc.property(event, place, (proposed, where) => {
        const record = encodeRecord(proposed, where);
        expect(recordId(record)).toBe(proposed.id);
        expect(recordStreamName(record)).toEqual(where.streamName);
        expect(recordType(record).toString()).toBe(proposed.type);
        expect(recordIsJson(record)).toBe(proposed.isJson);
        expect(recordCreatedMs(record)).toBe(where.createdMs);
        expect(recordData(record)).toEqual(Buffer.from(proposed.data));
        verifyRecord(record, where.position);
      }),
    );
  });

  it('is found out when any byte of it differs, or it is cut short', () => {
    const record = encodeRecord(
      {
        id: 'b2f1f1f6-3a43-4c4e-9a67-3c5d0c8f7f10',
        type: 'EntryPosted',
        isJson: true,
        data: Buffer.from('{"amount":"1050"}'),
        customMetadata: Buffer.alloc(0),
      },
      { streamName: Buffer.from('account-1'), revision: 3, position: 77, createdMs: 1_700_000_000_000 },
    );
    for (let at = 0; at < record.length; at += 1) {
      const damaged = Buffer.from(record);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(() => {
        verifyRecord(damaged, 77);
      }).toThrow(DamagedRecord);
      expect(() => {
        verifyRecord(record.subarray(0, at), 77);
      }).toThrow('at position 77');
    }
  });
});
