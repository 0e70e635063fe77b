import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CsvRefused, parseCsv, readCsv } from './csv.js';

const parse = (text: string) => parseCsv(text, ['a', 'b'], 'file.csv');

describe('reading CSV', () => {
  it.each([
    ['plain fields', 'a,b\n1,2\n', [{ line: 2, fields: { a: '1', b: '2' } }]],
    ['CRLF and no end of the last line', 'a,b\r\n1,2', [{ line: 2, fields: { a: '1', b: '2' } }]],
    ['columns in another order', 'b,a\n1,2\n', [{ line: 2, fields: { a: '2', b: '1' } }]],
    ['empty fields', 'a,b\n,\n', [{ line: 2, fields: { a: '', b: '' } }]],
    ['quotes around commas', 'a,b\n"1,5","x ""y"" z"\n', [{ line: 2, fields: { a: '1,5', b: 'x "y" z' } }]],
    ['a byte order mark', '\uFEFFa,b\n1,2\n', [{ line: 2, fields: { a: '1', b: '2' } }]],
    ['no rows', 'a,b\n', []],
  ])('takes %s', (_, text, rows) => {
    expect(parse(text)).toEqual(rows);
  });

  it('counts the lines inside quoted fields', () => {
    expect(parse('a,b\n"one\ntwo",2\n3,4\n').map(({ line }) => line)).toEqual([2, 4]);
  });

  it.each([
    ['', 'file.csv is empty: its first line must be a,b.'],
    ['a\n', 'file.csv line 1 lacks the column "b": the columns are a,b.'],
    ['a,b,c\n', 'file.csv line 1 has an unknown column "c": the columns are a,b.'],
    ['a,b,a\n', 'file.csv line 1 has the column "a" twice: the columns are a,b.'],
    ['a,b\n1,2\n1\n', 'file.csv line 3 has 1 fields, but the header has 2: correct that line.'],
    ['a,b\n\n', 'file.csv line 2 has 1 fields, but the header has 2: correct that line.'],
    ['a,b\n1,"2\n', 'file.csv line 2 has a quoted field that never ends: close its quote.'],
  ])('refuses %j', (text, sentence) => {
    expect(() => parse(text)).toThrow(new CsvRefused(sentence));
  });

  it.each(['a,b\n1,2"3"\n', 'a,b\n1,"2"3\n', 'a,b\n1,2\r3\n'])('refuses a stray character in %j', (text) => {
    expect(() => parse(text)).toThrow(/^file\.csv line 2 has ".+" where a comma or the end of the line/);
  });

  describe('from a file', () => {
    it('says which file does not exist', async () => {
      await expect(readCsv('/nowhere/rows.csv', ['a'])).rejects.toThrow(
        '/nowhere/rows.csv does not exist: name a CSV file.',
      );
    });

    it('refuses what is not UTF-8', async () => {
      const directory = await mkdtemp(path.join(tmpdir(), 'evenkeel-csv-'));
      try {
        const file = path.join(directory, 'rows.csv');
        await writeFile(file, Buffer.from([0x61, 0x0a, 0xff]));
        await expect(readCsv(file, ['a'])).rejects.toThrow('is not UTF-8 text');
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  });
});
