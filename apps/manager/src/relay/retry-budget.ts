/** Bounds how many requests are retried at one time; libs/balance has one. */
export interface RetryBudget {
  /** Takes a place for a retry, if there is one. Then `end` is called exactly once. */
  tryBegin(): boolean;
  end(): void;
}
