import type { CacheType } from '@mcp-cluster/protocol';
import { gaugeFamily, histogramFamily, type Histogram, type Reading, type Registry } from '@mcp-cluster/telemetry';
import { cacheCounters, type CacheCounters } from './cache-counters.js';
import { readTotals, type CacheTotals } from './cache-totals.js';
import { CACHE_TYPES, each, type Each } from './cache-types.js';
import {
  CACHE_LEVELS,
  type CacheLevel,
  type CacheObserver,
  type LoadResult,
  type LookupResult,
  type WriteResult,
} from './cache.observer.js';
import type { CacheSizes } from './size-sampler.js';
import type { TierSize } from './tier/tier.js';

/** Seconds: from a small file to a tool that works for a minute. */
const LOAD_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/**
 * What a process shows of its cache (P06, P13). All children are made at the start: a hit of the first level costs two
 * additions, and a rate is right from the first hit on, since each series begins with 0.
 */
export class CacheMetrics implements CacheObserver {
  private readonly counters: CacheCounters;
  private readonly durations: Each<CacheType, Histogram>;
  private readonly rests = { l2: false, l3: false };

  /** @param levels those that this process has */
  constructor(
    private readonly registry: Registry,
    levels: readonly CacheLevel[],
  ) {
    this.counters = cacheCounters(registry);
    const durations = histogramFamily(registry, {
      name: 'mcp_cache_load_duration_seconds',
      help: 'Time from the beginning of a load to its end, by what is kept.',
      labels: ['type'],
      allowed: { type: CACHE_TYPES },
      buckets: LOAD_BUCKETS,
    });
    this.durations = each(CACHE_TYPES, (type) => durations.child({ type }));
    const outer = levels.filter((level) => level !== 'l1');
    gaugeFamily(
      registry,
      {
        name: 'mcp_cache_resting',
        help: 'Whether a level is left alone because it fails or is slow (1) or asked (0). Absent without the level.',
        labels: ['cache_level'],
      },
      () => outer.map((cache_level): Reading<'cache_level'> => [{ cache_level }, this.rests[cache_level] ? 1 : 0]),
    );
  }

  /** Shows how much each level holds. Once. @param read called at each scrape, so it must be cheap (SizeSampler) */
  showSizes(read: () => CacheSizes): void {
    const about = { labels: ['cache_level'] as const, allowed: { cache_level: CACHE_LEVELS } };
    const gauge = (name: string, help: string, of: (size: TierSize) => number): void => {
      gaugeFamily(this.registry, { name, help, ...about }, () => {
        const sizes = read();
        return CACHE_LEVELS.flatMap((cache_level): Reading<'cache_level'>[] => {
          const size = sizes[cache_level];
          return size === undefined ? [] : [[{ cache_level }, of(size)]];
        });
      });
    };
    const late = 'Measured at the scrape before; that of l2 is the same on every node.';
    gauge('mcp_cache_entries', `Entries that a level holds. ${late}`, ({ entries }) => entries);
    gauge('mcp_cache_bytes', `Bytes of the entries that a level holds. ${late}`, ({ bytes }) => bytes);
  }

  looked(level: CacheLevel, type: CacheType, result: LookupResult): void {
    const { get, lookup } = this.counters.lookups.at(level, type, result);
    get.inc();
    lookup.inc();
  }

  wrote(level: CacheLevel, result: WriteResult): void {
    this.counters.sets[level][result].inc();
  }

  evicted(): void {
    this.counters.evictions.inc();
  }

  invalidated(own: boolean): void {
    this.counters.invalidated.inc();
    this.counters.invalidations[own ? 'own' : 'heard'].inc();
  }

  loaded(type: CacheType, result: LoadResult, seconds: number): void {
    this.counters.loads[type][result].inc();
    this.durations[type].observe(seconds);
  }

  waited(where: 'process' | 'cluster'): void {
    this.counters.waits[where].inc();
  }

  rescued(type: CacheType): void {
    this.counters.rescued[type].inc();
  }

  resting(level: 'l2' | 'l3', resting: boolean): void {
    this.rests[level] = resting;
  }

  /** What was counted since the process began. */
  totals(): CacheTotals {
    return readTotals(this.counters);
  }
}
