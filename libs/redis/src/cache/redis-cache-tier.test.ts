import { Background, systemClock } from '@mcp-cluster/kernel';
import {
  cacheTierContract,
  sharedTierContract,
  sharedTierProperty,
  sharedTierWarmContract,
  type OpenSharedTier,
} from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { RedisCacheTier } from './redis-cache-tier.js';

describe.skipIf(!findRedisServer())('with a redis-server', () => {
  const failures: Error[] = [];
  const background = new Background((_name, error) => failures.push(error));
  let server: TestRedis;
  let raw: Redis;
  let stores: RedisStore[];

  beforeAll(async () => {
    server = await startRedis();
    raw = new Redis(server.url);
    const settings = { url: server.url, prefix: 'test', name: 'test', clock: systemClock, background };
    stores = [openRedis(settings), openRedis(settings)];
    expect(await Promise.all(stores.map((store) => store.answers(5_000)))).toEqual([true, true]);
  });
  afterAll(async () => {
    for (const store of stores) store.close();
    raw.disconnect();
    await server.stop();
    expect(failures).toEqual([]);
  });

  const open: OpenSharedTier = async () => {
    await raw.flushall();
    const [first, second] = stores.map((store) => new RedisCacheTier(store));
    return {
      first: first!,
      second: second!,
      now: () => stores[0]!.time.now(),
      // Redis' own clock cannot be moved: what it keeps has less time left.
      elapse: async (ms) => {
        for (const key of await raw.keys('*')) {
          const left = await raw.pttl(key);
          if (left >= 0) await raw.pexpire(key, left - ms);
        }
      },
    };
  };

  sharedTierContract('Redis', open);
  sharedTierWarmContract('Redis', open);
  sharedTierProperty('Redis', open, 60);
  cacheTierContract('Redis', async () => {
    const { first: tier, now, elapse } = await open();
    // The contract's entries are older than any Redis: its log has always been there.
    await raw.zadd('test:cache:log', 1, 'highest');
    return { tier, now, elapse };
  });
});
