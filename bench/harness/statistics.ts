/** A value over the repeats of one subject. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** @param values at least one */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const min = sorted[0];
  const max = sorted.at(-1);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (min === undefined || max === undefined || lower === undefined || upper === undefined) {
    throw new Error('a spread needs at least one value');
  }
  return { min, median: (lower + upper) / 2, max };
}

export interface Ratio extends Spread {
  /** The medians' ratio: what a target is compared with. The spread around it is of the repeats, pair by pair. */
  ofMedians: number;
}

/** Compares two subjects that were run in turn: the n-th repeats of both saw the same state of the machine. */
export function ratio(ours: readonly number[], theirs: readonly number[]): Ratio {
  const pairs = ours.map((value, repeat) => {
    const other = theirs[repeat];
    if (other === undefined) throw new Error('a ratio needs equally many repeats of both');
    return value / other;
  });
  return { ofMedians: spread(ours).median / spread(theirs).median, ...spread(pairs) };
}

/** Rounded to so many significant digits: measurements are not more exact than that. */
export function significant(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
