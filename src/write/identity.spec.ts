import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { isUuid } from '../kernel/ids.js';
import {
  accountCommandIdOf,
  accountIdOf,
  differingFields,
  eventIdOf,
  requestHashOf,
  transactionIdOf,
} from './identity.js';

const ACCOUNT_ID = '0e0c3cb4-6e1c-5a8e-9f43-2f6f1f5a7c01';
const aKey = fc.string({ minLength: 1, maxLength: 255 });
const aCompany = fc.string({ minLength: 1, maxLength: 64 });
/** What a request can be: JSON, whatever its fields are called, as it comes through the wire. */
const someJson = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('a derived id', () => {
  it('is part of the format: an upgrade that changed it would make every retry a new command', () => {
    expect(transactionIdOf('default', 'key')).toBe('127c8af6-27bb-52a9-a693-d559103ffb49');
    expect(accountIdOf('default', 'key')).toBe('c8cb54c7-2544-5b7f-8ec7-a1e9bb2ec675');
    expect(accountCommandIdOf(ACCOUNT_ID, 'key')).toBe('1be89ad4-4a1e-5bfc-b639-d21a2088ca2b');
    expect(eventIdOf(ACCOUNT_ID, 'entry:3')).toBe('04ddb7bf-b79c-5a17-8411-67996c433a88');
  });

  it('is a UUID for every company and key, and the same each time', () => {
    fc.assert(
      fc.property(aCompany, aKey, (companyId, key) => {
        for (const idOf of [transactionIdOf, accountIdOf]) {
          expect(isUuid(idOf(companyId, key))).toBe(true);
          expect(idOf(companyId, key)).toBe(idOf(companyId, key));
        }
      }),
    );
  });

  it('is version 5 of RFC 9562, whatever the name holds', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.string({ unit: 'binary' }), (ownerId, role) => {
        expect(eventIdOf(ownerId, role)).toBe(v5(role, ownerId));
      }),
    );
  });

  it('is never made in something that is no UUID', () => {
    expect(() => eventIdOf('no-uuid', 'entry:0')).toThrow('A namespace is a UUID');
  });

  it('differs between companies, keys and kinds', () => {
    fc.assert(
      fc.property(aCompany, aCompany, aKey, aKey, (company, otherCompany, key, otherKey) => {
        fc.pre(company !== otherCompany && key !== otherKey);
        const ids = [
          transactionIdOf(company, key),
          transactionIdOf(otherCompany, key),
          transactionIdOf(company, otherKey),
          accountIdOf(company, key),
          accountCommandIdOf(accountIdOf(company, key), key),
          eventIdOf(accountIdOf(company, key), key),
        ];
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});

describe('the hash of a request', () => {
  it('is part of the format', () => {
    expect(requestHashOf({ amount: '1050', legs: [1, null, true], ä: 'é' })).toBe(
      '639a03b01abf0aa2ac979fed3a16382310849b90930883836470df6a29f7a5df',
    );
  });

  it('does not depend on the order of fields', () => {
    expect(requestHashOf({ a: 1, b: { c: 2, d: 3 } })).toBe(requestHashOf({ b: { d: 3, c: 2 }, a: 1 }));
  });

  it('depends on the order of a list, on every value, and on its kind', () => {
    const hashes = [{ a: [1, 2] }, { a: [2, 1] }, { a: [1, '2'] }, { a: { 0: 1, 1: 2 } }, { a: null }, {}];
    expect(new Set(hashes.map(requestHashOf)).size).toBe(hashes.length);
  });

  it('takes a field that is undefined for one that is absent, as JSON does', () => {
    expect(requestHashOf({ a: 1, b: undefined })).toBe(requestHashOf({ a: 1 }));
  });

  it('differs exactly when the requests differ in a field that can be named', () => {
    const one = fc.record({ request: someJson });
    fc.assert(
      fc.property(one, one, (first, second) => {
        expect(requestHashOf(first) === requestHashOf(second)).toBe(
          differingFields(first, second).length === 0,
        );
      }),
      {
        numRuns: 500,
        examples: [
          [{ request: JSON.parse('{"__proto__":{}}') as unknown }, { request: {} }],
          [{ request: JSON.parse('{"__proto__":null}') as unknown }, { request: {} }],
          [{ request: { constructor: {} } }, { request: {} }],
          [{ request: [] }, { request: {} }],
          [{ request: [null] }, { request: [] }],
        ],
      },
    );
  });

  it('is the same for the same request', () => {
    fc.assert(
      fc.property(fc.record({ request: someJson }), (request) => {
        const again = JSON.parse(JSON.stringify(request)) as object;
        expect(requestHashOf(again)).toBe(requestHashOf(request));
        expect(differingFields(request, again)).toEqual([]);
      }),
    );
  });
});

describe('the fields that differ', () => {
  it.each([
    ['nothing', { a: 1 }, { a: 1 }, []],
    ['a value', { a: 1, b: 2 }, { a: 1, b: 3 }, ['/b']],
    ['a value far down', { a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }, ['/a/b/c']],
    ['a field that only the first has', { a: 1 }, {}, ['/a']],
    ['a field that only the second has', {}, { a: 1 }, ['/a']],
    ['the kind of a value', { a: 1 }, { a: '1' }, ['/a']],
    ['a list and an object', { a: [] }, { a: {} }, ['/a']],
    ['null and an object', { a: null }, { a: {} }, ['/a']],
    ['items of a list, and its length', { a: [1, 2] }, { a: [1, 3, 4] }, ['/a/1', '/a/2']],
    ['names with a slash or a tilde', { 'a/b': 1, 'c~d': 1 }, {}, ['/a~1b', '/c~0d']],
    ['the whole', 1, 2, ['']],
  ])('name %s', (_, first, second, pointers) => {
    expect(differingFields(first, second)).toEqual(pointers);
  });

  it('are the same whichever request came first', () => {
    fc.assert(
      fc.property(someJson, someJson, (first, second) => {
        expect(differingFields(first, second)).toEqual(differingFields(second, first));
      }),
    );
  });
});
