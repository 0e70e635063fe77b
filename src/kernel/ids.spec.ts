import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { v5, v7 } from 'uuid';
import { isUuid } from './ids.js';

describe('an id', () => {
  const id = '0e0c3cb4-6e1c-5a8e-9f43-2f6f1f5a7c01';

  it('is any UUID in lower-case hyphenated form', () => {
    expect([id, randomUUID(), v5('name', id), v7()].map(isUuid)).toEqual([true, true, true, true]);
    fc.assert(fc.property(fc.uuid(), (uuid) => isUuid(uuid)));
  });

  it.each([
    ['upper case', id.toUpperCase()],
    ['braces', `{${id}}`],
    ['no hyphens', id.replaceAll('-', '')],
    ['a line break after it', `${id}\n`],
    ['a space before it', ` ${id}`],
    ['a path before it', `../${id}`],
    ['an unknown version', '0e0c3cb4-6e1c-9a8e-9f43-2f6f1f5a7c01'],
    ['an unknown variant', '0e0c3cb4-6e1c-5a8e-cf43-2f6f1f5a7c01'],
    ['the nil id', '00000000-0000-0000-0000-000000000000'],
    ['nothing', ''],
    ['null', null],
    ['a list of one', [id]],
  ])('is not %s', (_, text) => {
    expect(isUuid(text)).toBe(false);
  });
});
