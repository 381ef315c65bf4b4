import { describe, expect, it } from 'vitest';
import { isPanic } from './panic.policy.js';

describe('panic', () => {
  it('begins below half, not at half, and never in an empty cluster', () => {
    const cases = [
      [0, 0],
      [0, 1],
      [1, 2],
      [1, 3],
      [2, 3],
      [10, 20],
      [9, 20],
    ] as const;
    expect(cases.map(([usable, all]) => isPanic(usable, all))).toEqual([false, true, false, true, false, false, true]);
  });
});
