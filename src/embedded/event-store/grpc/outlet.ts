import type { ServerWritableStream } from '@grpc/grpc-js';
import type { LogRecord } from '../log/event-log.js';
import type { CallContext } from './call-context.js';
import { stopping, toRpcError } from './errors.js';
import { resolveLink } from './links.js';
import type { EncodedMessage, ReadReq } from './protocol.js';
import { encodeEvent } from './read-response.js';
import type { Presentation } from './read-request.js';

export type ReadCall = ServerWritableStream<ReadReq, EncodedMessage>;

/**
 * The way out of a `Read` call: sends at the reader's pace. Whoever writes awaits `send`, so while the reader stalls
 * nothing is read from the log and nothing gathers in memory.
 */
export class Outlet {
  private isClosed = false;
  private wakeUp: () => void = () => undefined;
  private unregister: () => void = () => undefined;

  constructor(
    private readonly call: ReadCall,
    private readonly context: CallContext,
  ) {
    call.on('cancelled', () => {
      this.close();
    });
    call.on('drain', () => {
      this.wakeUp();
    });
    this.unregister = context.calls.add(() => {
      this.fail(stopping());
    });
  }

  /** Whether the call is over: the reader went away, or the store is stopping. */
  get closed(): boolean {
    return this.isClosed;
  }

  /** Sends a message. @returns a promise to await when the reader lags, else nothing */
  send(message: EncodedMessage): Promise<void> | undefined {
    if (this.isClosed || this.call.write(message)) return undefined;
    return this.drained();
  }

  /** Sends an event, its link resolved when the reader asked for that. */
  sendEvent(record: LogRecord, presentation: Presentation): Promise<void> | undefined {
    const parts = presentation.resolveLinks
      ? resolveLink(this.context.log, record)
      : { event: record.bytes, position: record.position };
    return this.send(encodeEvent({ ...parts, structuredIds: presentation.structuredIds }));
  }

  /** Waits until `wake` is called or the call is over; may also return for no reason. */
  pause(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }

  /** Ends a pause. */
  wake(): void {
    this.wakeUp();
  }

  /** Ends the call with OK. */
  end(): void {
    if (this.isClosed) return;
    this.close();
    this.call.end();
  }

  /** Ends the call with an error. */
  fail(error: unknown): void {
    if (this.isClosed) return;
    this.close();
    this.call.emit('error', toRpcError(error));
  }

  private async drained(): Promise<void> {
    while (!this.isClosed && this.call.writableNeedDrain) await this.pause();
  }

  private close(): void {
    this.isClosed = true;
    this.unregister();
    this.wakeUp();
  }
}
