import type { CacheType } from '@mcp-cluster/protocol';
import type { CacheCounters } from './cache-counters.js';
import { CACHE_TYPES, each, type Each } from './cache-types.js';
import { CACHE_LEVELS, LOAD_RESULTS, type CacheLevel, type LoadResult, type LookupResult } from './cache.observer.js';

/** Look-ups that brought a value, a stale one too, and those that were made and brought none. */
export interface HitsAndMisses {
  readonly hits: number;
  readonly misses: number;
}

export interface LevelTotals extends HitsAndMisses {
  /** Look-ups that were not made because the level rests. */
  readonly skipped: number;
  readonly types: Each<CacheType, HitsAndMisses>;
}

/** What a process' cache has done since it began. */
export interface CacheTotals {
  readonly levels: Each<CacheLevel, LevelTotals>;
  readonly loads: Each<CacheType, Each<LoadResult, number>>;
  readonly waits: Each<'process' | 'cluster', number>;
  readonly rescued: number;
  readonly evicted: number;
  readonly invalidations: Each<'own' | 'heard', number>;
}

const HITS: readonly LookupResult[] = ['hit', 'stale'];
const MISSES: readonly LookupResult[] = ['miss', 'corrupt', 'foreign', 'error'];

export function readTotals(counters: CacheCounters): CacheTotals {
  const { waits, invalidations } = counters;
  return {
    levels: each(CACHE_LEVELS, (level) => levelTotals(counters, level)),
    loads: each(CACHE_TYPES, (type) => each(LOAD_RESULTS, (result) => counters.loads[type][result].value)),
    waits: { process: waits.process.value, cluster: waits.cluster.value },
    rescued: CACHE_TYPES.reduce((sum, type) => sum + counters.rescued[type].value, 0),
    evicted: counters.evictions.value,
    invalidations: { own: invalidations.own.value, heard: invalidations.heard.value },
  };
}

function levelTotals({ lookups }: CacheCounters, level: CacheLevel): LevelTotals {
  const count = (type: CacheType, results: readonly LookupResult[]): number =>
    results.reduce((sum, result) => sum + lookups.at(level, type, result).lookup.value, 0);
  const types = each(CACHE_TYPES, (type) => ({ hits: count(type, HITS), misses: count(type, MISSES) }));
  const sum = (of: (type: CacheType) => number): number => CACHE_TYPES.reduce((all, type) => all + of(type), 0);
  return {
    hits: sum((type) => types[type].hits),
    misses: sum((type) => types[type].misses),
    skipped: sum((type) => count(type, ['skipped'])),
    types,
  };
}
