import type { CacheType } from '@mcp-cluster/protocol';

export const CACHE_LEVELS = ['l1', 'l2', 'l3'] as const;
export type CacheLevel = (typeof CACHE_LEVELS)[number];

/**
 * How a look-up at one level ended. `stale` is a hit that was served beyond its time; `corrupt` an entry whose checksum is wrong, `foreign` one of
 * another format or another key: both are misses; `error` the level failed; `skipped` it was not asked because it fails or is slow.
 */
export const LOOKUP_RESULTS = ['hit', 'stale', 'miss', 'corrupt', 'foreign', 'error', 'skipped'] as const;
export type LookupResult = (typeof LOOKUP_RESULTS)[number];

/** `refused`: too large for the level, or invalidated meanwhile. */
export const WRITE_RESULTS = ['ok', 'refused', 'error', 'skipped'] as const;
export type WriteResult = (typeof WRITE_RESULTS)[number];

/** `unkept`: an answer that must not be kept; `abandoned`: everybody who waited had gone. */
export const LOAD_RESULTS = ['ok', 'unkept', 'error', 'abandoned'] as const;
export type LoadResult = (typeof LOAD_RESULTS)[number];

/** Told of what the cache does, for metrics; on the path of every cached call. It must not throw. */
export interface CacheObserver {
  looked(level: CacheLevel, type: CacheType, result: LookupResult): void;
  wrote(level: CacheLevel, result: WriteResult): void;
  /** An entry was dropped from the first level to make room. */
  evicted(): void;
  /** An invalidation was asked for here (`own`) or heard of. */
  invalidated(own: boolean): void;
  loaded(type: CacheType, result: LoadResult, seconds: number): void;
  /** A call waits for a load that another one began: here, or on another node. */
  waited(where: 'process' | 'cluster'): void;
  /** A stale entry was served because loading it anew failed. */
  rescued(type: CacheType): void;
  /** A level is left alone from now on (true), or asked again (false). */
  resting(level: 'l2' | 'l3', resting: boolean): void;
}
