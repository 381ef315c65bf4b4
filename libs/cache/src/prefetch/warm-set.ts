import type { CacheQuery } from '@mcp-cluster/protocol';
import { HOUR_MS } from './patterns/hour-patterns.js';

/** P07: of the keys that were used in an hour, so many are kept warm in the next one. */
export const WARM_SHARE = 0.2;
/** P07: of the entries in the first level, so many are dropped each hour. */
export const COLD_SHARE = 0.1;
/** A fifth of the first level (P06): more would push out what is asked for by itself. */
export const MAX_WARM = 200;
/** How often it is looked whether they are still warm. */
export const WARM_CHECK_MS = 15_000;
/** They are made anew when they have less than this: one look may come too late, two do not. */
export const WARM_AHEAD_MS = 2 * WARM_CHECK_MS;
/** What lives shorter would be made anew at every second look or more often: its author wants it new, not warm. */
export const LEAST_WARM_TTL_MS = 4 * WARM_CHECK_MS;

/**
 * The keys that are most used: the first fifth of those that were used in the last hour. One that is asked for less than
 * once in the life of an entry is left out: keeping it warm would load more often than its callers do.
 */
export class WarmSet {
  private warm = new Set<string>();

  get size(): number {
    return this.warm.size;
  }

  has(id: string): boolean {
    return this.warm.has(id);
  }

  /** @param used in the last hour, most used first */
  choose(used: readonly { readonly query: CacheQuery<unknown>; readonly uses: number }[]): void {
    const most = Math.min(MAX_WARM, Math.ceil(used.length * WARM_SHARE));
    const worthIt = used
      .slice(0, most)
      .filter(({ query, uses }) => query.policy.ttlMs >= LEAST_WARM_TTL_MS && uses * query.policy.ttlMs >= HOUR_MS);
    this.warm = new Set(worthIt.map(({ query }) => query.key.id));
  }

  ids(): IterableIterator<string> {
    return this.warm.values();
  }

  clear(): void {
    this.warm.clear();
  }
}

/**
 * The least used tenth. One that is asked for after all comes back from the next level.
 * @param entries of the first level, most used first
 */
export function coldest(entries: readonly { readonly id: string }[], isKept: (id: string) => boolean): string[] {
  const count = Math.floor(entries.length * COLD_SHARE);
  return entries
    .slice(entries.length - count)
    .map(({ id }) => id)
    .filter((id) => !isKept(id));
}
