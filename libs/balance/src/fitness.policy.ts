import type { NodeLoad } from './node-load.js';
import { DEFAULT_RTT_MS, LEAST_RTT_MS } from './peak-ewma.js';
import { NEWER } from './slow-start.policy.js';

/**
 * A node that takes this many times as long as the middle one of all is ill. P2C minds a factor of 2, because it costs
 * nothing to be wrong: it has another node as good. Keys that leave their node are not in the memory of the next one. With 2
 * a slow call here and there sets well nodes aside and the others over their bound, with 5 a node that is ten times slower costs the
 * p99 half as much again (docs/benchmarks/balancing.md). What lies below shows in what is under way.
 */
export const FAR_SLOWER = 3;

/** A node, and the mean of its recent times to first byte in milliseconds. */
export interface Judged {
  readonly load: NodeLoad;
  readonly meanMs: number;
}

/**
 * The share, 0 … 1, of its keys that each node may have: 1 as a rule, less for a node that is new beside the others
 * (slow start), and 0 for one that is ill. Ill is
 *
 * - a node whose last call failed, while its estimate is above the middle one: until what the failure charged has decayed
 * - a node whose estimate is above three times the middle one, and three times an ordinary call's 10 ms; and whose mean is
 *   above three times the middle one too. Where most answers are kept the estimate, which is a peak, tells of the one call that
 *   had to be loaded, and not of the node. The mean alone would keep a node out for good: nobody asks it any more
 *
 * As in P2C the times of a node that is new, or was never measured, say nothing. Never all are ill: the middle one is not.
 * @param now monotonic milliseconds
 */
export function fitness(nodes: readonly Judged[], now: number): number[] {
  const shares = nodes.map(({ load }) => load.share(now));
  const oldest = Math.max(...shares);
  const judged = nodes.filter(
    ({ load: { rtt } }, at) => rtt.failing || (rtt.measured && (shares[at] ?? 0) >= NEWER * oldest),
  );
  const middle = lowerMedian(judged.map(({ load }) => load.rtt.read(now)));
  const middleMean = lowerMedian(judged.map(({ meanMs }) => meanMs));
  const tooLong = FAR_SLOWER * Math.max(middle, DEFAULT_RTT_MS);
  const tooLongInTheMean = FAR_SLOWER * Math.max(middleMean, LEAST_RTT_MS);
  const ill = new Set(
    judged.filter(({ load: { rtt }, meanMs }) =>
      rtt.failing ? rtt.read(now) > middle : rtt.read(now) > tooLong && meanMs > tooLongInTheMean,
    ),
  );
  const fit = nodes.map((node, at) => (ill.has(node) ? 0 : (shares[at] ?? 0)));
  // Relative: in a cluster that starts all are new.
  const most = Math.max(...fit);
  return fit.map((share) => share / most);
}

/** The lower one of two in the middle, so that of two nodes one can be ill. */
function lowerMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}
