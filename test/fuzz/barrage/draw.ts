import { randomInt, seededRng, type Rng } from '@mcp-cluster/kernel';

/** What the generators draw from: every input has its own, so that input 4711 of a seed needs none of those before it. */
export class Draw {
  private readonly rng: Rng;

  constructor(seed: number, index: number) {
    // Multiplying by an odd constant spreads neighbours over the 32 bits; a plain sum would make seed 1 a shifted seed 2.
    this.rng = seededRng(Math.imul(seed ^ Math.imul(index, 0x9e37_79b1), 0x85eb_ca6b) ^ index);
  }

  /** In [0, bound). */
  int(bound: number): number {
    return randomInt(this.rng, bound);
  }

  /** In [from, to]. */
  between(from: number, to: number): number {
    return from + this.int(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.rng.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  bytes(length: number): Buffer {
    return this.rng.bytes(length);
  }
}
