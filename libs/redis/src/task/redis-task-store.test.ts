import { Background, systemClock } from '@mcp-cluster/kernel';
import {
  sharedTaskStoreContract,
  taskOf,
  taskOriginOf,
  taskStoreContract,
  type OpenTaskStore,
} from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { RedisTaskStore } from './redis-task-store.js';

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

  const leaseOf = (owner: string): [key: string, life: string] => {
    const [id = '', life = ''] = owner.split('/');
    return [`test:node:${id}`, life];
  };

  const open: OpenTaskStore = async (limits) => {
    await raw.flushall();
    let views = 0;
    return {
      node: async (owner) => {
        await raw.set(...leaseOf(owner));
        return new RedisTaskStore(stores[(views += 1) % 2]!, { owner, ...(limits && { limits }) });
      },
      loseLease: async (owner) => {
        await raw.del(leaseOf(owner)[0]);
      },
      loseAll: async () => {
        await raw.flushall();
      },
      // Redis' own clock cannot be moved: what it keeps has less time left.
      elapse: async (ms) => {
        for (const name of await raw.zrange('test:task:index', '0', '-1'))
          await raw.zincrby('test:task:index', -ms, name);
        for (const key of await raw.keys('test:task:id:*')) await raw.pexpire(key, (await raw.pttl(key)) - ms);
      },
    };
  };

  taskStoreContract('Redis', open);
  sharedTaskStoreContract('Redis', open);

  it('S13: nothing is left of tasks that are gone: no owner, no size, no key', async () => {
    const harness = await open();
    const [first, second] = [await harness.node('node-a/1'), await harness.node('node-b/1')];
    const fence = await first.create(taskOf('ended'), taskOriginOf());
    await first.put(taskOf('ended', { status: 'completed', resultJson: '1' }), fence);
    await first.create(taskOf('orphan'), taskOriginOf());
    await harness.loseLease('node-a/1');
    const [orphan] = await second.orphans(10, []);
    expect(await raw.smembers('test:task:owners')).toEqual(['node-b/1']);
    await second.put(taskOf('orphan', { status: 'failed' }), orphan!.fence);
    await Promise.all([second.delete('ended'), second.delete('orphan')]);
    expect((await raw.keys('test:task:*')).toSorted()).toEqual(['test:task:sizes']);
    expect(await raw.hgetall('test:task:sizes')).toEqual({ '': '0' });
  });
});
