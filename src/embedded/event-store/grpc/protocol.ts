/**
 * The service definitions and messages that the official client ships, in one typed place. They are CommonJS, so their
 * values come through the default import and their types by name.
 */
import serverFeatures from '@eventstore/db-client/generated/serverfeatures_pb.js';
import serverFeaturesService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';

export const {
  AllStreamPosition,
  BadRequest,
  Empty,
  MaximumAppendSizeExceeded,
  StreamIdentifier,
  Timeout,
  UUID,
  Unknown,
  WrongExpectedVersion,
} = shared;
export const { AppendResp, BatchAppendResp, ReadResp } = streams;
export const { SupportedMethod, SupportedMethods } = serverFeatures;
export const { Status } = status;
export const { Any } = any;
export const { Empty: GoogleEmpty } = empty;
export const { ServerFeaturesService } = serverFeaturesService;
export const { StreamsService } = streamsService;

export type {
  Empty as EmptyMessage,
  UUID as UuidMessage,
} from '@eventstore/db-client/generated/shared_pb.js';
export type { Status as StatusMessage } from '@eventstore/db-client/generated/status_pb.js';
export type {
  AppendReq,
  AppendResp as AppendRespMessage,
  ReadReq,
} from '@eventstore/db-client/generated/streams_pb.js';
export type { SupportedMethods as SupportedMethodsMessage } from '@eventstore/db-client/generated/serverfeatures_pb.js';

/** An answer that is already in wire format. */
export type EncodedMessage = Buffer;
