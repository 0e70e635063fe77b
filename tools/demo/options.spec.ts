import { describe, expect, it } from '@jest/globals';
import { NothingToRun } from '../command-line/parse.js';
import { readOptions } from './options.js';

const read = (...args: string[]) => readOptions(args, '4711');

describe('the command line of the demo', () => {
  it('is a marketplace of 10,000 movements under a seed drawn by chance', () => {
    expect(read()).toEqual({ form: 'marketplace', seed: '4711', movements: 10_000, keep: null });
  });

  it('repeats a seed', () => {
    expect(read('--seed', 'abc', '--movements', '50', '--keep', 'kept')).toEqual({
      keep: 'kept',
      form: 'marketplace',
      seed: 'abc',
      movements: 50,
    });
  });

  it('is a journal when both files are named', () => {
    expect(read('--journal', 'a.csv', '--expect', 'b.csv')).toEqual({
      form: 'journal',
      journal: 'a.csv',
      expect: 'b.csv',
      keep: null,
    });
  });
});

describe('a command line that can not be used', () => {
  it.each([
    ['one file without the other', ['--journal', 'a.csv']],
    ['a seed that fits no key', ['--seed', 'a b']],
    ['a count that is none', ['--movements', '1e3']],
    ['too many movements', ['--movements', '1000001']],
    ['an unknown option', ['--fast']],
    ['an argument', ['fast']],
  ])('is refused for %s', (_, args) => {
    const written: string[] = [];
    expect(() => readOptions(args, '4711', (text) => written.push(text))).toThrow(NothingToRun);
    expect(written.join('')).toMatch(/^error: /);
  });
});
