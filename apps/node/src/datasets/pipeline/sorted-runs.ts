/** Sorting as many numbers takes a few milliseconds: the longest that others wait. */
export const RUN_LENGTH = 16_384;

/**
 * Numbers in sorted runs: gives the n-th smallest of all exactly, without one long sort in which nobody else
 * gets a turn.
 */
export class SortedRuns {
  private readonly runs: Float64Array[] = [];
  private length = 0;

  /** @param values at most `RUN_LENGTH`, none of them NaN; sorted in place and kept */
  add(values: Float64Array): void {
    if (values.length === 0) return;
    this.runs.push(values.sort());
    this.length += values.length;
  }

  /**
   * The nearest-rank percentile: the smallest value that at least this share of the values does not exceed.
   * @param share above 0, at most 1
   */
  percentile(share: number): number | undefined {
    return this.length === 0 ? undefined : this.nth(Math.max(Math.ceil(share * this.length) - 1, 0));
  }

  /**
   * Narrows what is left of each run around the middle of the largest rest: that rest is at least halved each
   * round, so there are at most some dozens of rounds a run.
   */
  private nth(rank: number): number | undefined {
    const low = this.runs.map(() => 0);
    const high = this.runs.map((run) => run.length);
    for (;;) {
      const pivot = this.middleOfLargestRest(low, high);
      if (pivot === undefined) return undefined;
      const below = this.runs.map((run) => countWhile(run, (value) => value < pivot));
      const upTo = this.runs.map((run) => countWhile(run, (value) => value <= pivot));
      if (rank < sum(below)) below.forEach((count, run) => (high[run] = Math.min(high[run] ?? 0, count)));
      else if (rank >= sum(upTo)) upTo.forEach((count, run) => (low[run] = Math.max(low[run] ?? 0, count)));
      else return pivot;
    }
  }

  private middleOfLargestRest(low: readonly number[], high: readonly number[]): number | undefined {
    let largest = 0;
    let pivot: number | undefined;
    for (const [index, run] of this.runs.entries()) {
      const from = low[index] ?? 0;
      const rest = (high[index] ?? 0) - from;
      if (rest <= largest) continue;
      largest = rest;
      pivot = run[from + (rest >> 1)];
    }
    return pivot;
  }
}

/** How many values at the beginning of a sorted run satisfy the test: a binary search. */
function countWhile(run: Float64Array, test: (value: number) => boolean): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(run[middle] ?? NaN)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
