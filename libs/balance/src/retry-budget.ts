/** Of the requests under way, the share that may be second attempts; Envoy's 20 %. */
export const RETRY_SHARE = 0.2;
/** Retries that are always allowed: in a quiet minute 20 % of one request is none. */
export const LEAST_RETRIES = 3;

/**
 * How many requests may be retried at one time. Without a bound a cluster that is too slow gets each
 * request again and again, and never recovers: retries are to help with one failing node, not with all.
 */
export class RetryBudget {
  private retrying = 0;

  /** @param active tells how many requests are under way now, retries among them */
  constructor(private readonly active: () => number) {}

  /** Retries under way. */
  get used(): number {
    return this.retrying;
  }

  /** How many may be under way now. */
  get limit(): number {
    return Math.max(LEAST_RETRIES, Math.floor(this.active() * RETRY_SHARE));
  }

  /** Takes a place for a retry. When it is true, call `end` exactly once; when it is false, there is none: answer the error. */
  tryBegin(): boolean {
    if (this.retrying >= this.limit) return false;
    this.retrying += 1;
    return true;
  }

  end(): void {
    if (this.retrying > 0) this.retrying -= 1;
  }
}
