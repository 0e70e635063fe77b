import { describe, expect, it } from '@jest/globals';
import { Latencies } from './latency.js';
import { Schedule } from './schedule.js';

describe('Latencies', () => {
  it('gives percentiles within a thousandth', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1_000; ms += 1) latencies.record(ms);
    const { p50Ms, p95Ms, p99Ms, maxMs } = latencies.summary();
    expect([p50Ms, p95Ms, p99Ms, maxMs].map((ms, index) => ms / ([500, 950, 990, 1000][index] ?? 1))).toEqual(
      [1, 1, 1, 1].map(() => expect.closeTo(1, 2)),
    );
  });

  it('takes what is too short or too long for it at its ends', () => {
    const latencies = new Latencies();
    latencies.record(0);
    latencies.record(1e9);
    expect(latencies.summary().maxMs).toBeCloseTo(120_000, -3);
  });
});

describe('Schedule', () => {
  it('makes requests due at a constant rate, the first at once', () => {
    const schedule = new Schedule(1_000, 200);
    expect(schedule.due(1_000)).toBe(1);
    expect(schedule.due(1_014.9)).toBe(3);
    expect([schedule.take(), schedule.take(), schedule.take()]).toEqual([1_000, 1_005, 1_010]);
    expect(schedule.due(1_014.9)).toBe(0);
    expect(schedule.due(1_015)).toBe(1);
  });

  it('has nothing due before it begins', () => {
    expect(new Schedule(1_000, 200).due(999)).toBe(0);
  });

  it('counts a stall against every request that was due in it', () => {
    // One request each millisecond; the server answers none for a second, then all of them at once.
    const schedule = new Schedule(0, 1_000);
    const corrected = new Latencies();
    const closedLoop = new Latencies();
    for (let nowMs = 0; nowMs < 1_000; nowMs += 1) closedLoop.record(1);
    for (let count = schedule.due(999); count > 0; count -= 1) corrected.record(1_000 - schedule.take());
    closedLoop.record(1_000);
    expect(corrected.summary().p50Ms).toBeCloseTo(500, -1);
    expect(closedLoop.summary().p99Ms).toBeCloseTo(1, 1);
  });
});
