import type { CacheKey } from '@mcp-cluster/protocol';

/** A level behind the first one. */
export type TierLevel = 'l2' | 'l3';

/** What is said of an entry beside its value; a part of its encoded bytes too. */
export interface EntryMeta extends CacheKey {
  /**
   * The version at which its load began. An invalidation has a version too: an entry is good only if it was born after
   * the last invalidation of each of its tags. So a slow load cannot bring back what was invalidated meanwhile.
   */
  readonly born: number;
  /** Wall time of the cluster, milliseconds. */
  readonly freshUntil: number;
  /** Until then it may be served while it is loaded anew; `freshUntil` or later. */
  readonly staleUntil: number;
  /** Until then it may be served when a load fails; `freshUntil` or later. */
  readonly errorUntil: number;
}

export interface TierSize {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * A level of the cache outside the process' memory: it holds encoded entries (entry.codec.ts), may lose any of them at
 * any time, and may fail. Every method rejects with a LocalError when the level does not work; callers count that as a
 * miss. None takes longer than some hundred milliseconds.
 */
export interface CacheTier {
  readonly level: TierLevel;
  /** The bytes that were set under this id, whole; undefined when there are none or their time is over. */
  get(id: string): Promise<Uint8Array | undefined>;
  /**
   * Keeps an entry until the last of its times, or for as long as the level keeps anything (P06), whichever is less.
   * @returns false when it was not taken: too large, or invalidated since it was born, or an entry born later is there
   */
  set(meta: EntryMeta, bytes: Uint8Array): Promise<boolean>;
  /** Forgets one entry. @returns whether there was one */
  delete(id: string): Promise<boolean>;
  /**
   * Forgets the entries that carry one of the tags and were born at this version or before, and refuses them from now
   * on (for at least as long as such an entry could be served).
   * @param version a lower bound; a level that gives the cluster's versions uses its own, higher one
   * @returns the version that the invalidation has
   */
  invalidate(tags: readonly string[], version: number): Promise<number>;
  size(): Promise<TierSize>;
}

/** What the shared level says of one key: an entry, or who may load it. */
export type SharedAnswer =
  /** `invalidatedAt`: the version of the last invalidation that concerns the key's tags, 0 for none. */
  | { readonly state: 'hit'; readonly bytes: Uint8Array; readonly invalidatedAt: number }
  /** The claim is the caller's. `version` is the fence of the claim, and what an entry that is loaded now is born at. */
  | { readonly state: 'claimed'; readonly version: number; readonly invalidatedAt: number }
  /** Somebody else loads it. */
  | { readonly state: 'taken'; readonly invalidatedAt: number };

/** A claim on loading one key: it ends with its lease, so that a node that died keeps nobody waiting for longer. */
export interface ClaimRequest {
  /** Node and its life: another life does not own the claims of the one before. */
  readonly owner: string;
  readonly leaseMs: number;
}

/** The level that all nodes share: it also decides which of them loads a missing entry, and orders what happens. */
export interface SharedTier extends CacheTier {
  readonly level: 'l2';
  /** False while it is known not to answer: then nothing is asked of it. */
  readonly available: boolean;
  /** The entry, or else the claim to load it if nobody has it: one round trip. Asking again renews a claim of one's own. */
  fetch(key: Pick<CacheKey, 'id' | 'tags'>, claim: ClaimRequest): Promise<SharedAnswer>;
  /** Lengthens a claim. @returns false when it is somebody else's by now, or gone */
  renew(id: string, version: number, claim: ClaimRequest): Promise<boolean>;
  /**
   * Ends a claim, with the entry where there is one to keep. An entry whose claim was lost meanwhile is not taken.
   * @returns whether it was kept, and whether anybody asked for the key since it was claimed (they wait to be told)
   */
  settle(
    id: string,
    version: number,
    claim: ClaimRequest,
    entry: { readonly meta: EntryMeta; readonly bytes: Uint8Array } | undefined,
  ): Promise<{ readonly kept: boolean; readonly awaited: boolean }>;
  /** Invalidations since this version, oldest first, at most some thousand: for a node that was away. */
  invalidationsSince(version: number): Promise<readonly { readonly tag: string; readonly version: number }[]>;
  /** Adds hits to the cluster's count of what is used most. */
  reportHits(hits: readonly { readonly id: string; readonly hits: number }[]): Promise<void>;
  /** What was used most in the last half hour, most first. */
  hottest(count: number): Promise<readonly string[]>;
  /** Several entries at once, those that are there. */
  getMany(ids: readonly string[]): Promise<readonly Uint8Array[]>;
}
