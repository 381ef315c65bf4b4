import type { Rng } from '@mcp-cluster/kernel';

/** Keys 0 … n−1, of which the k-th is asked for 1/(k+1) times as often as the first: Zipf with s = 1.0. */
export class Zipf {
  private readonly upTo: Float64Array;
  private readonly total: number;

  constructor(keys: number) {
    this.upTo = new Float64Array(keys);
    let sum = 0;
    for (let key = 0; key < keys; key += 1) this.upTo[key] = sum += 1 / (key + 1);
    this.total = sum;
  }

  draw(rng: Rng): number {
    const at = rng.next() * this.total;
    let low = 0;
    let high = this.upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.upTo[middle] ?? Infinity) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Hit ratio of a cache that knows the so many keys that are asked for most, and keeps nothing else: none is better. */
  best(size: number): number {
    return size >= this.upTo.length ? 1 : (this.upTo[size - 1] ?? 0) / this.total;
  }

  /**
   * Hit ratio of an LRU cache of so many keys, by Che's approximation: a key is in it if it was asked for within
   * the time in which `size` different ones are.
   */
  lru(size: number): number {
    const keys = this.upTo.length;
    if (size >= keys) return 1;
    const within = (calls: number, weigh: (share: number) => number): number => {
      let sum = 0;
      for (let key = 0; key < keys; key += 1) {
        const share = 1 / (key + 1) / this.total;
        sum += weigh(share) * -Math.expm1(-share * calls);
      }
      return sum;
    };
    let low = 0;
    let high = size;
    while (within(high, () => 1) < size) high *= 2;
    for (let step = 0; step < 60; step += 1) {
      const middle = (low + high) / 2;
      if (within(middle, () => 1) < size) low = middle;
      else high = middle;
    }
    return within(high, (share) => share);
  }
}
