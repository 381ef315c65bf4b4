import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyHash, mix } from './key-hash.js';

describe('hashes of keys', () => {
  it('are 32 bits, the same for the same parts and others for parts that are cut elsewhere', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), (first, middle, last) => {
        const hash = keyHash(first + middle, last);
        expect(hash).toBe(keyHash(first + middle, last));
        expect(hash).not.toBe(keyHash(first, middle + last));
        expect(Number.isInteger(hash) && hash >= 0 && hash <= 0xffff_ffff).toBe(true);
      }),
    );
  });

  it('mixing is one to one, and neighbours are far apart', () => {
    const mixed = Array.from({ length: 10_000 }, (_none, at) => mix(at));
    expect(new Set(mixed).size).toBe(10_000);
    const high = mixed.filter((one) => one >= 0x8000_0000).length;
    expect(Math.abs(high - 5000)).toBeLessThan(5 * 50);
  });
});
