import { isIP } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../../kernel/clock.js';
import { ActiveCalls } from './grpc/active-calls.js';
import { append } from './grpc/append.js';
import { batchAppend } from './grpc/batch-append.js';
import type { CallContext } from './grpc/call-context.js';
import { ServerFeaturesService } from './grpc/protocol.js';
import { read } from './grpc/read.js';
import { getSupportedMethods } from './grpc/server-features.js';
import { StreamsDefinition } from './grpc/streams-definition.js';
import { GroupCommit } from './group-commit.js';
import { eventStoreLimits } from './limits.js';
import type { EventLog } from './log/event-log.js';

export interface EventStoreServerOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** An address of this machine; anything but loopback needs `allowRemote`. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly allowRemote?: boolean;
  /** Called once when a write failed for good: stop this server and open the log anew. */
  readonly onBroken?: (error: Error) => void;
}

/** The store can't listen where it was told to; the message says what to do. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

/** The gRPC server on a log. What it does not offer (delete, tombstone, persistent subscriptions, ...) answers UNIMPLEMENTED. */
export class EventStoreServer {
  private constructor(
    private readonly server: Server,
    private readonly context: CallContext,
    readonly port: number,
  ) {}

  /**
   * Listens.
   *
   * @throws CannotListen when the address is not loopback and `allowRemote` is not set, or the port is taken
   */
  static async listen(options: EventStoreServerOptions): Promise<EventStoreServer> {
    const { log, clock, host, port } = options;
    if (!options.allowRemote && !isLoopback(host)) {
      throw new CannotListen(
        `The embedded event store has no access control and listens on loopback only, not on ${host}: use 127.0.0.1, or allow remote access expressly.`,
      );
    }
    const commits = new GroupCommit(log, options.onBroken ?? (() => undefined));
    const context: CallContext = { log, clock, commits, calls: new ActiveCalls() };
    const server = new Server({
      'grpc.max_receive_message_length': eventStoreLimits.messageBytesMax,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': eventStoreLimits.callsPerConnectionMax,
    });
    server.addService(ServerFeaturesService, { getSupportedMethods: getSupportedMethods() });
    server.addService(StreamsDefinition, {
      batchAppend: batchAppend(context),
      append: append(context),
      read: read(context),
    });
    return new EventStoreServer(server, context, await bind(server, host, port));
  }

  /** Ends every call after the appends it waits for, then closes the port. Bounded; the log stays open. */
  async stop(): Promise<void> {
    const cut = setTimeout(() => {
      this.server.forceShutdown();
    }, eventStoreLimits.drainMs);
    const closed = new Promise<void>((resolve) => {
      this.server.tryShutdown(() => {
        resolve();
      });
    });
    this.context.calls.stop();
    await this.context.commits.drain();
    await closed;
    clearTimeout(cut);
  }
}

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function bind(server: Server, host: string, port: number): Promise<number> {
  const address = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (!error) {
        resolve(boundPort);
        return;
      }
      const sentence = /EADDRINUSE/.test(error.message)
        ? `Port ${port} on ${host}, meant for the embedded event store, is taken: stop what uses it, or set EMBEDDED_EVENTSTORE_PORT to another port.`
        : `The embedded event store can't listen on ${address}: ${error.message}`;
      reject(new CannotListen(sentence, { cause: error }));
    });
  });
}
