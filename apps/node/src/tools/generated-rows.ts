import { randomInt, seededRng, type Rng } from '@mcp-cluster/kernel';

export const CATEGORIES = ['A', 'B', 'C'] as const;

export type Category = (typeof CATEGORIES)[number];

export interface Row {
  category: Category;
  /** An integer from 0 up to, not including, the range that was asked for. */
  value: number;
}

/** Rows that look like data and are the same for the same seed on every node. */
export class RowSource {
  private readonly rng: Rng;

  /**
   * @param seed any 32-bit integer
   * @param range how many different values there are, from 0 on
   */
  constructor(
    seed: number,
    private readonly range: number,
  ) {
    this.rng = seededRng(seed);
  }

  next(): Row {
    const category = CATEGORIES[randomInt(this.rng, CATEGORIES.length)] ?? 'A';
    return { category, value: randomInt(this.rng, this.range) };
  }
}

/** A seed for a call that named none; the answer says it, so that the call can be repeated exactly. */
export function drawSeed(rng: Rng): number {
  return randomInt(rng, 2 ** 31);
}
