import { describe, expect, it } from '@jest/globals';
import { Latencies, type LatencySummary } from './load/latency.js';
import { Tally } from './load/tally.js';
import type { PhaseName } from './phases.js';
import type { Sample } from './processes.js';
import { combine, type BenchResult, type MeasuredTurn, type PhaseResult } from './results.js';
import { judge } from './targets.js';

const usage = (cpuMs: number): Sample['api'] => ({ cpuMs, memoryBytes: 0 });
const sample = (api: number): Sample => ({
  api: usage(api),
  store: usage(0),
  postgres: usage(0),
  load: usage(0),
});

function turn(done: number, part: Partial<MeasuredTurn> = {}): MeasuredTurn {
  const latency = new Latencies().summary();
  return {
    turn: { phase: 'uniform', done, measuredMs: 2_000, wrong: { 'status 503': 1 }, latency },
    lagMs: 10,
    caughtUpMs: 40,
    elapsedMs: 2_000,
    before: sample(0),
    after: sample(1_000),
    readSide: null,
    ...part,
  };
}

describe('Tally', () => {
  const span = { startMs: 100, warmUpMs: 50, measureMs: 200 };

  it('counts work by the part of its time that lies between the warm-up and the end', () => {
    const tally = new Tally('bulk', new Latencies(), span);
    tally.addWork(100, 150, 100, null);
    tally.addWork(100, 200, 100, null);
    tally.addWork(200, 300, 100, null);
    tally.addWork(300, 400, 100, null);
    tally.addWork(350, 400, 100, null);
    tally.addWork(200, 300, 100, 'status 503');
    expect(tally.turn()).toMatchObject({ done: 200, measuredMs: 200, wrong: { 'status 503': 1 } });
    expect(tally.turn().latency.maxMs).toBeCloseTo(100, 0);
  });

  it('counts requests of an open loop by when they were due', () => {
    const tally = new Tally('open-loop', new Latencies(), span);
    for (const dueMs of [149, 150, 349, 350]) tally.addDue(dueMs, dueMs + 1_000, null);
    expect(tally.turn().done).toBe(2);
    expect(tally.turn().latency.p50Ms).toBeCloseTo(1_000, -1);
  });
});

describe('combine', () => {
  it('takes all turns together, by the time of all of them', () => {
    const combined = combine('uniform', [turn(1_000, { lagMs: 300 }), turn(3_000)]);
    expect(combined).toMatchObject({
      rate: 'transfersPerSecond',
      perSecond: 1_000,
      turnsPerSecond: [500, 1_500],
      wrong: { 'status 503': 2 },
      lagMs: 300,
    });
    expect(combined.cores?.api).toBe(0.5);
    expect(combined.cpuSecondsPer1000?.api).toBe(0.5);
  });

  it('says how long the read models took at worst, unless they never arrived', () => {
    const caughtUp = (values: readonly (number | null)[]) =>
      combine(
        'activities',
        values.map((caughtUpMs) => turn(1, { caughtUpMs })),
      ).caughtUpMs;
    expect([caughtUp([40, 900, 50]), caughtUp([40, null, 50])]).toEqual([900, null]);
  });

  it('says nothing of the processes where one turn knows nothing', () => {
    expect(combine('uniform', [turn(1), turn(1, { after: null })])).toMatchObject({
      cores: null,
      cpuSecondsPer1000: null,
    });
  });
});

function result(rates: Partial<Record<PhaseName, number>>, part: Partial<BenchResult> = {}): BenchResult {
  const latency = { p50Ms: 1, p95Ms: 50, p99Ms: 100, p999Ms: 200, maxMs: 300 };
  const phases = (Object.entries(rates) as [PhaseName, number][]).map(([phase, perSecond]): PhaseResult => ({
    ...combine(phase, [turn(1)]),
    perSecond,
    latency,
  }));
  return {
    machine: { node: 'v20', cpus: 2, model: 'any', memoryBytes: 1, loadAverage: 0 },
    accounts: 10,
    preload: null,
    readSide: null,
    catchUp: null,
    phases,
    skipped: {},
    memoryBytes: null,
    ...part,
  };
}

describe('judge', () => {
  it('holds the read side to its own targets', () => {
    const of = (p99Ms: number): LatencySummary => ({
      p50Ms: 1,
      p95Ms: 1,
      p99Ms,
      p999Ms: p99Ms,
      maxMs: p99Ms,
    });
    const reads = { latency: { current: of(20), 'point-in-time': of(50.1) }, done: 10, wrong: 0 };
    const catchUp = { events: 10, tookMs: 1_000, eventsPerSecond: 99, writtenPerSecond: 100 };
    const targets = judge(result({}, { readSide: { lag: of(250), reads }, catchUp }));
    expect(targets.map(({ name, value, isMet }) => [name, value, isMet])).toEqual([
      ['projection lag p99 (ms)', 250, true],
      ['current balance read p99 (ms)', 20, true],
      ['point-in-time read p99 (ms)', 50.1, false],
      ['projected events / written events', 0.99, false],
    ]);
  });

  it('passes what meets its target exactly and misses what falls short', () => {
    const targets = judge(
      result({
        raw: 8_000,
        uniform: 1_000,
        'hot-credit': 1_000,
        'hot-debit': 999,
        bulk: 2_500,
        activities: 100_000,
        'hot-activities': 89_000,
        'open-loop': 600,
      }),
    );
    expect(targets.map(({ name, value, isMet }) => [name, value, isMet])).toEqual([
      ['transfers / (raw appends / 4)', 0.5, true],
      ['hot credit / transfers', 1, true],
      ['hot debit / transfers', 0.999, false],
      ['bulk / transfers', 2.5, true],
      ['hot activities / activities', 0.89, false],
      ['open-loop p99 (ms)', 100, true],
    ]);
  });

  it('leaves out what was not measured', () => {
    expect(judge(result({ raw: 1, zipf: 1 }))).toEqual([]);
  });

  it('holds a full store to the rates of the empty one, and the API to its memory', () => {
    const preload = {
      accounts: 1,
      events: 5,
      eventsPerSecond: 1,
      readModelsMs: 1,
      emptyPerSecond: 1_000,
      bigAccountEvents: 2,
      firstOpenMs: 400,
      openAccountMs: 51,
    };
    const memoryBytes = { api: 500 * 2 ** 20, store: 0, postgres: 0, load: 0 };
    const targets = judge(result({ uniform: 800 }, { preload, memoryBytes }));
    expect(targets.map(({ value, isMet }) => [value, isMet])).toEqual([
      [0.8, true],
      [51, false],
      [500, true],
    ]);
  });
});
