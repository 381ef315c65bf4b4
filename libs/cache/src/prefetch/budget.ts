/** Of the calls in the window, the share of prefetches that may begin (issue 6: never more than 10 % of the load). */
export const PREFETCH_SHARE = 0.1;
/**
 * Milliseconds that it looks back: the life of an entry in the first level (P06). In a shorter one a lone user's calls
 * would never add up to a single prefetch.
 */
export const BUDGET_WINDOW_MS = 300_000;
/** Prefetches under way at once: a burst of likely things must not stand in the way of calls. */
export const MAX_AT_ONCE = 4;

const BUCKET_MS = 5_000;
/** One more than the window has: the bucket at its beginning is half outside. */
const BUCKETS = BUDGET_WINDOW_MS / BUCKET_MS + 1;

/** `busy`: wait for a place; `spent`: there were too few calls for one more. */
export type BudgetAnswer = 'ok' | 'busy' | 'spent';

/**
 * How much may be loaded ahead of time: at no moment have more begun in the five minutes before than a tenth of the
 * calls in them. Calls through the cache are the load here, not their misses: a prefetch that is used takes the place
 * of a miss, so that a share of the misses would shrink as it succeeds.
 */
export class PrefetchBudget {
  private readonly calls = new Array<number>(BUCKETS).fill(0);
  private readonly begun = new Array<number>(BUCKETS).fill(0);
  private callsInAll = 0;
  private begunInAll = 0;
  private bucket = 0;
  private underWay = 0;

  get running(): number {
    return this.underWay;
  }

  /** @param now monotonic milliseconds */
  called(count: number, now: number): void {
    this.moveTo(now);
    this.add(this.calls, count);
    this.callsInAll += count;
  }

  /** Takes a place. When it is `ok`, call `end` exactly once. */
  tryBegin(now: number): BudgetAnswer {
    if (this.underWay >= MAX_AT_ONCE) return 'busy';
    this.moveTo(now);
    // The oldest bucket is partly outside the window: what began in it counts, the calls in it do not.
    const calls = this.callsInAll - (this.calls[(this.bucket + 1) % BUCKETS] ?? 0);
    if (this.begunInAll + 1 > calls * PREFETCH_SHARE) return 'spent';
    this.add(this.begun, 1);
    this.begunInAll += 1;
    this.underWay += 1;
    return 'ok';
  }

  end(): void {
    if (this.underWay > 0) this.underWay -= 1;
  }

  private add(counts: number[], count: number): void {
    const at = this.bucket % BUCKETS;
    counts[at] = (counts[at] ?? 0) + count;
  }

  private moveTo(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    const first = Math.max(this.bucket, bucket - BUCKETS);
    for (let at = first + 1; at <= bucket; at += 1) {
      const slot = at % BUCKETS;
      this.callsInAll -= this.calls[slot] ?? 0;
      this.begunInAll -= this.begun[slot] ?? 0;
      this.calls[slot] = 0;
      this.begun[slot] = 0;
    }
    this.bucket = Math.max(this.bucket, bucket);
  }
}
