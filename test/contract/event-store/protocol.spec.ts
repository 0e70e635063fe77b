import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { credentials, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import serverFeatures from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type {
  BatchAppendReq,
  BatchAppendResp,
  ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { randomUUID } from 'node:crypto';
import { collect, startTestEventStore, waitFor, type TestEventStore } from '../../support/event-store.js';

/* What the official client never sends, or never shows, said with the bare protocol. */

let store: TestEventStore;
let bare: StreamsClient;

beforeAll(async () => {
  store = await startTestEventStore();
  bare = new streamsGrpc.StreamsClient(`127.0.0.1:${store.handle.port}`, credentials.createInsecure());
});

afterAll(async () => {
  bare.close();
  await store.dispose();
});

function uuid(id: string): InstanceType<typeof shared.UUID> {
  return new shared.UUID().setString(id);
}

function identifier(stream: string): InstanceType<typeof shared.StreamIdentifier> {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
}

function message(
  data = '{}',
  type = 'Happened',
): InstanceType<typeof streams.BatchAppendReq.ProposedMessage> {
  const proposed = new streams.BatchAppendReq.ProposedMessage();
  proposed.setId(uuid(randomUUID()));
  proposed.getMetadataMap().set('type', type).set('content-type', 'application/json');
  proposed.setData(Buffer.from(data));
  return proposed;
}

function batch(options: {
  readonly id: string;
  readonly stream?: string;
  readonly events?: number;
  readonly data?: string;
  readonly isFinal?: boolean;
}): BatchAppendReq {
  const request = new streams.BatchAppendReq();
  request.setCorrelationId(uuid(options.id));
  if (options.stream !== undefined) {
    const first = new streams.BatchAppendReq.Options();
    if (options.stream !== '') first.setStreamIdentifier(identifier(options.stream));
    first.setAny(new empty.Empty());
    request.setOptions(first);
  }
  for (let index = 0; index < (options.events ?? 1); index += 1)
    request.addProposedMessages(message(options.data));
  request.setIsFinal(options.isFinal ?? true);
  return request;
}

describe('BatchAppend', () => {
  let call: ClientDuplexStream<BatchAppendReq, BatchAppendResp>;
  let answers: BatchAppendResp[];
  let ending: { status?: number; ended: boolean };

  beforeEach(() => {
    // Of this call alone: the one before may still be ending.
    const received: BatchAppendResp[] = [];
    const end: typeof ending = { ended: false };
    answers = received;
    ending = end;
    call = bare.batchAppend();
    call.on('data', (answer: BatchAppendResp) => received.push(answer));
    call.on('error', () => undefined);
    call.on('status', ({ code }) => {
      end.status = code;
      end.ended = true;
    });
  });

  afterEach(() => {
    call.cancel();
  });

  const answersTo = (count: number): Promise<void> =>
    waitFor('all was answered', () => answers.length >= count);
  const errorName = (answer: BatchAppendResp | undefined): string | undefined =>
    answer?.getError()?.getDetails()?.getTypeUrl().split('.').at(-1);

  it('keeps interleaved appends apart', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const stream = `woven-${randomUUID()}`;
    call.write(batch({ id: one, stream: `${stream}-1`, isFinal: false }));
    call.write(batch({ id: two, stream: `${stream}-2`, isFinal: false, events: 0 }));
    call.write(batch({ id: one, events: 2, isFinal: false }));
    call.write(batch({ id: two, events: 1 }));
    call.write(batch({ id: one, events: 1 }));
    await answersTo(2);
    const byId = new Map(answers.map((answer) => [answer.getCorrelationId()?.getString(), answer]));
    expect(byId.get(one)?.getSuccess()?.getCurrentRevision()).toBe('3');
    expect(byId.get(two)?.getSuccess()?.getCurrentRevision()).toBe('0');
    for (const [id, answer] of byId) {
      const suffix = id === one ? '-1' : '-2';
      expect(Buffer.from(answer.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe(
        stream + suffix,
      );
    }
  });

  it('ignores messages of an append it does not know', async () => {
    const known = randomUUID();
    call.write(batch({ id: randomUUID() }));
    call.write(batch({ id: known, stream: 'known' }));
    await answersTo(1);
    expect(answers.map((answer) => answer.getCorrelationId()?.getString())).toEqual([known]);
  });

  it('answers every error with the correlation id, a stream and details, once', async () => {
    const [unnamed, deleting, after] = [randomUUID(), randomUUID(), randomUUID()];
    call.write(batch({ id: unnamed, stream: '' }));
    call.write(batch({ id: unnamed }));
    call.write(batch({ id: deleting, stream: '$$kept', data: '{"$tb": 9223372036854775807}' }));
    call.write(batch({ id: after, stream: 'after' }));
    await answersTo(3);
    expect(answers.map((answer) => answer.getCorrelationId()?.getString())).toEqual([
      unnamed,
      deleting,
      after,
    ]);
    expect(answers.slice(0, 2).map(errorName)).toEqual(['BadRequest', 'BadRequest']);
    expect(answers.every((answer) => answer.hasStreamIdentifier())).toBe(true);
  });

  it('gives up an append whose last message does not come in time', async () => {
    const id = randomUUID();
    call.write(batch({ id, stream: 'unfinished', isFinal: false }));
    await answersTo(1);
    expect(errorName(answers[0])).toBe('Timeout');
    expect(answers[0]?.getError()?.getCode()).toBe(4);
    call.write(batch({ id }));
    const next = randomUUID();
    call.write(batch({ id: next, stream: 'finished' }));
    await answersTo(2);
    expect(answers[1]?.getCorrelationId()?.getString()).toBe(next);
  });

  it('answers what is pending when the client half-closes, then ends with OK', async () => {
    for (let index = 0; index < 50; index += 1)
      call.write(batch({ id: randomUUID(), stream: `half-${index}` }));
    call.end();
    await waitFor('the call ended', () => ending.ended);
    expect(answers).toHaveLength(50);
    expect(ending.status).toBe(0);
  });

  it('says "no stream" after an empty append to a stream without events', async () => {
    call.write(batch({ id: randomUUID(), stream: `empty-${randomUUID()}`, events: 0 }));
    await answersTo(1);
    expect(answers[0]?.getSuccess()?.hasNoStream()).toBe(true);
    expect(answers[0]?.getSuccess()?.hasPosition()).toBe(true);
  });
});

describe('GetSupportedMethods', () => {
  it('names what is offered, in lower case, and no delete', async () => {
    const client = new serverFeatures.ServerFeaturesClient(
      `127.0.0.1:${store.handle.port}`,
      credentials.createInsecure(),
    );
    const answer = await new Promise<SupportedMethods>((resolve, reject) => {
      client.getSupportedMethods(new shared.Empty(), (error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
    client.close();
    const offered = answer
      .getMethodsList()
      .map((method) => `${method.getServiceName()}/${method.getMethodName()}`);
    expect(offered).toEqual([
      'event_store.client.streams.streams/read',
      'event_store.client.streams.streams/append',
      'event_store.client.streams.streams/batchappend',
      'event_store.client.server_features.serverfeatures/getsupportedmethods',
    ]);
    expect(answer.getEventStoreServerVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('Read', () => {
  type Options = InstanceType<typeof streams.ReadReq.Options>;

  function readOptions(): Options {
    const options = new streams.ReadReq.Options();
    const uuidOption = new streams.ReadReq.Options.UUIDOption();
    uuidOption.setString(new shared.Empty());
    options.setUuidOption(uuidOption);
    options.setNoFilter(new shared.Empty());
    options.setCount('10');
    return options;
  }

  const ofStream = (stream: string): InstanceType<typeof streams.ReadReq.Options.StreamOptions> =>
    new streams.ReadReq.Options.StreamOptions()
      .setStreamIdentifier(identifier(stream))
      .setStart(new shared.Empty());

  const send = (options: Options): Promise<ReadResp[]> => {
    const request = new streams.ReadReq();
    request.setOptions(options);
    return new Promise((resolve, reject) => {
      const responses: ReadResp[] = [];
      const call = bare.read(request);
      call.on('data', (response: ReadResp) => responses.push(response));
      call.on('error', reject);
      call.on('end', () => {
        resolve(responses);
      });
    });
  };

  it('refuses options that are missing or do not go together', async () => {
    const withoutUuid = readOptions().setStream(ofStream('any'));
    withoutUuid.clearUuidOption();
    const backwards = readOptions().setStream(ofStream('any')).setReadDirection(1);
    backwards.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
    const nothing = readOptions();
    const filtered = readOptions().setStream(ofStream('any'));
    filtered.setFilter(new streams.ReadReq.Options.FilterOptions());
    for (const options of [withoutUuid, backwards, nothing, filtered]) {
      await expect(send(options)).rejects.toMatchObject({ code: 3 } satisfies Partial<ServiceError>);
    }
  });

  it('refuses a position with commit before prepare', async () => {
    const position = new streams.ReadReq.Options.Position().setCommitPosition('1').setPreparePosition('2');
    const options = readOptions().setAll(new streams.ReadReq.Options.AllOptions().setPosition(position));
    await expect(send(options)).rejects.toMatchObject({ code: 2 } satisfies Partial<ServiceError>);
  });

  it('gives ids in two halves when asked', async () => {
    const { client } = store;
    const [event] = await collect(client.readStream('$evenkeel-store'));
    const uuidOption = new streams.ReadReq.Options.UUIDOption();
    uuidOption.setStructured(new shared.Empty());
    const [response] = await send(
      readOptions().setStream(ofStream('$evenkeel-store')).setUuidOption(uuidOption),
    );
    const recorded = response?.getEvent()?.getEvent();
    const halves = recorded?.getId()?.getStructured();
    const digits = [halves?.getMostSignificantBits(), halves?.getLeastSignificantBits()]
      .map((half) =>
        BigInt.asUintN(64, BigInt(half ?? 0))
          .toString(16)
          .padStart(16, '0'),
      )
      .join('');
    expect(digits).toBe(event?.event?.id.replaceAll('-', ''));
    expect(Buffer.from(recorded?.getData_asU8() ?? []).toString()).toContain('storeId');
  });

  it('names exactly three things in the metadata of an event', async () => {
    const [response] = await send(readOptions().setStream(ofStream('$evenkeel-store')));
    const metadata = response?.getEvent()?.getEvent()?.getMetadataMap();
    const keys: string[] = [];
    metadata?.forEach((_value: string, key: string) => keys.push(key));
    expect(keys.sort()).toEqual(['content-type', 'created', 'type']);
    expect(metadata?.get('created')).toMatch(/^\d{17}$/);
  });
});
