import { describe, expect, it } from '@jest/globals';
import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { Findings } from './findings.js';
import { Model } from './model.js';
import type { Movement, PlannedAccount } from './movement.js';
import { proveStreams } from './proof-streams.js';
import { Replay } from './replay.js';

const accounts: PlannedAccount[] = [
  { label: 'cash', type: 'asset', currency: 'USD', overdraftLimit: null },
  { label: 'customer', type: 'liability', currency: 'USD', overdraftLimit: '0' },
];
const ids = new Map(accounts.map(({ label }) => [label, label]));
const deposit: Movement = {
  key: 'k',
  form: 'transfer',
  kind: 'deposit',
  reference: 'r',
  effectiveAt: null,
  legs: [
    { account: 'cash', direction: 'debit', amount: 100n, currency: 'USD' },
    { account: 'customer', direction: 'credit', amount: 100n, currency: 'USD' },
  ],
};

/** An event with the fields that a replay looks at. */
function event(type: string, data: object, streamName = 'x-1'): RecordedLedgerEvent {
  return { type, data, streamName, position: 1n } as unknown as RecordedLedgerEvent;
}

const opened = accounts.map(({ label, type, overdraftLimit }) =>
  event('AccountOpened', { accountId: label, accountType: type, overdraftLimit }),
);
const posted = event('TransactionPosted', {
  transactionId: 't',
  idempotencyKey: 'k',
  legs: [
    { accountId: 'cash', direction: 'debit', amount: '100', currency: 'USD' },
    { accountId: 'customer', direction: 'credit', amount: '100', currency: 'USD' },
  ],
});

function entry(account: string, change: object = {}): RecordedLedgerEvent {
  const facts = {
    transactionId: 't',
    leg: account === 'cash' ? 0 : 1,
    direction: account === 'cash' ? 'debit' : 'credit',
    amount: '100',
    reservationId: null,
    sequence: 1,
    balance: '100',
  };
  return event('EntryPosted', { ...facts, ...change }, `account-${account}`);
}

/** What is found wrong with a log, when the deposit was acknowledged. */
function found(...events: RecordedLedgerEvent[]): string[] {
  const replay = new Replay();
  for (const each of [...opened, ...events]) replay.read(each);
  const model = new Model(accounts);
  model.post(deposit, 't', 1n);
  const findings = new Findings();
  proveStreams(replay, model, ids, findings);
  return findings.sentences();
}

describe('the proof from the log', () => {
  it('finds nothing wrong with a whole transaction', () => {
    expect(found(posted, entry('cash'), entry('customer'))).toEqual([]);
  });

  it.each([
    ['a lost transaction', [], 'the log does not have it like that'],
    ['a missing entry', [posted, entry('cash')], '1 posted legs have no entry'],
    [
      'an entry twice',
      [posted, entry('cash'), entry('customer'), entry('customer', { sequence: 2, balance: '200' })],
      '1 entries stand a second time',
    ],
    [
      'an entry of another amount',
      [posted, entry('cash'), entry('customer', { amount: '99' })],
      '1 entries belong',
    ],
    ['an entry before its transaction', [entry('cash'), posted, entry('customer')], '1 entries belong'],
    [
      'a wrong running balance',
      [posted, entry('cash'), entry('customer', { balance: '99' })],
      '1 entries carry',
    ],
    [
      'a transaction nobody was told of',
      [
        posted,
        entry('cash'),
        entry('customer'),
        event('TransactionPosted', { ...posted.data, transactionId: 'u', idempotencyKey: 'j' }),
      ],
      'j moved money in the log, but no client was told so',
    ],
    [
      'a key used twice',
      [
        posted,
        event('TransactionPosted', { ...posted.data, transactionId: 'u' }),
        entry('cash'),
        entry('customer'),
      ],
      'k moved money 2 times',
    ],
    [
      'two outcomes of a key',
      [posted, entry('cash'), entry('customer'), event('TransactionRejected', { idempotencyKey: 'k' })],
      'more than one outcome',
    ],
    [
      'a reservation that is never released',
      [
        posted,
        entry('cash'),
        entry('customer'),
        event('FundsReserved', { reservationId: 'f', transactionId: 'u' }),
      ],
      '1 reservations of attempts cut short are still held',
    ],
  ])('finds %s', (_, events, sentence) => {
    expect(found(...events).join('\n')).toContain(sentence);
  });

  it('finds an account below its floor, though the money came back', () => {
    const back = { ...posted.data, transactionId: 'u', idempotencyKey: 'j' };
    const out = event('TransactionPosted', {
      ...back,
      legs: [
        { accountId: 'customer', direction: 'debit', amount: '1', currency: 'USD' },
        { accountId: 'cash', direction: 'credit', amount: '1', currency: 'USD' },
      ],
    });
    const taken = { transactionId: 'u', leg: 0, direction: 'debit', amount: '1', sequence: 1, balance: '-1' };
    const lines = found(
      out,
      entry('customer', taken),
      posted,
      entry('customer', { sequence: 2, balance: '99' }),
    );
    expect(lines.join('\n')).toContain('1 revisions show an account below its floor');
  });
});
