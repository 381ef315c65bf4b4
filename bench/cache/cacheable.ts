import type { Contestant, OpenCache, Setup } from './contestant.ts';
import { loadPeer } from './peers.ts';
import { TTL_MS, WORKS } from './plan.ts';
import type { ToolArguments } from './questions.ts';
import { plainKey } from './tool-key.ts';

/** What is used of it. */
interface Cacheable {
  getOrSet(key: string, load: () => Promise<string>): Promise<string>;
  wrap<A>(load: (args: A) => Promise<string>, options: { keyPrefix: string }): (args: A) => Promise<string>;
  disconnect(): Promise<void>;
}
interface CacheableModule {
  Cacheable: new (options: { primary: object; secondary: object; ttl: number; nonBlocking: boolean }) => Cacheable;
  createKeyv: (options: { lruSize: number; useClone: boolean }) => object;
}
interface KeyvRedisModule {
  createKeyv: (url: string) => object;
}

interface Options {
  /** Whether its first level gives copies, as it does unless told otherwise. */
  useClone: boolean;
  /** Whether it answers without waiting for its second level to have taken what was loaded. */
  nonBlocking: boolean;
}

export function cacheable(name: string, { useClone, nonBlocking }: Options): Contestant {
  return {
    name,
    title: `cacheable, ${useClone ? 'copies' : 'no copies'}, ${nonBlocking ? 'non-blocking' : 'blocking'}${useClone && !nonBlocking ? ' (its defaults)' : ''}`,
    configured: `primary createKeyv({ useClone: ${String(useClone)} }), secondary @keyv/redis, nonBlocking ${String(nonBlocking)}, getOrSet`,
    of: 'cacheable',
    works: WORKS,
    open: async (setup) => {
      const cache = await make(setup, { useClone, nonBlocking });
      return {
        key: plainKey(setup.keying),
        ask: (key: string, load) => cache.getOrSet(key, load),
        close: () => cache.disconnect(),
      } satisfies OpenCache<string>;
    },
  };
}

/** Its wrapped function, which makes the key itself: a short hash (djb2) of the arguments' JSON. */
export function cacheableWrap(name: string): Contestant {
  return {
    name,
    title: 'cacheable, wrap()',
    configured: 'as the one without copies, non-blocking, but wrap(), which makes the key from the arguments (djb2)',
    of: 'cacheable',
    works: ['hit'],
    open: async (setup) => {
      const cache = await make(setup, { useClone: false, nonBlocking: true });
      let load: () => Promise<string>;
      const wrapped = cache.wrap((_args: ToolArguments) => load(), { keyPrefix: 'report' });
      return {
        key: (args) => args,
        ask: (args: ToolArguments, loadThis) => {
          load = loadThis;
          return wrapped(args);
        },
        close: () => cache.disconnect(),
      } satisfies OpenCache<ToolArguments>;
    },
  };
}

async function make({ redisPort, l1Entries }: Setup, { useClone, nonBlocking }: Options): Promise<Cacheable> {
  const { Cacheable, createKeyv } = await loadPeer<CacheableModule>('cacheable');
  const { createKeyv: createRedis } = await loadPeer<KeyvRedisModule>('@keyv/redis');
  return new Cacheable({
    primary: createKeyv({ lruSize: l1Entries, useClone }),
    secondary: createRedis(`redis://127.0.0.1:${String(redisPort)}`),
    ttl: TTL_MS,
    nonBlocking,
  });
}
