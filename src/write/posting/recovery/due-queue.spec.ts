import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../../../../tools/demo/random.js';
import { DueQueue } from './due-queue.js';

function takeAll(queue: DueQueue, nowMs: number): string[] {
  const taken: string[] = [];
  for (let id = queue.take(nowMs); id !== undefined; id = queue.take(nowMs)) taken.push(id);
  return taken;
}

describe('a queue of what is due', () => {
  it('gives what is due, the earliest first, and keeps the rest', () => {
    const queue = new DueQueue();
    for (const [id, dueAtMs] of [
      ['c', 30],
      ['a', 10],
      ['d', 40],
      ['b', 20],
    ] as const) {
      queue.set(id, dueAtMs);
    }
    expect(takeAll(queue, 30)).toEqual(['a', 'b', 'c']);
    expect(takeAll(queue, 39)).toEqual([]);
    expect(takeAll(queue, 40)).toEqual(['d']);
  });

  it('follows what is put off, put forward and called off', () => {
    const queue = new DueQueue();
    for (const id of ['off', 'forward', 'out', 'back']) queue.set(id, 20);
    queue.set('off', 30);
    queue.set('forward', 10);
    queue.delete('out');
    queue.set('back', 50);
    queue.set('back', 20);
    expect(takeAll(queue, 20)).toEqual(['forward', 'back']);
    expect(takeAll(queue, 30)).toEqual(['off']);
    expect(queue.count).toBe(0);
  });

  it('agrees with a plain list, whatever is done to it', () => {
    const random = new SeededRandom('due');
    const queue = new DueQueue();
    const plain = new Map<string, number>();
    for (let step = 0; step < 20_000; step += 1) {
      const id = `${random.integer(0, 200)}`;
      const dueAtMs = step + random.integer(0, 500);
      if (random.integer(0, 5) === 0) {
        queue.delete(id);
        plain.delete(id);
      } else {
        queue.set(id, dueAtMs);
        plain.set(id, dueAtMs);
      }
      if (step % 10 !== 0) continue;
      const times = takeAll(queue, step).map((taken) => {
        const time = plain.get(taken);
        plain.delete(taken);
        return time ?? Number.NaN;
      });
      expect(times).toEqual([...times].sort((one, other) => one - other));
      expect([...plain.values()].every((time) => time > step)).toBe(true);
      expect(queue.count).toBe(plain.size);
    }
  });
});
