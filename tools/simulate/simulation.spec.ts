import { describe, expect, it } from '@jest/globals';
import { PROMISES } from './auditor/violation.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { describeRuns, describeViolation } from './report.js';
import { shortestRun } from './reproduction.js';
import { simulate, type SimulationResult } from './simulation.js';

const OPS = 400;

describe('a simulation', () => {
  it('keeps every promise, and the same seed gives the same run', async () => {
    const first = await simulate({ seed: 7, ops: OPS });
    expect(first.violations).toEqual([]);
    expect(first.begun).toBeGreaterThanOrEqual(OPS);
    const again = await simulate({ seed: 7, ops: OPS });
    expect(again).toEqual(first);
  }, 60_000);

  it('gives another run for another seed', async () => {
    const runs = await Promise.all([7, 8].map((seed) => simulate({ seed, ops: 50 })));
    expect(runs[0]?.digest).not.toBe(runs[1]?.digest);
  }, 60_000);

  it('sends every command, and has everything happen to them', async () => {
    const text = describeRuns(await severalRuns([1, 2, 3]), 1_000);
    const rows = text.split('\n').map((row) => row.split(/ {2,}/));
    const commands = rows.slice(
      1,
      rows.findIndex(([first]) => first === ''),
    );
    expect(commands).toHaveLength(15);
    expect(commands.filter(([, sent, accepted]) => sent === '0' || accepted === '0')).toEqual([]);
    const rare = [
      'entries that reopened a closed account',
      'entries decided before their account got a floor',
    ];
    const never = rows.filter(([what = '', count]) => count === '0' && !rare.includes(what));
    expect(never).toEqual([]);
  }, 120_000);
});

async function severalRuns(seeds: readonly number[]): Promise<SimulationResult[]> {
  const results: SimulationResult[] = [];
  for (const seed of seeds) results.push(await simulate({ seed, ops: 1_500 }));
  return results;
}

describe('a broken promise', () => {
  const bug = PLANTED_BUGS.find(({ name }) => name === 'floor not asked');
  const parts = bug?.parts;

  it('is told with its seed and the shortest run that shows it', async () => {
    if (!parts) throw new Error('The bug is not planted any more.');
    const result = await simulate({ seed: 1, ops: OPS, parts });
    expect(result.violations).not.toEqual([]);
    const shortest = await shortestRun(result, parts);
    expect(shortest).toBeLessThanOrEqual(result.begun);
    expect((await simulate({ seed: 1, ops: shortest, parts })).violations).not.toEqual([]);
    expect((await simulate({ seed: 1, ops: shortest - 1, parts })).violations).toEqual([]);
    const text = describeViolation(result, shortest);
    expect(text).toContain(`Broken: ${PROMISES['floors-hold']}`);
    expect(text).toContain(`npm run simulate -- --seed 1 --ops ${shortest}`);
  }, 120_000);

  it('stands beside what the run did', async () => {
    const text = describeRuns([await simulate({ seed: 1, ops: 20 })], 1_000);
    expect(text).toMatch(/^command +sent +accepted/);
    expect(text).toMatch(/processes that died +\d/);
    expect(text).toMatch(/Digest [0-9a-f]{64}$/);
  }, 60_000);
});
