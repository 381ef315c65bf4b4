import type { Boarding, CacheEntry, CacheQuery, ResultCache } from '@mcp-cluster/protocol';
import type { Prefetcher } from './prefetcher.js';

/** A cache whose callers' habits are learned from: it answers as the one behind it does. */
export class PrefetchingCache implements ResultCache {
  constructor(
    private readonly cache: ResultCache,
    private readonly prefetcher: Pick<Prefetcher, 'accessed'>,
  ) {}

  /** Every call that looks begins with it, so that each is counted once. One that wants its answer made anew tells nothing. */
  peek<V>(query: CacheQuery<V>): CacheEntry<V> | undefined {
    this.prefetcher.accessed(query, query.asker, query.prefetchable === true);
    return this.cache.peek(query);
  }

  board<V>(query: CacheQuery<V>, passenger: object): Boarding<V> {
    return this.cache.board(query, passenger);
  }

  reload<V>(query: CacheQuery<V>, passenger: object): Boarding<V> {
    return this.cache.reload(query, passenger);
  }

  invalidate(tags: readonly string[]): Promise<void> {
    return this.cache.invalidate(tags);
  }
}
