import type { CacheType } from '@mcp-cluster/protocol';
import { counterFamily, type Counter, type Registry } from '@mcp-cluster/telemetry';
import {
  CACHE_LEVELS,
  LOAD_RESULTS,
  LOOKUP_RESULTS,
  WRITE_RESULTS,
  type CacheLevel,
  type LoadResult,
  type WriteResult,
} from './cache.observer.js';
import { CACHE_TYPES, each, type Each } from './cache-types.js';
import { LookupTable } from './lookup-table.js';

const OPERATIONS = ['get', 'set', 'evict', 'invalidate'] as const;
/** Where an operation concerns no level alone. */
const ALL_LEVELS = 'all';
const WAITS = ['process', 'cluster'] as const;
const ORIGINS = ['own', 'heard'] as const;

/** A look-up counts in two families. */
export interface LookupCounters {
  /** P13's: all types together. */
  readonly get: Counter;
  /** P06's. */
  readonly lookup: Counter;
}

/** The families of the cache's counters, with all their children: some 160. */
export interface CacheCounters {
  readonly lookups: LookupTable<LookupCounters>;
  readonly sets: Each<CacheLevel, Each<WriteResult, Counter>>;
  readonly evictions: Counter;
  readonly invalidated: Counter;
  readonly loads: Each<CacheType, Each<LoadResult, Counter>>;
  readonly waits: Each<(typeof WAITS)[number], Counter>;
  readonly rescued: Each<CacheType, Counter>;
  readonly invalidations: Each<(typeof ORIGINS)[number], Counter>;
}

export function cacheCounters(registry: Registry): CacheCounters {
  const operations = counterFamily(registry, {
    name: 'mcp_cache_operations_total',
    help: 'What was done at a level of the cache, and how it ended; an invalidation concerns all levels.',
    labels: ['operation', 'cache_level', 'result'],
    allowed: {
      operation: OPERATIONS,
      cache_level: [...CACHE_LEVELS, ALL_LEVELS],
      result: [...LOOKUP_RESULTS, ...WRITE_RESULTS],
    },
  });
  const lookups = counterFamily(registry, {
    name: 'mcp_cache_lookups_total',
    help: 'Look-ups by level, by what is kept, and by how they ended.',
    labels: ['cache_level', 'type', 'result'],
    allowed: { cache_level: CACHE_LEVELS, type: CACHE_TYPES, result: LOOKUP_RESULTS },
  });
  const loads = counterFamily(registry, {
    name: 'mcp_cache_loads_total',
    help: 'Loads of what no level had, by what is kept and by how they ended.',
    labels: ['type', 'result'],
    allowed: { type: CACHE_TYPES, result: LOAD_RESULTS },
  });
  const waits = counterFamily(registry, {
    name: 'mcp_cache_waits_total',
    help: 'Calls that waited for a load which another one had begun, in this process or in the cluster.',
    labels: ['where'],
    allowed: { where: WAITS },
  });
  const rescued = counterFamily(registry, {
    name: 'mcp_cache_rescued_total',
    help: 'Stale entries that were served because loading them anew failed.',
    labels: ['type'],
    allowed: { type: CACHE_TYPES },
  });
  const invalidations = counterFamily(registry, {
    name: 'mcp_cache_invalidations_total',
    help: 'Invalidations that were asked for here (own) or at another node (heard).',
    labels: ['origin'],
    allowed: { origin: ORIGINS },
  });
  const operation = (name: (typeof OPERATIONS)[number], cache_level: string, result: string): Counter =>
    operations.child({ operation: name, cache_level, result });
  return {
    lookups: new LookupTable((cache_level, type, result) => ({
      get: operation('get', cache_level, result),
      lookup: lookups.child({ cache_level, type, result }),
    })),
    sets: each(CACHE_LEVELS, (level) => each(WRITE_RESULTS, (result) => operation('set', level, result))),
    evictions: operation('evict', 'l1', 'ok'),
    invalidated: operation('invalidate', ALL_LEVELS, 'ok'),
    loads: each(CACHE_TYPES, (type) => each(LOAD_RESULTS, (result) => loads.child({ type, result }))),
    waits: each(WAITS, (where) => waits.child({ where })),
    rescued: each(CACHE_TYPES, (type) => rescued.child({ type })),
    invalidations: each(ORIGINS, (origin) => invalidations.child({ origin })),
  };
}
