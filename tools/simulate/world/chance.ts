import { createHash } from 'node:crypto';

/**
 * Chance that can be repeated: the same seed gives the same draws on every machine. Never for secrets.
 *
 * A small counter generator (sfc32), because one simulated command takes about a hundred draws.
 */
export class Chance {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param seed any text; different texts give unrelated draws */
  constructor(seed: string) {
    const hash = createHash('sha256').update(seed).digest();
    this.a = hash.readInt32LE(0);
    this.b = hash.readInt32LE(4);
    this.c = hash.readInt32LE(8);
  }

  /** 32 bits. */
  private draw(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to 1. */
  fraction(): number {
    return this.draw() / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** True in `perMille` of 1,000 cases. */
  happens(perMille: number): boolean {
    return this.fraction() * 1000 < perMille;
  }

  /** One of a list that is not empty. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.integer(0, values.length - 1)];
    if (value === undefined) throw new RangeError('There is nothing to pick from.');
    return value;
  }

  /** One of a list that is not empty, the first ones far more often than the last. */
  pickHot<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.fraction() ** 2 * values.length)];
    if (value === undefined) throw new RangeError('There is nothing to pick from.');
    return value;
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let rest = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name;
    }
    throw new RangeError('There is nothing to choose from.');
  }

  /** Milliseconds around a middle: mostly near it, sometimes many times as long, as networks and disks are. */
  delayMs(middleMs: number): number {
    const delayMs = middleMs * (0.2 + this.fraction() * 1.6);
    return this.happens(20) ? delayMs * this.integer(5, 40) : delayMs;
  }

  /** A UUID (version 4). */
  uuid(): string {
    const hex = [this.draw(), this.draw(), this.draw(), this.draw()]
      .map((bits) => bits.toString(16).padStart(8, '0'))
      .join('');
    const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
