import { describe, expect, it } from '@jest/globals';
import { NothingToRun } from '../command-line/parse.js';
import { readOptions } from './options.js';
import { PHASES } from './phases.js';

function refusal(args: readonly string[]): string {
  let said = '';
  expect(() => readOptions(args, (text) => (said += text))).toThrow(NothingToRun);
  return said;
}

describe('the command line of the benchmark', () => {
  it('runs every phase on an empty store by default', () => {
    expect(readOptions([])).toEqual({
      isQuick: false,
      isJson: false,
      phases: PHASES,
      isCatchUpWanted: true,
      extras: [],
      preloadAccounts: 0,
      profileDirectory: null,
    });
  });

  it('runs the named phases in their own order', () => {
    expect(readOptions(['--only', 'zipf, raw,uniform']).phases).toEqual(['raw', 'uniform', 'zipf']);
  });

  it('measures the uniform rate where an open loop or a profile needs it', () => {
    expect(readOptions(['--only', 'open-loop']).phases).toEqual(['uniform', 'open-loop']);
    expect(readOptions(['--only', 'noop', '--profile', 'out']).phases).toEqual(['noop', 'uniform']);
  });

  it('runs a script of its own without any phase', () => {
    expect(readOptions(['--only', 'append-ratio'])).toMatchObject({ phases: [], extras: ['append-ratio'] });
  });

  it('takes the number of accounts to store first', () => {
    expect(readOptions(['--preload', '1000000', '--quick', '--json'])).toMatchObject({
      preloadAccounts: 1_000_000,
      isQuick: true,
      isJson: true,
    });
  });

  it.each([
    [['--only', 'uniform,sideways'], 'There is no "sideways"'],
    [['--preload', '99'], 'whole number from 100 to 2000000'],
    [['--preload', '2000001'], 'whole number from 100 to 2000000'],
    [['--preload', '1e6'], 'whole number'],
    [['uniform'], 'too many arguments'],
  ])('refuses %j in one sentence', (args, sentence) => {
    expect(refusal(args)).toContain(sentence);
  });
});
