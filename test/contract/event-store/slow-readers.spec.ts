import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { credentials, type ClientReadableStream } from '@grpc/grpc-js';
import { EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog } from '../../../src/embedded/event-store/log/event-log.js';
import { LmdbEventLog } from '../../../src/embedded/event-store/log/lmdb-event-log.js';
import { EventStoreServer } from '../../../src/embedded/event-store/server.js';
import { eventStoreLimits } from '../../../src/embedded/event-store/limits.js';
import { anEvent, waitFor } from '../../support/event-store.js';

/* In this process, so that what the server reads from its log for a stalled reader can be counted. */

const clock = { nowMs: () => Date.now() };
const EVENTS = 6_000;
const EVENT_BYTES = 2_000;

let directory: string;
let log: LmdbEventLog;
let server: EventStoreServer;
let client: EventStoreDBClient;
let bare: StreamsClient;
let eventsRead = 0;
let call: ClientReadableStream<ReadResp>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evenkeel-slow-readers-'));
  log = await LmdbEventLog.open(directory, clock);
  server = await EventStoreServer.listen({ log: counting(log), clock, host: '127.0.0.1', port: 0 });
  client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${server.port}?tls=false`);
  bare = new streamsGrpc.StreamsClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
  await appendMany('stalled');
});

afterAll(async () => {
  bare.close();
  await client.dispose();
  await server.stop();
  await log.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => {
  eventsRead = 0;
});

afterEach(() => {
  call.cancel();
});

/** The log, counting the events read from it. */
function counting(inner: EventLog): EventLog {
  return new Proxy(inner, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        if (property === 'readAll' || property === 'readStream') {
          eventsRead += (result as { records: unknown[] }).records.length;
        }
        return result;
      };
    },
  });
}

async function appendMany(stream: string): Promise<void> {
  const event = (): ReturnType<typeof anEvent> => anEvent({ data: { pad: 'x'.repeat(EVENT_BYTES) } });
  for (let done = 0; done < EVENTS; done += 200) {
    await client.appendToStream(stream, Array.from({ length: 200 }, event));
  }
}

function request(kind: 'stream' | 'all', isSubscription: boolean): ReadReq {
  const options = new streams.ReadReq.Options();
  const uuidOption = new streams.ReadReq.Options.UUIDOption();
  uuidOption.setString(new shared.Empty());
  options.setUuidOption(uuidOption);
  options.setNoFilter(new shared.Empty());
  if (kind === 'all') {
    options.setAll(new streams.ReadReq.Options.AllOptions().setStart(new shared.Empty()));
  } else {
    const identifier = new shared.StreamIdentifier().setStreamName(Buffer.from('stalled'));
    const stream = new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(identifier);
    options.setStream(stream.setStart(new shared.Empty()));
  }
  if (isSubscription) options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
  else options.setCount('1000000');
  return new streams.ReadReq().setOptions(options);
}

describe.each([
  ['a read of a stream', 'stream', false],
  ['a read of $all', 'all', false],
  ['a subscription to a stream', 'stream', true],
  ['a subscription to $all', 'all', true],
] as const)('%s whose reader stalls', (_what, kind, isSubscription) => {
  it('is not read ahead for, however much is appended, and goes on when its reader does', async () => {
    call = bare.read(request(kind, isSubscription));
    let received = 0;
    call.on('error', () => undefined);
    call.on('data', () => {
      received += 1;
      if (received === 10) call.pause();
    });
    await waitFor('the reader stalls', () => received === 10);
    // What the connection's windows and buffers hold, and the page under way: far less than there is.
    const settled = eventsRead + 3 * eventStoreLimits.pageEventsMax;
    for (let index = 0; index < 50; index += 1) await client.appendToStream('other', anEvent());
    expect(eventsRead).toBeLessThanOrEqual(settled);
    expect(eventsRead).toBeLessThan(EVENTS / 2);
    call.resume();
    await waitFor('everything arrived', () => received >= EVENTS);
  });
});

describe('a stop of the server', () => {
  it('ends a stalled subscription too', async () => {
    const second = await EventStoreServer.listen({ log, clock, host: '127.0.0.1', port: 0 });
    const other = new streamsGrpc.StreamsClient(`127.0.0.1:${second.port}`, credentials.createInsecure());
    let code: number | undefined;
    call = other.read(request('all', true));
    call.on('error', (error: Error & { code?: number }) => {
      code = error.code;
    });
    call.once('data', () => call.pause());
    await new Promise((resolve) => call.once('data', resolve));
    const startMs = performance.now();
    await second.stop();
    expect(performance.now() - startMs).toBeLessThan(eventStoreLimits.drainMs + 2_000);
    call.resume();
    await waitFor('the call ended', () => code !== undefined);
    other.close();
  });
});
