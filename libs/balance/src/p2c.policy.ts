import { randomInt, type Rng } from '@mcp-cluster/kernel';

/** What the policy looks at: how much a candidate is doing now, as the chooser itself counts it. */
export interface Load {
  /** Requests given to the candidate and not ended, 0 or more. */
  readonly inFlight: number;
}

/**
 * Power of two choices: draws two different candidates and takes the one with less in flight; on a
 * tie the one drawn first, so that idle candidates share evenly. Two random looks avoid the herd that
 * "the least loaded of all" makes when several managers see the same numbers.
 * @returns undefined when there is no candidate
 */
export function pickTwoChoices<T extends Load>(candidates: readonly T[], rng: Rng): T | undefined {
  const count = candidates.length;
  if (count < 2) return candidates[0];
  const first = randomInt(rng, count);
  // Drawn from the others, so the pair is always two different ones.
  const offset = 1 + randomInt(rng, count - 1);
  const a = candidates[first];
  const b = candidates[(first + offset) % count];
  if (a === undefined || b === undefined) return a ?? b;
  return b.inFlight < a.inFlight ? b : a;
}
