import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normaliseUuid, structuredUuid, uuidText } from './uuid.js';

const ID = 'b2f1f1f6-3a43-4c4e-9a67-3c5d0c8f7f10';

describe('a UUID', () => {
  it.each([
    [ID, ID],
    [ID.toUpperCase(), ID],
    [ID.replaceAll('-', ''), ID],
    ['00000000-0000-0000-0000-000000000000', undefined],
    ['00000000000000000000000000000000', undefined],
    ['', undefined],
    ['b2f1f1f6', undefined],
    [`${ID}0`, undefined],
    [ID.replace('b', 'x'), undefined],
    [undefined, undefined],
  ])('%s is read as %s', (text, id) => {
    expect(normaliseUuid(text)).toBe(id);
  });

  it('is the same in its form of two halves', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(normaliseUuid(uuidText(structuredUuid(id)))).toBe(id);
      }),
    );
  });
});
