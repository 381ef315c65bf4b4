import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomInt, seededRng, systemRng } from './rng.js';

describe('seededRng', () => {
  it('repeats itself with the same seed and differs with another', () => {
    const draw = (seed: number): number[] => {
      const rng = seededRng(seed);
      return Array.from({ length: 20 }, () => rng.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(seededRng(7).bytes(16)).toEqual(seededRng(7).bytes(16));
  });

  it('draws in [0, 1), evenly', () => {
    const rng = seededRng(11);
    const tenths = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw += 1) {
      const value = rng.next();
      expect(value >= 0 && value < 1).toBe(true);
      tenths[Math.floor(value * 10)]! += 1;
    }
    // 1,000 expected, standard deviation 30: five of them.
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

it('randomInt stays within its bound', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 1_000_000 }), (seed, bound) => {
      const drawn = randomInt(seededRng(seed), bound);
      expect(Number.isInteger(drawn) && drawn >= 0 && drawn < bound).toBe(true);
    }),
  );
});

it('the system Rng gives as many bytes as asked for, not the same twice', () => {
  expect(systemRng.bytes(32)).toHaveLength(32);
  expect(systemRng.bytes(32)).not.toEqual(systemRng.bytes(32));
});
