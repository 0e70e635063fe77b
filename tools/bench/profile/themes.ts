/** A CPU profile as V8 writes it (DevTools protocol, `Profiler.Profile`). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[];
}

/** A share of the time, idle time left out; from 0 to 1. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/**
 * What time is spent on, told by names of functions and files. A sample belongs to the first theme that its innermost
 * frame matches, else to that of the frame that called it, and so on.
 */
const THEMES: readonly (readonly [string, RegExp])[] = [
  ['garbage collection', /^\(garbage/],
  ['native code without a name', /^\(program\)/],
  [
    'appending: events to protobuf and base64',
    /batchAppend|BatchAppendReq|BatchAppendResp|backpressuredWrite|appendToStream|jsonEvent/,
  ],
  ['reading streams: setting a call up', /makeServerStreamRequest|readStream|ReadStream/],
  ['events from protobuf and JSON', /ReadResp|convertGrpc|google-protobuf/],
  ['gRPC and HTTP/2', /@grpc\/grpc-js|http2/],
  [
    'following the log: feeds, settler, watch',
    /follow-all|settler|in-flight|expire-holds|feed-hub|event-feed|recorded-event|ledger-event|account-watch/,
  ],
  ['read models: SQL and pg', /projections\/|edges\/postgres|\/pg\/|pg-protocol|pg-pool/],
  ['validation of requests', /class-validator|class-transformer|edges\/http\/(validation|fields|json-body)/],
  ['identity: UUIDs, hashes, canonical JSON', /\/uuid\/|write\/identity|canonicalize|node:internal\/crypto/],
  ['metrics and log', /prom-client|observability|pino/],
  ['HTTP: Nest, Fastify, node:http', /fastify|@nestjs|node:_http|edges\/http|find-my-way|rxjs/],
  ['deciding and posting', /src\/write\//],
  ['the log on disk', /embedded\/event-store\/log|lmdb|msgpack|crc32/],
  ['the embedded store', /embedded\/event-store/],
  ['sockets and streams', /node:internal\/streams|node:net|stream_base/],
  ['timers', /timers/],
  ['promises and ticks', /runMicrotasks|processTicks|task_queues|async_hooks/],
];

const OTHER = 'other';

/** Shares of the busy time by theme, the greatest first. */
export function themesOf(profile: CpuProfile): Share[] {
  const frames = framesOf(profile);
  return shares(profile, (id) => {
    for (let at: number | undefined = id; at !== undefined; at = frames.get(at)?.parent) {
      const text = frames.get(at)?.text ?? '';
      const theme = THEMES.find(([, pattern]) => pattern.test(text));
      if (theme) return theme[0];
    }
    return OTHER;
  });
}

/** Shares of the busy time by function, callees left out, the greatest first. */
export function functionsOf(profile: CpuProfile, countMax: number): Share[] {
  const frames = framesOf(profile);
  return shares(profile, (id) => shorten(frames.get(id)?.text ?? '')).slice(0, countMax);
}

/** The share of all the time in which nothing ran. */
export function idleShareOf(profile: CpuProfile): number {
  const frames = framesOf(profile);
  let idle = 0;
  let all = 0;
  profile.samples.forEach((id, at) => {
    const delta = profile.timeDeltas[at] ?? 0;
    all += delta;
    if (isIdle(frames.get(id)?.text ?? '')) idle += delta;
  });
  return all === 0 ? 0 : idle / all;
}

function shares(profile: CpuProfile, nameOf: (id: number) => string): Share[] {
  const frames = framesOf(profile);
  const names = new Map<number, string>();
  const times = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, at) => {
    if (isIdle(frames.get(id)?.text ?? '')) return;
    const delta = profile.timeDeltas[at] ?? 0;
    const name = names.get(id) ?? nameOf(id);
    names.set(id, name);
    times.set(name, (times.get(name) ?? 0) + delta);
    busy += delta;
  });
  return [...times].map(([name, time]) => ({ name, share: time / busy })).sort((a, b) => b.share - a.share);
}

interface Frame {
  /** Function, file and line. */
  readonly text: string;
  readonly parent: number | undefined;
}

function framesOf({ nodes }: CpuProfile): ReadonlyMap<number, Frame> {
  const parents = new Map(nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id])));
  return new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      {
        text: `${functionName === '' ? '(anonymous)' : functionName} ${url}:${lineNumber + 1}`,
        parent: parents.get(id),
      },
    ]),
  );
}

function isIdle(text: string): boolean {
  return text.startsWith('(idle)');
}

/** The file without what stands before its package or the project's own folder. */
function shorten(text: string): string {
  return text.replace(/ \S*\/(?:node_modules|dist)\//, ' ').replace(/ :\d+$/, '');
}
