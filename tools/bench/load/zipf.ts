/**
 * Draws ranks whose frequency falls as 1 / rank^exponent.
 *
 * The cumulated weights are searched, which is exact for every exponent; 8 bytes a rank.
 */
export class Zipf {
  private readonly cumulated: Float64Array;

  /**
   * @param count ranks, at least 1
   * @param exponent 0 draws all alike; 0.99 is the customary skew of key-value benchmarks (YCSB)
   */
  constructor(count: number, exponent: number) {
    this.cumulated = new Float64Array(count);
    let sum = 0;
    for (let rank = 1; rank <= count; rank += 1) {
      sum += rank ** -exponent;
      this.cumulated[rank - 1] = sum;
    }
  }

  /**
   * @param chance at least 0, below 1
   * @returns a rank, 0 for the most frequent
   */
  rank(chance: number): number {
    const wanted = chance * (this.cumulated.at(-1) ?? 0);
    let low = 0;
    let high = this.cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.cumulated[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
