interface Entry {
  readonly at: number;
  readonly value: number;
}

/**
 * The largest (or smallest) of the values of the last `windowMs`. Keeps only values that can still become the
 * answer, each better than all after it: never more entries than there are different values.
 */
export class ExtremeInWindow {
  private readonly entries: Entry[] = [];

  /** @param windowMs milliseconds; 0 means the present value alone */
  constructor(
    private readonly kind: 'largest' | 'smallest',
    private readonly windowMs: number,
  ) {}

  /** Adds a value and tells the extreme. @param now monotonic milliseconds, not before the call before */
  add(now: number, value: number): number {
    const { entries } = this;
    for (let last = entries.at(-1); last !== undefined && this.beats(value, last.value); last = entries.at(-1))
      entries.pop();
    entries.push({ at: now, value });
    // The present value stays, whatever the window: at 0 it is the only one.
    while (entries.length > 1 && now - (entries[0]?.at ?? now) >= this.windowMs) entries.shift();
    return entries[0]?.value ?? value;
  }

  private beats(value: number, other: number): boolean {
    return this.kind === 'largest' ? value >= other : value <= other;
  }
}

/** Nodes that were added and removed in the last `periodMs`. One entry a change, and periods end after half an hour. */
export class ChangesInPeriod {
  private changes: Entry[] = [];

  constructor(private readonly periodMs: number) {}

  /** @param nodes how many came; negative: went */
  add(now: number, nodes: number): void {
    this.prune(now);
    this.changes.push({ at: now, value: nodes });
  }

  /** Nodes at the beginning of the period that ends now. */
  startOf(now: number, current: number): number {
    this.prune(now);
    return this.changes.reduce((count, { value }) => count - value, current);
  }

  private prune(now: number): void {
    this.changes = this.changes.filter(({ at }) => now - at < this.periodMs);
  }
}
