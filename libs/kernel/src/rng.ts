import { randomBytes } from 'node:crypto';

/** The only source of randomness outside tests' generators. */
export interface Rng {
  /** Uniform in [0, 1). Not for secrets. */
  next(): number;
  /** Cryptographically strong bytes from the system Rng; reproducible ones from a seeded Rng. */
  bytes(length: number): Buffer;
}

/** The machine's randomness. */
export const systemRng: Rng = {
  next: () => Math.random(),
  bytes: (length) => randomBytes(length),
};

/**
 * A reproducible generator (mulberry32) for simulations and seeded tests. Never for keys or nonces.
 * @param seed any 32-bit integer; the same seed gives the same sequence
 */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, bytes: (length) => Buffer.from(Array.from({ length }, () => Math.floor(next() * 256))) };
}

/** A uniformly drawn integer in [0, bound). */
export function randomInt(rng: Rng, bound: number): number {
  return Math.floor(rng.next() * bound);
}
