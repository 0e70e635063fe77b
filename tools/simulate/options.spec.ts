import { describe, expect, it } from '@jest/globals';
import { NothingToRun } from '../command-line/parse.js';
import { readOptions } from './options.js';

function read(...args: string[]) {
  const said: string[] = [];
  const options = readOptions(args, 42, (text) => said.push(text));
  return { options, said };
}

describe('the command line of the simulation', () => {
  it('asks for nothing: one seed that chance chose', () => {
    expect(read().options).toMatchObject({ seed: 42, seeds: 1, ops: 2_000, planted: false });
  });

  it('names seeds, commands and workers', () => {
    expect(read('--seed', '7', '--seeds', '100', '--ops', '50', '--workers', '3').options).toEqual({
      seed: 7,
      seeds: 100,
      ops: 50,
      workers: 3,
      planted: false,
    });
    expect(read('--planted').options.planted).toBe(true);
  });

  it.each([
    ['--ops', '0'],
    ['--ops', '1e3'],
    ['--seed', '-1'],
    ['--seeds', 'many'],
    ['--workers', '65'],
    ['--speed', '2'],
    ['more', 'words'],
  ])('refuses %s %s', (...args) => {
    const said: string[] = [];
    expect(() => readOptions(args, 1, (text) => said.push(text))).toThrow(NothingToRun);
    expect(said.join('')).toContain('error:');
  });
});
