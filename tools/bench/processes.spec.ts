import { describe, expect, it } from '@jest/globals';
import { parseStat, sampleProcesses } from './processes.js';

describe('parseStat', () => {
  it('adds user and system time, that of ended children included', () => {
    const line = '42 (node) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 11 0 5 6 7';
    expect(parseStat(line)).toEqual({ parentId: 7, cpuMs: 1_240 });
  });

  it('is not misled by what stands in a name', () => {
    const line = '42 (a) S 9 (b) c) S 7 42 42 0 -1 4194560 1 2 3 4 1 0 0 0 20';
    expect(parseStat(line)).toEqual({ parentId: 7, cpuMs: 10 });
  });

  it('knows nothing of a process that has ended', () => {
    expect(parseStat('')).toBeUndefined();
  });
});

describe('sampleProcesses', () => {
  it('finds this process where there is a /proc, and gives null elsewhere', async () => {
    const sample = await sampleProcesses(process.pid, process.pid);
    if (process.platform !== 'linux') expect(sample).toBeNull();
    else expect(sample?.api.memoryBytes).toBeGreaterThan(1024 * 1024);
  });
});
