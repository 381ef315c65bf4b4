import type { Contestant, OpenCache, Setup } from './contestant.ts';
import { loadPeer } from './peers.ts';
import { TTL_MS, WORKS } from './plan.ts';
import { plainKey } from './tool-key.ts';

/** What is used of it. */
interface Store {
  useL1Layer(driver: object): Store;
  useL2Layer(driver: object): Store;
}
interface Bentocache {
  BentoCache: new (options: { default: 'kept'; stores: { kept: Store } }) => {
    getOrSet(options: { key: string; factory: () => Promise<string> }): Promise<string>;
    disconnectAll(): Promise<void>;
  };
  bentostore: (options: { ttl: number }) => Store;
}
interface MemoryModule {
  memoryDriver: (options: { maxItems: number; serialize: boolean }) => object;
}
interface RedisModule {
  redisDriver: (options: { connection: { host: string; port: number } }) => object;
}

/**
 * Without its bus, which would publish every write: nothing here changes what is kept, and it takes no part in a stampede.
 * @param serialize whether its first level keeps JSON, as it does unless told otherwise, or the value itself
 */
export function bentocache(name: string, serialize: boolean): Contestant {
  return {
    name,
    title: `bentocache, first level ${serialize ? 'serialised (its default)' : 'not serialised'}`,
    configured: `memoryDriver({ serialize: ${String(serialize)} }), redisDriver (ioredis), no bus, getOrSet`,
    of: 'bentocache',
    works: WORKS,
    open: (setup) => open(setup, serialize),
  };
}

async function open({ redisPort, l1Entries, keying }: Setup, serialize: boolean): Promise<OpenCache<string>> {
  const { BentoCache, bentostore } = await loadPeer<Bentocache>('bentocache');
  const { memoryDriver } = await loadPeer<MemoryModule>('bentocache/drivers/memory');
  const { redisDriver } = await loadPeer<RedisModule>('bentocache/drivers/redis');
  const kept = bentostore({ ttl: TTL_MS })
    .useL1Layer(memoryDriver({ maxItems: l1Entries, serialize }))
    .useL2Layer(redisDriver({ connection: { host: '127.0.0.1', port: redisPort } }));
  const cache = new BentoCache({ default: 'kept', stores: { kept } });
  return {
    key: plainKey(keying),
    ask: (key, load) => cache.getOrSet({ key, factory: load }),
    close: () => cache.disconnectAll(),
  };
}
