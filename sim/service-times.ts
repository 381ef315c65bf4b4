import type { Rng } from '@mcp-cluster/kernel';

/** Draws how many milliseconds of work a call is. */
export type ServiceTimes = (rng: Rng) => number;

/** Mean work of a call in milliseconds, in every scenario. */
export const MEAN_MS = 20;
/** Longest call in milliseconds: a heavy tail without an end has no mean that a run of a minute would show. */
const LONGEST_MS = 10_000;

/** Between two calls that come independently of one another. */
export function exponential(rng: Rng, mean: number): number {
  return -mean * Math.log(1 - rng.next());
}

/** @param sigma of the logarithm: 0.5 is mild, 1.5 gives one call in a hundred 11 times the mean */
export function lognormal(sigma: number): ServiceTimes {
  const mu = Math.log(MEAN_MS) - (sigma * sigma) / 2;
  return (rng) => Math.min(LONGEST_MS, Math.exp(mu + sigma * normal(rng)));
}

/** @param alpha above 1; 1.5 has no variance: the next long call may be longer than all before */
export function pareto(alpha: number): ServiceTimes {
  const least = (MEAN_MS * (alpha - 1)) / alpha;
  return (rng) => Math.min(LONGEST_MS, least / (1 - rng.next()) ** (1 / alpha));
}

/** Box and Muller. */
function normal(rng: Rng): number {
  return Math.sqrt(exponential(rng, 2)) * Math.cos(2 * Math.PI * rng.next());
}
