import { expect, it } from 'vitest';
import { CACHE_TYPES } from './cache-types.js';
import { CACHE_LEVELS, LOOKUP_RESULTS } from './cache.observer.js';
import { LookupTable } from './lookup-table.js';

it('has a place of its own for each level, type and result', () => {
  const table = new LookupTable((...names) => names.join());
  for (const level of CACHE_LEVELS)
    for (const type of CACHE_TYPES)
      for (const result of LOOKUP_RESULTS) expect(table.at(level, type, result)).toBe([level, type, result].join());
});
