import { describe, expect, it } from '@jest/globals';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { encodeSuccess, encodeWrongExpectedVersion } from './batch-append-response.js';

describe('the answer to an append, written by hand', () => {
  it('is read by the generated classes', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.string({ maxLength: 300, unit: 'grapheme' }),
        fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (id, name, revision, position) => {
          const append = {
            correlationId: new shared.UUID().setString(id).serializeBinary(),
            streamName: Buffer.from(name),
          };
          const answer = streams.BatchAppendResp.deserializeBinary(encodeSuccess(append, revision, position));
          expect(answer.getCorrelationId()?.getString()).toBe(id);
          expect(Buffer.from(answer.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe(name);
          const success = answer.getSuccess();
          expect(success?.hasNoStream()).toBe(revision === -1);
          expect(success?.hasCurrentRevision()).toBe(revision !== -1);
          if (revision !== -1) expect(success?.getCurrentRevision()).toBe(String(revision));
          expect(success?.getPosition()?.getCommitPosition()).toBe(String(position));
          expect(success?.getPosition()?.getPreparePosition()).toBe(String(position));
        },
      ),
    );
  });
});

describe('the answer to an append at a wrong revision', () => {
  it('repeats what was expected as it was said, digits and all', () => {
    const append = {
      correlationId: new shared.UUID().setString('b2f1f1f6-3a43-4c4e-9a67-3c5d0c8f7f10').serializeBinary(),
      streamName: Buffer.from('s'),
    };
    const answer = streams.BatchAppendResp.deserializeBinary(
      encodeWrongExpectedVersion(append, 2n ** 62n + 1n, 0),
    );
    const detail = shared.WrongExpectedVersion.deserializeBinary(
      answer.getError()?.getDetails()?.getValue_asU8() ?? new Uint8Array(),
    );
    expect(detail.getExpectedStreamPosition()).toBe('4611686018427387905');
    expect(detail.getCurrentStreamRevision()).toBe('0');
  });
});
