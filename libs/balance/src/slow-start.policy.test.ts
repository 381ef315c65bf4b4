import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_SHARE, SLOW_START_MS, slowStartShare } from './slow-start.policy.js';

describe('the share of a new node', () => {
  it('begins at the least, is half after half of the window, whole at its end', () => {
    expect([-5, 0, SLOW_START_MS / 2, SLOW_START_MS, Infinity].map(slowStartShare)).toEqual([
      LEAST_SHARE,
      LEAST_SHARE,
      0.5,
      1,
      1,
    ]);
  });

  it('never shrinks with age and stays within its bounds', () => {
    const age = fc.double({ min: -1000, max: 2 * SLOW_START_MS, noNaN: true });
    fc.assert(
      fc.property(age, age, (a, b) => {
        expect(slowStartShare(Math.max(a, b))).toBeGreaterThanOrEqual(slowStartShare(Math.min(a, b)));
        expect(slowStartShare(a)).toBeGreaterThanOrEqual(LEAST_SHARE);
        expect(slowStartShare(a)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
