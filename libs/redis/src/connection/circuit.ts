/** Failures in a row after which calls stop: single ones happen, five do not happen by chance. */
const FAILURES_TO_OPEN = 5;

/**
 * Whether calls are made at all. It does not let a caller's call try whether Redis is back, as breakers do that close
 * by themselves: the store's own probe tries, and nobody waits for it.
 */
export class Circuit {
  private failures = 0;
  private why: string | undefined;

  /** Why it is open; undefined while it is closed. */
  get reason(): string | undefined {
    return this.why;
  }

  get open(): boolean {
    return this.why !== undefined;
  }

  succeed(): void {
    this.failures = 0;
  }

  /** @returns whether that is reason enough to break it */
  fail(): boolean {
    this.failures += 1;
    return this.failures >= FAILURES_TO_OPEN;
  }

  /** Opens it, until it is closed. */
  break(reason: string): void {
    this.why = reason;
  }

  close(): void {
    this.failures = 0;
    this.why = undefined;
  }
}
