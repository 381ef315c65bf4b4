import { seededRng } from '@mcp-cluster/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickTwoChoices } from './p2c.policy.js';

interface Candidate {
  name: number;
  inFlight: number;
}

function candidates(loads: readonly number[]): Candidate[] {
  return loads.map((inFlight, name) => ({ name, inFlight }));
}

describe('power of two choices', () => {
  it('has no answer without candidates and one answer with one', () => {
    expect(pickTwoChoices(candidates([]), seededRng(1))).toBeUndefined();
    const only = { inFlight: 1_000_000 };
    expect(pickTwoChoices([only], seededRng(1))).toBe(only);
  });

  it('takes the less loaded of two, always', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer(), (a, b, seed) => {
        const picked = pickTwoChoices(candidates([a, b]), seededRng(seed));
        expect(picked?.inFlight).toBe(Math.min(a, b));
      }),
    );
  });

  it('never takes the single most loaded one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 2, maxLength: 20 }), fc.integer(), (loads, seed) => {
        const all = candidates([...loads, 101]);
        expect(pickTwoChoices(all, seededRng(seed))?.name).not.toBe(loads.length);
      }),
    );
  });

  it('spreads evenly over idle candidates', () => {
    for (const size of [2, 3, 5, 20]) {
      const rng = seededRng(size);
      const all = candidates(Array.from({ length: size }, () => 0));
      const draws = 20_000;
      const counts = new Array<number>(size).fill(0);
      for (let draw = 0; draw < draws; draw += 1) {
        const picked = pickTwoChoices(all, rng);
        if (picked) counts[picked.name] = (counts[picked.name] ?? 0) + 1;
      }
      const fair = draws / size;
      for (const count of counts) expect(Math.abs(count - fair)).toBeLessThan(5 * Math.sqrt(fair));
    }
  });

  it('keeps the longest queue short where one random choice does not', () => {
    // 20 candidates, 20,000 requests that never end: balls into bins. One choice is off by about
    // sqrt(2 · mean · ln n) = 77; two choices stay within a few.
    const all = candidates(Array.from({ length: 20 }, () => 0));
    const rng = seededRng(7);
    for (let request = 0; request < 20_000; request += 1) {
      const picked = pickTwoChoices(all, rng);
      if (picked) picked.inFlight += 1;
    }
    expect(Math.max(...all.map((one) => one.inFlight)) - 1000).toBeLessThanOrEqual(5);
  });
});
