import type { CacheType } from '@mcp-cluster/protocol';
import { CACHE_TYPES } from './cache-types.js';
import { CACHE_LEVELS, LOOKUP_RESULTS, type CacheLevel, type LookupResult } from './cache.observer.js';

/**
 * Something for each way in which a look-up can end. It is asked at every cached call: finding a place by three names in
 * nested objects takes 35 ns, by three switches 5 to 10 ns.
 */
export class LookupTable<V> {
  private readonly places: V[] = [];

  constructor(make: (level: CacheLevel, type: CacheType, result: LookupResult) => V) {
    for (const level of CACHE_LEVELS)
      for (const type of CACHE_TYPES)
        for (const result of LOOKUP_RESULTS) this.places[place(level, type, result)] = make(level, type, result);
  }

  at(level: CacheLevel, type: CacheType, result: LookupResult): V {
    return this.places[place(level, type, result)] as V;
  }
}

/** The most frequent ones come first in each switch. */
function place(level: CacheLevel, type: CacheType, result: LookupResult): number {
  return (levelPlace(level) * CACHE_TYPES.length + typePlace(type)) * LOOKUP_RESULTS.length + resultPlace(result);
}

function levelPlace(level: CacheLevel): number {
  switch (level) {
    case 'l1':
      return 0;
    case 'l2':
      return 1;
    case 'l3':
      return 2;
  }
}

function typePlace(type: CacheType): number {
  switch (type) {
    case 'tool_result':
      return 0;
    case 'resource':
      return 1;
    case 'computed_result':
      return 2;
    case 'auth_token':
      return 3;
  }
}

function resultPlace(result: LookupResult): number {
  switch (result) {
    case 'hit':
      return 0;
    case 'miss':
      return 1;
    case 'stale':
      return 2;
    case 'skipped':
      return 3;
    case 'error':
      return 4;
    case 'corrupt':
      return 5;
    case 'foreign':
      return 6;
  }
}
