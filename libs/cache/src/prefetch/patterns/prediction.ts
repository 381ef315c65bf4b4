import type { PrefetchReason } from '../prefetch.observer.js';

/** What is likely to be asked for soon. */
export interface Prediction {
  readonly id: string;
  /** 0 to 0.9: how likely it is, as far as that can be known from so few cases. */
  readonly confidence: number;
  readonly reason: PrefetchReason;
}

/** P07: seen more often than this. */
export const LEAST_SEEN = 3;
/** P07: so many cases are needed for a whole confidence. */
const FULL_FREQUENCY = 10;
/** P07. */
const HIGHEST_CONFIDENCE = 0.9;

/**
 * P07's confidence, frequency/10 up to 0.9, is how much evidence there is: what was seen five times is not believed
 * more than 0.5. It says nothing of how often the opposite was seen: what followed ten times in 1,000 would be made
 * ahead of time at each of the 1,000. So the share of the cases in which it came true is the other upper bound.
 * @param frequency how often it was seen
 * @param share of all the cases in which it could have been seen, 0 to 1
 */
export function confidenceOf(frequency: number, share: number): number {
  if (frequency <= LEAST_SEEN) return 0;
  return Math.min(HIGHEST_CONFIDENCE, frequency / FULL_FREQUENCY, share);
}
