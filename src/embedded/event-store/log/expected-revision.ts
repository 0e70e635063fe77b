import { assertNever } from '../../../kernel/assert.js';

/** What a writer expects of the stream. */
export type ExpectedRevision =
  | { readonly kind: 'any' }
  | { readonly kind: 'no-stream' }
  | { readonly kind: 'stream-exists' }
  | { readonly kind: 'exact'; readonly revision: number };

/** The revision of a stream without events. */
export const NO_EVENTS = -1;

/** What the rules need to know of a stream; the questions are only asked when an answer is needed. */
export interface StreamFacts {
  /** Last revision, or NO_EVENTS. */
  readonly current: number;
  /** Whether its metadata was ever written. */
  hasMetadata(): boolean;
  /** The revision at which this process remembers writing the event to this stream. */
  recentRevisionOf(eventId: string): number | undefined;
  /** The id of the event at a revision up to `current`, truncated or not. */
  eventIdAt(revision: number): string;
}

export type AppendDecision =
  /** New events: they go after `current`. */
  | { readonly kind: 'write' }
  /** Nothing to write: an empty append, or the same append again. `revision` is what its writer is told. */
  | { readonly kind: 'nothing-to-write'; readonly revision: number }
  | { readonly kind: 'wrong-expected-revision'; readonly current: number };

/**
 * Decides an append to a stream that is missing, has only metadata, or is live, as EventStoreDB 24.10 does:
 * stream_exists first, then "is it the same append again", then the revision.
 *
 * With `any` and `stream-exists` a repetition is known from memory only, so best effort; with `no-stream` and an
 * exact revision it is known from the log, so always.
 */
export function decideAppend(
  expected: ExpectedRevision,
  eventIds: readonly string[],
  facts: StreamFacts,
): AppendDecision {
  const { current } = facts;
  if (expected.kind === 'stream-exists' && current === NO_EVENTS && !facts.hasMetadata()) {
    return { kind: 'wrong-expected-revision', current };
  }
  switch (expected.kind) {
    case 'any':
    case 'stream-exists':
      return eventIds.length === 0
        ? { kind: 'nothing-to-write', revision: current }
        : decideByMemory(eventIds, facts);
    case 'no-stream':
      return decideByRevision(NO_EVENTS, eventIds, facts);
    case 'exact':
      return decideByRevision(expected.revision, eventIds, facts);
    default:
      return assertNever(expected, 'The expected revision');
  }
}

function decideByMemory(eventIds: readonly string[], facts: StreamFacts): AppendDecision {
  let revision: number | undefined;
  for (const [index, eventId] of eventIds.entries()) {
    revision = facts.recentRevisionOf(eventId);
    if (revision !== undefined) continue;
    // An unknown first event makes a new append, a known one with an unknown follower is neither new nor the same.
    return index === 0 ? { kind: 'write' } : { kind: 'wrong-expected-revision', current: facts.current };
  }
  return revision === undefined ? { kind: 'write' } : { kind: 'nothing-to-write', revision };
}

function decideByRevision(expected: number, eventIds: readonly string[], facts: StreamFacts): AppendDecision {
  const { current } = facts;
  if (expected === current) {
    return eventIds.length === 0 ? { kind: 'nothing-to-write', revision: current } : { kind: 'write' };
  }
  const isSameAppend =
    expected < current &&
    eventIds.length > 0 &&
    expected + eventIds.length <= current &&
    eventIds.every((eventId, index) => facts.eventIdAt(expected + 1 + index) === eventId);
  return isSameAppend
    ? { kind: 'nothing-to-write', revision: expected + eventIds.length }
    : { kind: 'wrong-expected-revision', current };
}
