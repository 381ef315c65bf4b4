/** Envoy's 50 %: with more than half of the nodes judged unfit it is more likely the judgement that is wrong. */
export const PANIC_BELOW = 0.5;

/**
 * Whether too few nodes are usable to believe it: calls then go to all of them. Half of a cluster that gets
 * all of the load falls over too, and a check that fails for every node would take everything down (experiment 27).
 * @param usable nodes that may be chosen, of the `all` that would serve if nothing was wrong
 */
export function isPanic(usable: number, all: number): boolean {
  return usable < all * PANIC_BELOW;
}
