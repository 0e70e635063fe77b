import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { limits } from '../../../config/limits.js';
import { Problem } from '../../../edges/http/problem.js';
import { StrictValidationPipe } from '../../../edges/http/validation.js';
import {
  PostTransactionBody,
  PostTransferBody,
  toTransactionRequest,
  toTransferRequest,
} from './post-transaction.http.js';
import { isSoundTransaction, isSoundTransfer } from './sound-body.js';

const CASH = '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11';
const CUSTOMER = '7c1b9f52-1d0e-5a7c-8f2a-4b6d8e0f1a22';

const TRANSFER = { from: CASH, to: CUSTOMER, amount: '1050', currency: 'USD' };
const LEGS = [
  { accountId: CASH, direction: 'debit', amount: '5', currency: 'USD' },
  { accountId: CUSTOMER, direction: 'credit', amount: '5', currency: 'USD' },
];

const pipe = new StrictValidationPipe();

/** The body as the rules of its class read it, or null when they refuse it. */
async function strict<Body>(value: unknown, metatype: new () => Body): Promise<Body | null> {
  try {
    return (await pipe.transform(value, { type: 'body', metatype })) as Body;
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** As it comes out of a body: nothing but JSON. */
function sent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const TEXTS = {
  kind: 'fee',
  description: 'Größe 漢字',
  reference: 'r-1',
  effectiveAt: '2026-03-01T10:30:00.1239+01:00',
};

describe('a body that is sound beyond doubt', () => {
  it.each([
    ['a plain transfer', TRANSFER],
    ['one with everything', { ...TRANSFER, ...TEXTS, metadata: { a: '', b: 'x' } }],
    [
      'one that says null',
      { ...TRANSFER, kind: null, description: null, reference: null, effectiveAt: null, metadata: null },
    ],
    ['one with ids in capitals', { ...TRANSFER, from: CASH.toUpperCase() }],
    ['one to itself, which is for the ledger to refuse', { ...TRANSFER, to: CASH }],
  ])('is %s, and means the same to both', async (_, value) => {
    const body = sent(value);
    const read = await strict(body, PostTransferBody);
    if (!isSoundTransfer(body) || read === null) throw new Error('It is sound.');
    expect(toTransferRequest(body)).toEqual(toTransferRequest(read));
  });

  it.each([
    ['a plain transaction', { legs: LEGS }],
    ['one with everything', { legs: LEGS, ...TEXTS, metadata: { a: 'b' } }],
    ['one of 100 legs', { legs: Array.from({ length: limits.legsMax }, () => LEGS[0]) }],
  ])('is %s, and means the same to both', async (_, value) => {
    const body = sent(value);
    const read = await strict(body, PostTransactionBody);
    if (!isSoundTransaction(body) || read === null) throw new Error('It is sound.');
    expect(toTransactionRequest(body)).toEqual(toTransactionRequest(read));
  });
});

/** Values that some rule somewhere refuses, and some that all take. */
const SPITEFUL: readonly unknown[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '+5',
    '1.5',
    '1e3',
    '007',
    '9'.repeat(38),
    '9'.repeat(39),
    '١٢',
    'usd',
    'USD',
    'USDX',
    'XYZ',
  ],
  ...[
    'debit',
    'up',
    CASH,
    CASH.toUpperCase(),
    `${CASH} `,
    'a\u0000b',
    '\ud800',
    'x'.repeat(64),
    'x'.repeat(65),
  ],
  ...['x'.repeat(255), 'x'.repeat(256), 'x'.repeat(1000), 'x'.repeat(1001), '\n', '\u2003'],
  ...['2026-03-01', '2026-02-30T00:00:00Z', '2026-03-01T09:30:00Z', '0001-01-01T00:00:00+01:00', 'now'],
  ...[
    null,
    0,
    1,
    -1,
    1.5,
    true,
    false,
    [],
    {},
    [null],
    ['x'],
    { a: 'b' },
    { a: 1 },
    { '': 'x' },
    { a: { b: 'c' } },
  ],
  { constructor: 'x' },
  JSON.parse('{"__proto__":"x"}'),
  Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'x'])),
  LEGS,
  LEGS.slice(1),
  [...LEGS, 'leg'],
  [...LEGS, null],
  [...LEGS, { ...LEGS[0], memo: 'x' }],
  [...LEGS, { accountId: CASH }],
  Array.from({ length: 101 }, () => LEGS[0]),
];

const KEYS = [
  ...[
    'from',
    'to',
    'amount',
    'currency',
    'legs',
    'kind',
    'description',
    'reference',
    'effectiveAt',
    'metadata',
  ],
  ...['conditions', 'memo', 'constructor', '__proto__', 'toString', 'form', 'ifMatch'],
];

const spite = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...SPITEFUL) }, fc.jsonValue({ maxDepth: 2 }));
const changes = fc.array(fc.tuple(fc.constantFrom(...KEYS), spite), { maxLength: 3 });
const removed = fc.option(fc.constantFrom(...KEYS), { freq: 5 });

/** A sound body with some fields changed, added or left out. */
function spoilt(sound: object) {
  return fc.tuple(changes, removed).map(([changed, without]) => {
    const body = sent(sound) as Record<string, unknown>;
    for (const [key, value] of changed) {
      Object.defineProperty(body, key, {
        value: sent(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    if (without !== null) Reflect.deleteProperty(body, without);
    return body;
  });
}

describe('what is taken for sound', () => {
  it('is never a transfer that the rules refuse, or read differently', async () => {
    let sound = 0;
    await fc.assert(
      fc.asyncProperty(spoilt(TRANSFER), async (body) => {
        if (!isSoundTransfer(body)) return;
        sound += 1;
        const read = await strict(structuredClone(body), PostTransferBody);
        expect(read && toTransferRequest(read)).toEqual(toTransferRequest(body));
      }),
      { numRuns: 3_000 },
    );
    expect(sound).toBeGreaterThan(300);
  });

  it('is never a transaction that the rules refuse, or read differently', async () => {
    let sound = 0;
    await fc.assert(
      fc.asyncProperty(spoilt({ legs: LEGS }), async (body) => {
        if (!isSoundTransaction(body)) return;
        sound += 1;
        const read = await strict(structuredClone(body), PostTransactionBody);
        expect(read && toTransactionRequest(read)).toEqual(toTransactionRequest(body));
      }),
      { numRuns: 3_000 },
    );
    expect(sound).toBeGreaterThan(300);
  });

  it('is never a leg that the rules refuse', async () => {
    const field = fc.constantFrom('accountId', 'direction', 'amount', 'currency', 'memo', '__proto__');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, spite), { maxLength: 2 }), async (changed) => {
        const leg = { ...LEGS[0], ...Object.fromEntries(changed.map(([key, value]) => [key, sent(value)])) };
        const body = { legs: [leg, LEGS[1]] };
        if (isSoundTransaction(body))
          expect(await strict(structuredClone(body), PostTransactionBody)).not.toBeNull();
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([null, undefined, 'x', 7, [], [TRANSFER], new (class Transfer {})()])('is not %p', (value) => {
    expect([isSoundTransfer(value), isSoundTransaction(value)]).toEqual([false, false]);
  });
});
