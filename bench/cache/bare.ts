import type { Contestant, OpenCache } from './contestant.ts';
import { loadOurs } from './peers.ts';
import { TTL_MS } from './plan.ts';
import { plainKey } from './tool-key.ts';

/** What is used of it. */
interface LruModule {
  LRUCache: new (options: { max: number; ttl: number }) => {
    get(key: string): string | undefined;
    set(key: string, value: string): void;
  };
}

/** The floor: `get` of the library that our first level is made of, with the same bounds, and nothing else. */
export const bare: Contestant = {
  name: 'bare',
  title: 'bare lru-cache get',
  configured: `new LRUCache({ max, ttl: ${String(TTL_MS)} }).get(key)`,
  of: 'bare',
  works: ['hit', 'hit-hashed', 'hit-prepared'],
  open: async ({ l1Entries, keying }) => {
    const { LRUCache } = await loadOurs<LruModule>('lru-cache');
    const kept = new LRUCache({ max: l1Entries, ttl: TTL_MS });
    const load = async (key: string, bring: () => Promise<string>): Promise<string> => {
      const value = await bring();
      kept.set(key, value);
      return value;
    };
    return {
      key: plainKey(keying),
      ask: (key: string, bring: () => Promise<string>) => kept.get(key) ?? load(key, bring),
      close: () => Promise.resolve(),
    } satisfies OpenCache<string>;
  },
};
