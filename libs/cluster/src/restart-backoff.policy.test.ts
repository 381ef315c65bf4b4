import { seededRng, type Rng } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { MAX_RESTART_MS, RestartBackoff } from './restart-backoff.policy.js';

/** Almost 1: the longest wait that the jitter gives. */
const longest: Rng = { next: () => 1 - Number.EPSILON, bytes: (length) => Buffer.alloc(length) };

describe('restart backoff', () => {
  it('doubles from 250 ms and stops at 10 s', () => {
    const backoff = new RestartBackoff(longest);
    const waits = Array.from({ length: 9 }, () => Math.round(backoff.nextDelay(0)));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  it('begins again after 10 s alive', () => {
    const backoff = new RestartBackoff(longest);
    for (let crash = 0; crash < 5; crash += 1) backoff.nextDelay(100);
    expect(Math.round(backoff.nextDelay(9_999))).toBe(8000);
    expect(Math.round(backoff.nextDelay(10_000))).toBe(250);
  });

  it('jitters between half and the whole wait, and never over the ceiling', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const backoff = new RestartBackoff(seededRng(seed));
      let ceiling = 250;
      for (let crash = 0; crash < 12; crash += 1) {
        const wait = backoff.nextDelay(0);
        expect(wait).toBeGreaterThanOrEqual(ceiling / 2);
        expect(wait).toBeLessThanOrEqual(ceiling);
        ceiling = Math.min(ceiling * 2, MAX_RESTART_MS);
      }
    }
  });
});
