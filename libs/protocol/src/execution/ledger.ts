/** A call that may run once: whose it is, which tool, and the client's key for it. */
export interface LedgerEntry {
  /** Digest of principal, tool and the client's key: one text, not shown to anybody. */
  readonly key: string;
  /** Digest of the canonical arguments: the same key with other arguments is a client's mistake. */
  readonly digest: string;
  /** The tool may be run again when the node that ran it is gone (readOnlyHint or idempotentHint). */
  readonly repeatable: boolean;
  /** Names this try, and no other in the cluster: a claim whose acknowledgement was lost is found again by it. */
  readonly attempt: string;
}

/** The calls with equal keys that came before have come this far. */
export type Standing =
  | { readonly state: 'running' }
  | { readonly state: 'settled'; readonly outcomeJson: string }
  | { readonly state: 'unknown' }
  | { readonly state: 'conflict' };

/**
 * - `claimed`: run it, then `settle` with this fence. The same attempt is told so again, with the same fence
 * - `running`: another node, or another call here, is on it
 * - `settled`: it has ended; `outcomeJson` is what was stored
 * - `unknown`: the node that ran it is gone, and whether it had an effect nobody knows. It stays so
 * - `conflict`: the key was used with other arguments
 */
export type Claim = { readonly state: 'claimed'; readonly fence: number } | Standing;

/**
 * Which calls with an idempotency key have run, in the whole cluster. An entry is kept 24 h after it ended, whatever
 * room there is: a forgotten one would run again.
 * Each call rejects with LocalError `store_unavailable` when the ledger cannot be reached, after 250 ms at the latest
 * (then nobody knows whether it was done), or when this node has lost its lease; `claim` also with `store_full`. In
 * none of these cases may anything be run.
 */
export interface Ledger {
  /** Takes the key for this attempt, if it is free. A key whose owner is gone is free if the call is repeatable. */
  claim(entry: LedgerEntry): Promise<Claim>;
  /** What `claim` would say, without taking anything: `free` in the place of `claimed`. */
  look(entry: LedgerEntry): Promise<Standing | { readonly state: 'free' }>;
  /**
   * Stores the outcome. False when the claim was lost meanwhile (fenced): the stored outcome is another.
   * @param outcomeJson at most `MAX_OUTCOME_BYTES`
   */
  settle(entry: LedgerEntry, fence: number, outcomeJson: string): Promise<boolean>;
  /** The call ended before it did anything (questions to the user): the key is free again. Nothing when fenced. */
  release(entry: LedgerEntry, fence: number): Promise<void>;
}

/** Longer outcomes are not kept, only that there was one: a call that returns more is a read, which needs no key. */
export const MAX_OUTCOME_BYTES = 1_048_576;

/** Milliseconds that an entry is kept after its end: a client that was off for a night still gets its answer. */
export const LEDGER_KEEP_MS = 86_400_000;
