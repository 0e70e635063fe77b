import { status, type ServerDuplexStream, type handleBidiStreamingCall } from '@grpc/grpc-js';
import { assertNever } from '../../../kernel/assert.js';
import { describeProblem, type CommitResult } from '../group-commit.js';
import { eventStoreLimits } from '../limits.js';
import type { ExpectedRevision } from '../log/expected-revision.js';
import type { ProposedEvent } from '../log/record.js';
import { isDelete, readExpected, readStreamName, type StatedExpectation } from './append-rules.js';
import type { BatchAppendOptions, BatchAppendRequest } from './batch-append-request.js';
import {
  encodeBadRequest,
  encodeNotReady,
  encodeSuccess,
  encodeTimeout,
  encodeTooBig,
  encodeUnknown,
  encodeWrongExpectedVersion,
  type AppendIdentity,
} from './batch-append-response.js';
import type { CallContext } from './call-context.js';
import { RpcError, stopping } from './errors.js';
import type { EncodedMessage } from './protocol.js';
import { checkProposedEvent } from './proposed-event.js';

type BatchAppendCall = ServerDuplexStream<BatchAppendRequest, EncodedMessage>;

/** An append of which the last message has not come yet. */
interface OpenAppend {
  readonly identity: AppendIdentity;
  readonly stated: StatedExpectation;
  readonly streamName: string;
  readonly expected: ExpectedRevision;
  readonly events: ProposedEvent[];
  readonly timeoutMs: number;
  bytes: number;
  /** Those of `bytes` that count as held for it between messages. */
  heldBytes: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * `BatchAppend`: one long call per client on which its appends come interleaved, told apart by correlation id, and are
 * answered as they complete, exactly once each. When an append can't be answered for sure, the whole call ends with
 * UNAVAILABLE: ending it with OK would leave the client waiting for ever.
 */
export function batchAppend(
  context: CallContext,
): handleBidiStreamingCall<BatchAppendRequest, EncodedMessage> {
  return (call) => {
    new BatchAppendSession(call, context).start();
  };
}

class BatchAppendSession {
  private readonly open = new Map<string, OpenAppend>();
  private heldBytes = 0;
  /** Appends handed to the commit and not answered. */
  private committing = 0;
  private isOver = false;
  private isHalfClosed = false;
  private isStopping = false;
  private waitsForRoom = false;
  private waitsForReader = false;
  private unregister: () => void = () => undefined;

  constructor(
    private readonly call: BatchAppendCall,
    private readonly context: CallContext,
  ) {}

  start(): void {
    const { call } = this;
    call.on('data', (request: BatchAppendRequest) => {
      this.receive(request);
    });
    call.on('end', () => {
      this.isHalfClosed = true;
      this.endWhenDone();
    });
    call.on('cancelled', () => {
      this.finish();
    });
    this.unregister = this.context.calls.add(() => {
      this.isStopping = true;
      this.endWhenDone();
    });
  }

  private receive(request: BatchAppendRequest): void {
    const { correlationId, options } = request;
    if (!correlationId || this.isOver || this.isStopping) return;
    const key = correlationId.toString('latin1');
    let append = this.open.get(key);
    if (!append) {
      // Without options it belongs to an append that was answered already, with an error.
      if (!options) return;
      append = this.begin(correlationId, options);
      if (!append) return;
    }
    const refusal = this.addEvents(append, request);
    if (refusal) {
      this.forget(key, append);
      this.send(refusal);
    } else if (request.isFinal) {
      this.forget(key, append);
      this.submit(append);
    } else {
      this.keepOpen(key, append);
    }
  }

  /** Checks the first message of an append in EventStoreDB's order: stream, then time. */
  private begin(correlationId: Buffer, options: BatchAppendOptions): OpenAppend | undefined {
    const identity = { correlationId, streamName: options.streamName ?? Buffer.alloc(0) };
    const streamName = readStreamName(options.streamName);
    if (streamName === undefined) {
      this.send(encodeBadRequest(identity, 'A stream name is required.'));
      return undefined;
    }
    const timeoutMs = this.timeoutOf(options);
    if (timeoutMs <= 0) {
      this.send(encodeTimeout(identity));
      return undefined;
    }
    const stated = options.expected;
    const expected = readExpected(stated);
    if (stated === undefined || !expected) {
      this.send(encodeBadRequest(identity, 'The expected revision is not one a stream can have.'));
      return undefined;
    }
    return {
      identity,
      stated,
      streamName,
      expected,
      events: [],
      timeoutMs,
      bytes: 0,
      heldBytes: 0,
      timer: undefined,
    };
  }

  private timeoutOf(options: BatchAppendOptions): number {
    const { deadlineMs, timeoutMs } = options;
    const askedMs =
      timeoutMs ?? (deadlineMs === undefined ? Infinity : deadlineMs - this.context.clock.nowMs());
    return Math.min(askedMs, eventStoreLimits.writeTimeoutMs);
  }

  /** @returns the refusal to send when an event is malformed or the append grows too big */
  private addEvents(append: OpenAppend, request: BatchAppendRequest): EncodedMessage | undefined {
    for (const fields of request.events) {
      const proposed = checkProposedEvent(fields);
      if (!proposed.ok)
        return encodeBadRequest(append.identity, `An event is malformed: ${proposed.problem}.`);
      append.events.push(proposed.event);
      append.bytes += proposed.sizeBytes;
      if (append.bytes > eventStoreLimits.appendBytesMax) {
        return encodeTooBig(append.identity, eventStoreLimits.appendBytesMax);
      }
    }
    return undefined;
  }

  private keepOpen(key: string, append: OpenAppend): void {
    if (!append.timer) {
      if (
        this.open.size >= eventStoreLimits.unfinishedAppendsMax ||
        this.heldBytes >= eventStoreLimits.waitingBytesMax
      ) {
        this.send(encodeNotReady(append.identity, 'Server Is Too Busy'));
        return;
      }
      append.timer = setTimeout(() => {
        this.forget(key, append);
        this.send(encodeTimeout(append.identity));
        this.endWhenDone();
      }, append.timeoutMs);
      this.open.set(key, append);
    }
    this.heldBytes += append.bytes - append.heldBytes;
    append.heldBytes = append.bytes;
  }

  private forget(key: string, append: OpenAppend): void {
    if (!append.timer) return;
    clearTimeout(append.timer);
    this.open.delete(key);
    this.heldBytes -= append.heldBytes;
  }

  private submit(append: OpenAppend): void {
    const request = { streamName: append.streamName, expected: append.expected, events: append.events };
    if (isDelete(request)) {
      this.send(encodeBadRequest(append.identity, 'This store does not delete streams.'));
      return;
    }
    this.committing += 1;
    this.context.commits.submit(request, (result) => {
      this.committing -= 1;
      this.answer(append, result);
      this.endWhenDone();
    });
    if (!this.waitsForRoom && this.context.commits.isFull) {
      this.waitsForRoom = true;
      this.context.commits.onRoom(() => {
        this.waitsForRoom = false;
        this.regulate();
      });
      this.regulate();
    }
  }

  private answer(append: OpenAppend, result: CommitResult): void {
    switch (result.kind) {
      case 'appended':
        this.send(encodeSuccess(append.identity, result.revision, result.position));
        return;
      case 'wrong-expected-revision':
        this.send(encodeWrongExpectedVersion(append.identity, append.stated, result.current));
        return;
      case 'timed-out':
        this.send(encodeTimeout(append.identity));
        return;
      case 'too-busy':
        this.send(encodeNotReady(append.identity, describeProblem(result)));
        return;
      case 'undecidable':
        this.send(encodeUnknown(append.identity));
        return;
      case 'failed':
        this.endWith(new RpcError(status.UNAVAILABLE, describeProblem(result)));
        return;
      default:
        assertNever(result, 'The result of a commit');
    }
  }

  private send(message: EncodedMessage): void {
    if (this.isOver) return;
    const hasRoom = this.call.write(message);
    if (hasRoom || this.waitsForReader || this.call.writableLength < eventStoreLimits.unreadAnswersMax)
      return;
    this.waitsForReader = true;
    this.regulate();
    this.call.once('drain', () => {
      this.waitsForReader = false;
      this.regulate();
    });
  }

  /** Stops taking in appends while the disk, or the client's reading of answers, lags. */
  private regulate(): void {
    if (this.waitsForRoom || this.waitsForReader) this.call.pause();
    else this.call.resume();
  }

  private endWhenDone(): void {
    if (this.isOver || this.committing > 0) return;
    if (this.isStopping) {
      this.endWith(stopping());
    } else if (this.isHalfClosed && this.open.size === 0) {
      this.finish();
      this.call.end();
    }
  }

  private endWith(error: RpcError): void {
    if (this.isOver) return;
    this.finish();
    this.call.emit('error', error);
  }

  private finish(): void {
    this.isOver = true;
    this.unregister();
    for (const append of this.open.values()) clearTimeout(append.timer);
    this.open.clear();
  }
}
