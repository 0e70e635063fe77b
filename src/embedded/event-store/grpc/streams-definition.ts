import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { AssertionFailure } from '../../../kernel/assert.js';
import { decodeBatchAppendRequest, type BatchAppendRequest } from './batch-append-request.js';
import { StreamsService, type EncodedMessage, type ReadReq } from './protocol.js';

const asTheyAre = {
  responseSerialize: (message: EncodedMessage) => message,
  responseDeserialize: (message: EncodedMessage) => message,
};

const read: MethodDefinition<ReadReq, EncodedMessage> = { ...StreamsService.read, ...asTheyAre };

const batchAppend: MethodDefinition<BatchAppendRequest, EncodedMessage> = {
  ...StreamsService.batchAppend,
  ...asTheyAre,
  requestDeserialize: decodeBatchAppendRequest,
  requestSerialize: () => {
    throw new AssertionFailure('A server sends no requests.');
  },
};

/**
 * The service `Streams` as shipped with the client, except that `Read` and `BatchAppend` send answers we encoded
 * ourselves, and the requests of `BatchAppend` are decoded by hand: these are the hot paths.
 */
export const StreamsDefinition = { ...StreamsService, read, batchAppend } satisfies ServiceDefinition;
