import type { CacheQuery } from '@mcp-cluster/protocol';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from './patterns/hour-patterns.js';
import { coldest, LEAST_WARM_TTL_MS, MAX_WARM, WarmSet } from './warm-set.js';

function used(id: string, uses: number, ttlMs = HOUR_MS): { query: CacheQuery<unknown>; uses: number } {
  return {
    uses,
    query: {
      key: { id, type: 'resource', space: 'notes', scope: 'public', owner: '', tags: [] },
      policy: { ttlMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
      load: () => Promise.resolve({ value: id, keep: true }),
    },
  };
}

describe('P07: what is kept warm and what is dropped', () => {
  it('keeps the most used fifth', () => {
    const warm = new WarmSet();
    warm.choose(Array.from({ length: 10 }, (_, id) => used(String(id), 10 - id)));
    expect([...warm.ids()]).toEqual(['0', '1']);
    warm.choose(Array.from({ length: 5_000 }, (_, id) => used(String(id), 10)));
    expect(warm.size).toBe(MAX_WARM);
  });

  it('leaves out what is asked for less than once in its life, and what lives too short', () => {
    const warm = new WarmSet();
    const fiveMinutes = 300_000;
    const rest = Array.from({ length: 16 }, (_, id) => used(`rest ${String(id)}`, 1));
    warm.choose([
      used('short', 9_999, LEAST_WARM_TTL_MS - 1),
      used('worth it', 12, fiveMinutes),
      used('not worth it', 11, fiveMinutes),
      used('long', 10),
      ...rest,
    ]);
    expect([...warm.ids()]).toEqual(['worth it', 'long']);
  });

  it('drops the least used tenth, but nothing that is kept', () => {
    const entries = Array.from({ length: 29 }, (_, id) => ({ id: String(id) }));
    expect(coldest(entries, () => false)).toEqual(['27', '28']);
    expect(coldest(entries, (id) => id === '28')).toEqual(['27']);
    expect(coldest(entries.slice(0, 9), () => false)).toEqual([]);
  });
});
