import { randomInt, type Rng } from '@mcp-cluster/kernel';
import type { LoadKind, NodeLoad } from './node-load.js';
import { NEWER } from './slow-start.policy.js';

/** A node as the choosers see it. */
export interface Loaded {
  readonly load: NodeLoad;
}

/** Whether `second` is the better place than `first`. */
export type Prefers = (first: NodeLoad, second: NodeLoad, now: number) => boolean;

/**
 * Estimates that differ by less than this say the same. The tail of ordinary calls moves a peak up and down by that much:
 * taken at its word it makes the median of skewed loads a quarter longer. A factor of 2 halves that and costs next to nothing
 * on slow nodes, 3 would miss nodes that are three times slower (docs/benchmarks/balancing.md).
 */
const ALIKE = 2;

/**
 * By cost: time to first byte times what is under way. By the latter alone where the times say nothing: they are alike, or
 * one of the nodes was never measured or is new. A default in place of the missing estimate would be wrong both
 * ways: in a cluster of 1 ms calls a newcomer at 10 ms gets nothing while the others are idle, and in one of 1 s calls it gets
 * everything.
 */
export const cheaper: Prefers = (first, second, now) => {
  const share = first.share(now);
  const otherShare = second.share(now);
  if (!isJudged(first, share, otherShare) || !isJudged(second, otherShare, share))
    return lessActive(first, second, now);
  const ms = first.rtt.read(now);
  const otherMs = second.rtt.read(now);
  // Of a node that fails no estimate is alike: it is a charge, and makes the difference however small it is.
  const failing = first.rtt.failing || second.rtt.failing;
  if (!failing && ms < ALIKE * otherMs && otherMs < ALIKE * ms) return lessActive(first, second, now);
  return otherMs * (second.active + 1) < ms * (first.active + 1);
};

function isJudged({ rtt }: NodeLoad, share: number, otherShare: number): boolean {
  return rtt.failing || (rtt.measured && share >= NEWER * otherShare);
}

/** By what is under way alone: least request. */
export const lessActive: Prefers = (first, second) => second.active < first.active;

/** By open streams: how quick a node is matters little to a stream that stands for hours; memory and sockets do. */
export const fewerStreams: Prefers = (first, second) => second.streams < first.streams;

const PREFERENCE: Readonly<Record<LoadKind, Prefers>> = { calls: cheaper, streams: fewerStreams };

/**
 * Power of two choices: draws two different candidates and takes the better one; on a tie the one drawn first, so that
 * idle candidates share evenly. Two random looks avoid the herd that "the best of all" makes when several managers
 * see the same numbers.
 *
 * Of two candidates of which one is newer (slow start) that one takes part only in its share of draws. So its
 * part of the traffic follows the share under any load; as a divisor of the cost the same number would give it nothing
 * in an idle cluster.
 * @param now monotonic milliseconds
 * @returns undefined when there is no candidate
 */
export function pickTwoChoices<T extends Loaded>(
  candidates: readonly T[],
  prefers: Prefers,
  now: number,
  rng: Rng,
): T | undefined {
  const count = candidates.length;
  if (count < 2) return candidates[0];
  const at = randomInt(rng, count);
  // Drawn from the others, so the pair is always two different ones.
  const offset = 1 + randomInt(rng, count - 1);
  const first = candidates[at];
  const second = candidates[at + offset < count ? at + offset : at + offset - count];
  if (first === undefined || second === undefined) return first ?? second;
  const share = first.load.share(now);
  const otherShare = second.load.share(now);
  if (share < otherShare && rng.next() * otherShare >= share) return second;
  if (share > otherShare && rng.next() * share >= otherShare) return first;
  return prefers(first.load, second.load, now) ? second : first;
}

/** The node for a call or for a standing stream. */
export function pickNode<T extends Loaded>(
  candidates: readonly T[],
  kind: LoadKind,
  now: number,
  rng: Rng,
): T | undefined {
  return pickTwoChoices(candidates, PREFERENCE[kind], now, rng);
}
