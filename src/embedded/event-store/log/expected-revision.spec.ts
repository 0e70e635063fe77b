import { describe, expect, it } from '@jest/globals';
import {
  NO_EVENTS,
  decideAppend,
  type AppendDecision,
  type ExpectedRevision,
  type StreamFacts,
} from './expected-revision.js';

/* The rows of the tables are run against the server in test/contract/event-store; here is what only the rule shows. */

const any: ExpectedRevision = { kind: 'any' };
const noStream: ExpectedRevision = { kind: 'no-stream' };
const streamExists: ExpectedRevision = { kind: 'stream-exists' };
const exact = (revision: number): ExpectedRevision => ({ kind: 'exact', revision });

/** A stream of the letters of `stored`, of which `remembered` are also known from memory. */
function given(stored: string, remembered: string = stored, hasMetadata = false): StreamFacts {
  return {
    current: stored.length - 1,
    hasMetadata: () => hasMetadata,
    recentRevisionOf: (eventId) => (remembered.includes(eventId) ? stored.indexOf(eventId) : undefined),
    eventIdAt: (revision) => {
      const letter = stored[revision];
      if (letter === undefined) throw new Error(`Revision ${revision} was asked for beyond the end.`);
      return letter;
    },
  };
}

const write: AppendDecision = { kind: 'write' };
const same = (revision: number): AppendDecision => ({ kind: 'nothing-to-write', revision });
const wrong = (current: number): AppendDecision => ({ kind: 'wrong-expected-revision', current });

describe('deciding an append', () => {
  it.each<[string, StreamFacts, ExpectedRevision, string, AppendDecision]>([
    ['a restart forgets what only memory knew', given('AB', ''), any, 'AB', write],
    ['but never what the log knows', given('AB', ''), noStream, 'AB', same(1)],
    ['nor in the middle of the stream', given('ABCD', ''), exact(0), 'BC', same(2)],
    ['the last remembered, the first forgotten: new', given('AB', 'B'), any, 'AB', write],
    ['the first remembered, the last forgotten: neither', given('AB', 'A'), any, 'AB', wrong(1)],
    ['a repetition that goes beyond the end', given('AB'), exact(0), 'BC', wrong(1)],
    ['at the current revision, known ids are new', given('AB'), exact(1), 'A', write],
    ['far beyond the end', given('AB'), exact(Number.MAX_SAFE_INTEGER), 'A', wrong(1)],
    ['stream_exists comes before idempotency', given(''), streamExists, 'A', wrong(NO_EVENTS)],
    ['metadata makes a stream exist', given('', '', true), streamExists, 'A', write],
    ['an empty append is no repetition', given('AB'), exact(0), '', wrong(1)],
    ['an empty append to nothing', given(''), noStream, '', same(NO_EVENTS)],
  ])('%s', (_rule, facts, expected, letters, decision) => {
    expect(decideAppend(expected, [...letters], facts)).toEqual(decision);
  });

  it('does not look at ids after an unknown first one', () => {
    const asked: string[] = [];
    const facts = given('AB');
    decideAppend(any, ['X', 'A', 'B'], {
      ...facts,
      recentRevisionOf: (eventId) => {
        asked.push(eventId);
        return facts.recentRevisionOf(eventId);
      },
    });
    expect(asked).toEqual(['X']);
  });
});
