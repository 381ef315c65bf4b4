/** A call that may run once: whose it is, which tool, and the client's key for it. */
export interface LedgerEntry {
  /** `principalKey`, tool and the client's key: one text, not shown to anybody. */
  readonly key: string;
  /** Digest of the canonical arguments: the same key with other arguments is a client's mistake. */
  readonly digest: string;
  /** The tool may be run again when the node that ran it is gone (readOnlyHint or idempotentHint). */
  readonly repeatable: boolean;
}

/**
 * - `claimed`: run it, then `settle` with this fence
 * - `running`: another node, or another call here, is on it
 * - `settled`: it has ended; `resultJson` is its result
 * - `unknown`: the node that ran it is gone, and whether it had an effect nobody knows. It stays so
 * - `conflict`: the key was used with other arguments
 */
export type Claim =
  | { readonly state: 'claimed'; readonly fence: number }
  | { readonly state: 'running' }
  | { readonly state: 'settled'; readonly resultJson: string }
  | { readonly state: 'unknown' }
  | { readonly state: 'conflict' };

/**
 * Which calls with an idempotency key have run, in the whole cluster. An entry is kept 24 h after it ended.
 * Each call rejects with LocalError `store_unavailable` when the ledger cannot be reached, after 250 ms at the latest,
 * and `store_full` when it has no room: then nothing may be run.
 */
export interface Ledger {
  claim(entry: LedgerEntry): Promise<Claim>;
  /** Stores the result. False when the claim was lost meanwhile (fenced): the stored outcome is another. */
  settle(entry: LedgerEntry, fence: number, resultJson: string): Promise<boolean>;
  /** The call ended before it did anything (refused arguments, questions to the user): the key is free again. */
  release(entry: LedgerEntry, fence: number): Promise<void>;
}
