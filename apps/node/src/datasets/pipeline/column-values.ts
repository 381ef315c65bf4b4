import { isMissing, labelOf, type DatasetColumn } from './dataset-column.js';
import { timestampOf } from './timestamp.js';
import { numberOf } from './cell-kind.js';

/** No category has this number: there are at most 1,000. */
export const NO_CATEGORY = 0xffff;

const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ['false', 0],
  ['true', 1],
]);

/** Numbers of all rows, and how many standard deviations each is from the mean. */
export class NumericColumn {
  /** By row; NaN where the value is missing. */
  readonly values: Float64Array;
  /** By row; four bytes are enough for a score. */
  readonly scores: Float32Array;
  present = 0;
  mean = 0;
  min = Infinity;
  max = -Infinity;
  /** The sum of squared distances from the mean, updated with each value (Welford). */
  private squares = 0;

  constructor(
    readonly column: DatasetColumn,
    rows: number,
  ) {
    this.values = new Float64Array(rows).fill(NaN);
    this.scores = new Float32Array(rows).fill(NaN);
  }

  take(cell: unknown, row: number): void {
    if (isMissing(cell)) return;
    const value = numberOf(cell);
    this.values[row] = value;
    this.present += 1;
    const distance = value - this.mean;
    this.mean += distance / this.present;
    this.squares += distance * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** Of the values as a whole population; infinite or NaN when they are too far apart for a number. */
  get standardDeviation(): number {
    return this.present === 0 ? 0 : Math.sqrt(this.squares / this.present);
  }

  /** Values that are all the same have no scores other than 0. */
  get method(): 'z-score' | 'none' {
    return this.standardDeviation > 0 ? 'z-score' : 'none';
  }

  /** Computes the scores of some rows; after the last value was taken. */
  normalise(start: number, end: number): void {
    const { mean, standardDeviation } = this;
    const spread = standardDeviation > 0;
    for (let row = start; row < end; row += 1) {
      const value = this.values[row] ?? NaN;
      if (!Number.isNaN(value)) this.scores[row] = spread ? (value - mean) / standardDeviation : 0;
    }
  }
}

/** The category of each row, as the number of its label. */
export class CategoryColumn {
  readonly codes: Uint16Array;
  readonly labels: readonly string[];
  private readonly numbers: ReadonlyMap<string, number>;

  constructor(
    readonly column: DatasetColumn,
    rows: number,
  ) {
    this.codes = new Uint16Array(rows).fill(NO_CATEGORY);
    this.numbers = column.kind === 'category' ? (column.labels ?? new Map()) : BOOLEANS;
    this.labels = [...this.numbers.keys()];
  }

  take(cell: unknown, row: number): void {
    if (isMissing(cell)) return;
    const label = this.column.kind === 'boolean' ? labelOf(cell).toLowerCase() : labelOf(cell);
    this.codes[row] = this.numbers.get(label) ?? NO_CATEGORY;
  }
}

/** The span of a column of timestamps, in UTC. */
export class TimestampColumn {
  private first = Infinity;
  private last = -Infinity;

  constructor(readonly column: DatasetColumn) {}

  take(cell: unknown): void {
    const instant = timestampOf(cell);
    if (instant === undefined) return;
    if (instant < this.first) this.first = instant;
    if (instant > this.last) this.last = instant;
  }

  /** ISO 8601 in UTC. */
  get earliest(): string | undefined {
    return this.first === Infinity ? undefined : new Date(this.first).toISOString();
  }

  get latest(): string | undefined {
    return this.last === -Infinity ? undefined : new Date(this.last).toISOString();
  }
}

/** The lengths of texts without the blanks around them. */
export class TextColumn {
  present = 0;
  longest = 0;

  constructor(readonly column: DatasetColumn) {}

  take(cell: unknown): void {
    if (isMissing(cell)) return;
    this.present += 1;
    const { length } = typeof cell === 'object' ? JSON.stringify(cell) : labelOf(cell);
    if (length > this.longest) this.longest = length;
  }
}
