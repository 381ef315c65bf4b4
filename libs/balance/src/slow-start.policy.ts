/** Milliseconds in which a node that just came gets its full share: JIT, caches and connections are cold. */
export const SLOW_START_MS = 30_000;
/** Envoy's 10 %: the least that shows whether the node works. */
export const LEAST_SHARE = 0.1;
/** 1: the share grows in a straight line. Above 1 it grows faster at first. */
const AGGRESSION = 1;
/**
 * Below this ratio of slow-start shares a node is new beside the other, and not judged by its times: it is slow because
 * it is cold, and only calls warm it. Judged by them it would get one call in half a minute, and stay cold.
 * Nodes that start together differ by less.
 */
export const NEWER = 0.9;

/**
 * The share of its calls that a node takes part in: `max(10 %, (age / 30 s)^(1 / aggression))`, 1 from 30 s on.
 * @param ageMs milliseconds since the node began to take calls; below 0 counts as 0
 */
export function slowStartShare(ageMs: number): number {
  if (ageMs >= SLOW_START_MS) return 1;
  return Math.max(LEAST_SHARE, (Math.max(0, ageMs) / SLOW_START_MS) ** (1 / AGGRESSION));
}
