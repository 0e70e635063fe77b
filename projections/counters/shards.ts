import type { CounterShape } from './counter-shape.js';

/** The shard that holds what was backfilled: apart, so that the others hold the same whenever that was done. */
export const HISTORY_SHARD = -1;

/**
 * How the events of one key are spread over shards: twice as many as soon as one second of its own (by the time the events happened) holds
 * more than `shardSplitPerSecond` for each. Stepped event by event, in the order of the log.
 */
export class ShardedKey {
  /** Events of each second so far, those stored before included. */
  private readonly seconds = new Map<number, number>();
  private stored: Set<number> | null = null;
  /** A power of two. */
  shards = 1;
  /** Whether it has got more while this batch was counted. */
  hasGrown = false;

  /** Says that it has events of a second. */
  expect(second: number): void {
    this.seconds.set(second, 0);
  }

  /** The seconds it has events of. */
  get expected(): Iterable<number> {
    return this.seconds.keys();
  }

  /** How many events of one second were stored before. */
  begin(second: number, count: number): void {
    this.seconds.set(second, count);
    this.stored ??= new Set();
    this.stored.add(second);
  }

  /** Whether events of a second were stored before. */
  isStored(second: number): boolean {
    return this.stored?.has(second) ?? false;
  }

  /** The shard of the next event. */
  next(hash: number): number {
    return hash % this.shards;
  }

  /** Counts an event of a second whose bucket is kept. */
  count(second: number, { shardSplitPerSecond, shardsMax }: CounterShape): void {
    const count = (this.seconds.get(second) ?? 0) + 1;
    this.seconds.set(second, count);
    if (count <= shardSplitPerSecond * this.shards || this.shards >= shardsMax) return;
    this.shards *= 2;
    this.hasGrown = true;
  }
}
