import { createHash } from 'node:crypto';

/** Bytes of one draw: 48 bits, so that a range up to 2^32 is drawn with a bias below one in 65,000. */
const DRAW_BYTES = 6;

/** Chance that can be repeated: the same seed gives the same draws on every machine. Never for secrets. */
export class SeededRandom {
  private block = Buffer.alloc(0);
  private blocks = 0;

  /** @param seed any text; different texts give unrelated draws */
  constructor(private readonly seed: string) {}

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + (this.draw() % (max - min + 1));
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.integer(1, 100) <= percent;
  }

  /** One of a list that is not empty. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.integer(0, values.length - 1)];
    if (value === undefined) throw new RangeError('There is nothing to pick from.');
    return value;
  }

  /** The same values in another order. */
  shuffled<Value>(values: readonly Value[]): Value[] {
    const keyed = values.map((value) => ({ value, key: this.draw() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
  }

  private draw(): number {
    if (this.block.length < DRAW_BYTES) {
      this.block = createHash('sha256').update(`${this.seed}:${this.blocks}`).digest();
      this.blocks += 1;
    }
    const value = this.block.readUIntBE(0, DRAW_BYTES);
    this.block = this.block.subarray(DRAW_BYTES);
    return value;
  }
}
