export interface Summary {
  count: number;
  /** Null of nothing: a number there would be made up. */
  average: number | null;
  min: number | null;
  max: number | null;
}

/** Count, average, minimum and maximum of numbers that pass by: constant memory however many there are. */
export class RunningStatistics {
  private count = 0;
  private sum = 0;
  /** What the additions so far lost to rounding (Neumaier): keeps the average right over millions of rows. */
  private lost = 0;
  private min = Infinity;
  private max = -Infinity;

  /** @param value finite */
  add(value: number): void {
    const sum = this.sum + value;
    this.lost += Math.abs(this.sum) >= Math.abs(value) ? this.sum - sum + value : value - sum + this.sum;
    this.sum = sum;
    this.count += 1;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  summary(): Summary {
    if (this.count === 0) return { count: 0, average: null, min: null, max: null };
    return { count: this.count, average: (this.sum + this.lost) / this.count, min: this.min, max: this.max };
  }
}
