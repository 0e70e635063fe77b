import type { Direction } from '../log/event-log.js';
import { readStreamName } from './append-rules.js';
import { handlerThrew, invalidArgument } from './errors.js';
import { readFilter, type EventFilter } from './filters.js';
import type { ReadReq } from './protocol.js';
import { UINT64_MAX, parseUint64 } from './uint64.js';

/** Where a read begins: at an end of the stream, or at a revision or position. */
export type Bound = 'start' | 'end' | number;

export interface StreamRead {
  readonly kind: 'read-stream';
  readonly streamName: string;
  readonly from: Bound;
  readonly direction: Direction;
  readonly countMax: number;
}

export interface AllRead {
  readonly kind: 'read-all';
  readonly from: Bound;
  readonly direction: Direction;
  readonly countMax: number;
  readonly filter: EventFilter | undefined;
}

export interface StreamSubscription {
  readonly kind: 'subscribe-to-stream';
  readonly streamName: string;
  /** Exclusive. */
  readonly after: Bound;
}

export interface AllSubscription {
  readonly kind: 'subscribe-to-all';
  /** Exclusive. */
  readonly after: Bound;
  readonly filter: EventFilter | undefined;
}

/** How events are to be presented. */
export interface Presentation {
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
}

export type ReadRequest = (StreamRead | AllRead | StreamSubscription | AllSubscription) & {
  readonly presentation: Presentation;
};

type ReadOptions = NonNullable<ReturnType<ReadReq['getOptions']>>;
type StreamOptions = NonNullable<ReturnType<ReadOptions['getStream']>>;
type AllOptions = NonNullable<ReturnType<ReadOptions['getAll']>>;

/**
 * What a `Read` call asks for.
 *
 * @throws RpcError when the options contradict each other or leave something out
 */
export function parseReadRequest(request: ReadReq): ReadRequest {
  const options = request.getOptions();
  if (!options) throw invalidArgument('A read needs options.');
  const uuid = options.getUuidOption();
  if (!uuid || !(uuid.hasString() || uuid.hasStructured())) {
    throw invalidArgument('A read needs a uuid option.');
  }
  const presentation = { resolveLinks: options.getResolveLinks(), structuredIds: uuid.hasStructured() };
  const stream = options.getStream();
  if (stream) return { ...ofStream(options, stream), presentation };
  const all = options.getAll();
  if (all) return { ...ofAll(options, all), presentation };
  throw invalidArgument('A read needs a stream or $all.');
}

function ofStream(options: ReadOptions, stream: StreamOptions): StreamRead | StreamSubscription {
  const streamName = readStreamName(stream.getStreamIdentifier()?.getStreamName_asU8());
  if (streamName === undefined) throw handlerThrew();
  if (options.hasFilter()) throw invalidCombination('a filter and a stream');
  const from = streamBound(stream);
  const direction = readDirection(options);
  if (options.hasSubscription()) {
    if (direction === 'backwards') throw invalidCombination('a subscription and reading backwards');
    return { kind: 'subscribe-to-stream', streamName, after: from };
  }
  return { kind: 'read-stream', streamName, from, direction, countMax: readCount(options) };
}

function ofAll(options: ReadOptions, all: AllOptions): AllRead | AllSubscription {
  const filterOptions = options.getFilter();
  const filter = filterOptions ? readFilter(filterOptions) : undefined;
  const from = allBound(all);
  const direction = readDirection(options);
  if (options.hasSubscription()) {
    if (direction === 'backwards') throw invalidCombination('a subscription and reading backwards');
    return { kind: 'subscribe-to-all', after: from, filter };
  }
  return { kind: 'read-all', from, direction, countMax: readCount(options), filter };
}

function streamBound(stream: StreamOptions): Bound {
  if (stream.hasStart()) return 'start';
  if (stream.hasEnd()) return 'end';
  if (!stream.hasRevision()) throw invalidArgument('A read of a stream needs a revision, start or end.');
  const revision = stream.getRevision();
  return revision === UINT64_MAX ? 'end' : parseUint64(revision);
}

function allBound(all: AllOptions): Bound {
  if (all.hasStart()) return 'start';
  if (all.hasEnd()) return 'end';
  const position = all.getPosition();
  if (!position) throw invalidArgument('A read of $all needs a position, start or end.');
  const commit = position.getCommitPosition();
  if (commit === UINT64_MAX) return 'end';
  if (BigInt(commit) < BigInt(position.getPreparePosition())) throw handlerThrew();
  return parseUint64(commit);
}

function readDirection(options: ReadOptions): Direction {
  // The enum of the shipped definitions: FORWARDS = 0, BACKWARDS = 1.
  const direction: number = options.getReadDirection();
  return direction === 1 ? 'backwards' : 'forwards';
}

function readCount(options: ReadOptions): number {
  if (!options.hasCount()) throw invalidArgument('A read needs a count or a subscription.');
  return parseUint64(options.getCount());
}

function invalidCombination(what: string): Error {
  return invalidArgument(`The combination of (${what}) is invalid.`);
}
