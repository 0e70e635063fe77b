import { status, type ServerReadableStream, type handleClientStreamingCall } from '@grpc/grpc-js';
import { assertNever } from '../../../kernel/assert.js';
import { describeProblem, type CommitResult } from '../group-commit.js';
import { eventStoreLimits } from '../limits.js';
import type { AppendRequest } from '../log/event-log.js';
import type { ProposedEvent } from '../log/record.js';
import { isDelete, readExpected, readStreamName, type StatedExpectation } from './append-rules.js';
import type { CallContext } from './call-context.js';
import {
  RpcError,
  appendTooBig,
  handlerThrew,
  invalidArgument,
  requiredMetadataMissing,
  stopping,
  toRpcError,
} from './errors.js';
import { AppendResp, Empty, type AppendReq, type AppendRespMessage } from './protocol.js';
import { checkProposedEvent } from './proposed-event.js';
import { uuidText } from './uuid.js';

type AppendOptions = NonNullable<ReturnType<AppendReq['getOptions']>>;
type Answer = (error: RpcError | null, response?: AppendRespMessage) => void;

/** `Append`: one append per call, its options first, then one event a message. A wrong revision is an answer, not an error. */
export function append(context: CallContext): handleClientStreamingCall<AppendReq, AppendRespMessage> {
  return (call, callback) => {
    let isAnswered = false;
    const answer: Answer = (error, response) => {
      if (isAnswered) return;
      isAnswered = true;
      unregister();
      callback(error, response);
    };
    const unregister = context.calls.add(() => {
      answer(stopping());
    });
    receive(call, context, answer);
  };
}

function receive(
  call: ServerReadableStream<AppendReq, AppendRespMessage>,
  context: CallContext,
  answer: Answer,
): void {
  let options: AppendOptions | undefined;
  const events: ProposedEvent[] = [];
  let bytes = 0;
  call.on('data', (request: AppendReq) => {
    const proposed = request.getProposedMessage();
    if (!proposed) {
      options ??= request.getOptions();
      return;
    }
    const metadata = proposed.getMetadataMap();
    const checked = checkProposedEvent({
      id: uuidText(proposed.getId()),
      type: metadata.get('type'),
      contentType: metadata.get('content-type'),
      data: proposed.getData_asU8(),
      customMetadata: proposed.getCustomMetadata_asU8(),
    });
    if (!checked.ok) {
      answer(checked.problem === 'metadata-missing' ? requiredMetadataMissing() : handlerThrew());
      return;
    }
    bytes += checked.sizeBytes;
    if (bytes > eventStoreLimits.appendBytesMax) answer(appendTooBig(eventStoreLimits.appendBytesMax));
    else events.push(checked.event);
  });
  call.on('cancelled', () => {
    answer(new RpcError(status.CANCELLED, 'Call cancelled'));
  });
  call.on('end', () => {
    try {
      const request = toRequest(options, events);
      context.commits.submit(request, (result) => {
        respond(answer, options, result);
      });
    } catch (error) {
      answer(toRpcError(error));
    }
  });
}

/** @throws RpcError */
function toRequest(options: AppendOptions | undefined, events: readonly ProposedEvent[]): AppendRequest {
  if (!options) throw invalidArgument('The first message of an append carries its options.');
  const streamName = readStreamName(options.getStreamIdentifier()?.getStreamName_asU8());
  const expected = readExpected(statedExpectation(options));
  if (streamName === undefined || !expected) throw handlerThrew();
  const request = { streamName, expected, events };
  if (isDelete(request)) throw invalidArgument('This store does not delete streams.');
  return request;
}

function statedExpectation(options: AppendOptions): StatedExpectation | undefined {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no-stream';
  if (options.hasStreamExists()) return 'stream-exists';
  return options.hasRevision() ? BigInt(options.getRevision()) : undefined;
}

function respond(answer: Answer, options: AppendOptions | undefined, result: CommitResult): void {
  switch (result.kind) {
    case 'appended':
      answer(null, success(result.revision, result.position));
      return;
    case 'wrong-expected-revision':
      answer(null, wrongExpectedVersion(options, result.current));
      return;
    case 'timed-out':
      answer(new RpcError(status.ABORTED, describeProblem(result)));
      return;
    case 'undecidable':
      answer(toRpcError(result.error));
      return;
    case 'too-busy':
    case 'failed':
      answer(new RpcError(status.UNAVAILABLE, describeProblem(result)));
      return;
    default:
      assertNever(result, 'The result of a commit');
  }
}

function success(revision: number, position: number): AppendRespMessage {
  const place = new AppendResp.Position();
  place.setCommitPosition(String(position));
  place.setPreparePosition(String(position));
  const message = new AppendResp.Success();
  if (revision < 0) message.setNoStream(new Empty());
  else message.setCurrentRevision(String(revision));
  message.setPosition(place);
  return new AppendResp().setSuccess(message);
}

function wrongExpectedVersion(options: AppendOptions | undefined, current: number): AppendRespMessage {
  const message = new AppendResp.WrongExpectedVersion();
  if (current < 0) message.setCurrentNoStream(new Empty());
  else message.setCurrentRevision(String(current));
  if (options?.hasAny()) message.setExpectedAny(new Empty());
  else if (options?.hasStreamExists()) message.setExpectedStreamExists(new Empty());
  else if (options?.hasNoStream()) message.setExpectedNoStream(new Empty());
  else message.setExpectedRevision(options?.getRevision() ?? '0');
  return new AppendResp().setWrongExpectedVersion(message);
}
