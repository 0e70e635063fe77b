import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { opened } from '../../../test/support/account-history.js';
import { AssertionFailure } from '../../kernel/assert.js';
import type { RecordedEvent } from './event-store.js';
import { KNOWN_EVENT_TYPES, UnknownEventType, toLedgerEvent } from './ledger-event.js';

function recorded(overrides: Partial<RecordedEvent> = {}): RecordedEvent {
  const { type, data } = opened();
  return {
    id: '6b5f1c1e-3d0a-5b57-9c9e-0f4f2f4a7d11',
    type,
    streamName: 'account-1',
    revision: 3n,
    position: 4711n,
    recordedAtMs: 1_760_000_000_000,
    data,
    metadata: { actor: 'tester' },
    ...overrides,
  };
}

/** The literal type names that the event files of the write side declare. */
async function declaredTypes(): Promise<string[]> {
  const files = ['accounts', 'transactions', 'activities', 'counters'].map(
    (folder) => `../../write/${folder}/events.ts`,
  );
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, import.meta.url), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/readonly type: '([^']+)'/g)].map(([, name = '']) => name),
  );
}

describe('a recorded event', () => {
  it('keeps where it stands and what it says', () => {
    expect(toLedgerEvent(recorded())).toEqual(recorded());
  });

  it.each([
    'AccountRenamed',
    'EntryPosted.v2',
    'entryPosted',
    '$metadata',
    '',
    'constructor',
    '__proto__',
    'toString',
  ])('of type %p stops its reader, which is told where it stands', (type) => {
    const event = recorded({ type });
    expect(() => toLedgerEvent(event)).toThrow(UnknownEventType);
    try {
      toLedgerEvent(event);
    } catch (error) {
      expect(error).toMatchObject({ event });
      expect(String(error)).toContain('position 4711 (account-1 revision 3)');
    }
  });

  it.each([
    ['no data', undefined],
    ['null', null],
    ['a text', '{}'],
    ['a number', 7],
  ])('that carries %s is our own mistake', (_, data) => {
    expect(() => toLedgerEvent(recorded({ data }))).toThrow(AssertionFailure);
  });
});

describe('the known event types', () => {
  it('are exactly those that the streams of the write side declare', async () => {
    const declared = await declaredTypes();
    expect([...KNOWN_EVENT_TYPES].sort()).toEqual(declared.sort());
    expect(new Set(declared).size).toBe(declared.length);
  });

  it('are part of the format: a stored name is never renamed', () => {
    expect(KNOWN_EVENT_TYPES).toEqual(
      expect.arrayContaining([
        'AccountOpened',
        'AccountMetadataChanged',
        'OverdraftLimitChanged',
        'AccountFrozen',
        'AccountUnfrozen',
        'FundsReserved',
        'ReservationReleased',
        'EntryPosted',
        'AccountClosing',
        'AccountClosed',
        'AccountReopened',
        'AccountCommandAccepted',
        'TransactionPosted',
        'TransactionRejected',
        'AttemptAbandoned',
      ]),
    );
  });
});
