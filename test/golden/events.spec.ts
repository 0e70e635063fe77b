import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  KNOWN_EVENT_TYPES,
  toLedgerEvent,
  UnknownEventType,
} from '../../src/edges/event-store/ledger-event.js';
import type { RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { SharedMap } from '../../src/kernel/shared-map.js';
import { ACCOUNT_FOLD } from '../../src/write/accounts/executors.js';
import { ACCOUNT_SNAPSHOT } from '../../src/write/accounts/snapshot.js';
import type { AccountState } from '../../src/write/accounts/state.js';
import { TRANSACTION_FOLD } from '../../src/write/transactions/executors.js';
import type { TransactionState } from '../../src/write/transactions/state.js';
import { goldenHistory, type GoldenEvent } from './scenario.js';

/**
 * Every event type as it was first released, and what the streams fold to. The files are only ever added to: a changed shape
 * gets a new type name and an upcaster, and the old lines stay to prove that they are still read.
 *
 * `GOLDEN=write npx jest test/golden` writes them anew; the diff then says what would no longer be readable.
 */
const EVENTS_FILE = new URL('events.jsonl', `file://${import.meta.dirname}/`);
const STATES_FILE = new URL('states.json', `file://${import.meta.dirname}/`);

const history = goldenHistory();

async function goldenEvents(): Promise<readonly GoldenEvent[]> {
  if (process.env['GOLDEN'] === 'write') {
    const lines = (await history).map((event) => JSON.stringify(event)).join('\n');
    writeFileSync(EVENTS_FILE, `${lines}\n`);
  }
  return readFileSync(EVENTS_FILE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenEvent);
}

function toRecorded(events: readonly GoldenEvent[]): RecordedEvent[] {
  const revisions = new Map<string, bigint>();
  return events.map(({ stream, ...event }, index) => {
    const revision = (revisions.get(stream) ?? -1n) + 1n;
    revisions.set(stream, revision);
    return { ...event, streamName: stream, revision, position: BigInt(index + 1), recordedAtMs: 0 };
  });
}

/** What every stream folds to, as JSON. */
function folded(events: readonly RecordedEvent[]): Record<string, unknown> {
  const accounts = new Map<string, AccountState>();
  const transactions = new Map<string, TransactionState>();
  for (const recorded of events) {
    const event = toLedgerEvent(recorded);
    const { streamName } = recorded;
    if (streamName.startsWith(ACCOUNT_FOLD.streamPrefix)) {
      accounts.set(streamName, ACCOUNT_FOLD.evolve(accounts.get(streamName) ?? null, event as never));
    } else if (streamName.startsWith(TRANSACTION_FOLD.streamPrefix)) {
      transactions.set(
        streamName,
        TRANSACTION_FOLD.evolve(transactions.get(streamName) ?? null, event as never),
      );
    }
  }
  return Object.fromEntries<unknown>([
    ...[...accounts].map(([name, state]): [string, unknown] => [name, ACCOUNT_SNAPSHOT.encode(state)]),
    ...transactions,
  ]);
}

function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) => {
      if (typeof part === 'bigint') return part.toString();
      if (part instanceof Map || part instanceof SharedMap) return [...part] as unknown[];
      if (part instanceof Set) return [...part] as unknown[];
      return part;
    },
    1,
  );
}

describe('the events of every version released', () => {
  it('cover every type this version can read', async () => {
    const types = new Set((await goldenEvents()).map(({ type }) => type));
    expect([...types].sort()).toEqual([...KNOWN_EVENT_TYPES].sort());
  });

  it('are still written letter by letter: another shape needs another type name', async () => {
    const golden = await goldenEvents();
    expect((await history).map((event) => JSON.stringify(event))).toEqual(
      golden.map((e) => JSON.stringify(e)),
    );
  });

  it('still fold to what they meant', async () => {
    const states = toJson(folded(toRecorded(await goldenEvents())));
    if (process.env['GOLDEN'] === 'write') writeFileSync(STATES_FILE, `${states}\n`);
    expect(states).toBe(readFileSync(STATES_FILE, 'utf8').trim());
  });
});

describe('an event of a version still to come', () => {
  it.each(KNOWN_EVENT_TYPES)('%s.v99 stops its reader instead of being skipped', async (type) => {
    const [known] = toRecorded((await goldenEvents()).filter((event) => event.type === type));
    if (!known) throw new Error(`No golden ${type}.`);
    expect(() => toLedgerEvent({ ...known, type: `${type}.v99` })).toThrow(UnknownEventType);
  });
});
