import type { CacheQuery } from '@mcp-cluster/protocol';

/** What is wanted of the cache's levels to make entries ahead of time. */
export interface PrefetchStack {
  /** Whether the first level has an entry that is fresh for at least `aheadMs` more milliseconds. */
  has(id: string, aheadMs: number): boolean;
  /**
   * Loads and keeps when no entry is at hand that is fresh for so long. Resolves false when there was nothing to do
   * or it failed; never rejects.
   */
  refresh<V>(query: CacheQuery<V>, aheadMs: number): Promise<boolean>;
  /** What the first level holds, the most used first. */
  hottest(count: number): readonly { readonly id: string }[];
  /** Drops entries from the first level. */
  drop(ids: readonly string[]): void;
}
