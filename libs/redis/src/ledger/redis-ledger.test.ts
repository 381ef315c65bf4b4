import { Background, errorCode, systemClock } from '@mcp-cluster/kernel';
import {
  ledgerContract,
  entryOf,
  claimed,
  ledgerProperty,
  markStoreContract,
  type OpenLedger,
} from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { RedisLedger } from './redis-ledger.js';
import { RedisMarkStore } from './redis-mark-store.js';

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

  /** Redis' own clock cannot be moved: what it keeps has less time left. */
  const elapse = async (ms: number): Promise<void> => {
    for (const name of await raw.zrange('test:ledger:index', '0', '-1'))
      await raw.zincrby('test:ledger:index', -ms, name);
    for (const key of await raw.keys('*')) {
      const left = await raw.pttl(key);
      if (left >= 0) await raw.pexpire(key, left - ms);
    }
  };

  const open: OpenLedger = async (limits) => {
    await raw.flushall();
    let views = 0;
    return {
      node: async (owner) => {
        await raw.set(...leaseOf(owner));
        return new RedisLedger(stores[(views += 1) % 2]!, { owner, ...(limits && { limits }) });
      },
      loseLease: async (owner) => {
        await raw.del(leaseOf(owner)[0]);
      },
      elapse,
    };
  };

  ledgerContract('Redis', open);
  ledgerProperty('Redis', open, 60);
  markStoreContract('Redis', async () => {
    await raw.flushall();
    const [first, second] = stores.map((store) => new RedisMarkStore(store));
    return { first: first!, second: second!, elapse };
  });

  it('keys are written nowhere as a client gave them, everything expires, and counts come back to nothing', async () => {
    const harness = await open();
    const ledger = await harness.node('node-a/1');
    const [one, two] = [entryOf('1'), entryOf('2')];
    await ledger.settle(one, await claimed(ledger, one), '"kept"');
    await ledger.release(two, await claimed(ledger, two));
    expect(await raw.hgetall('test:ledger:sizes')).toEqual({ '': '6', '1': '6' });
    for (const key of await raw.keys('test:ledger:call:*')) expect(await raw.pttl(key)).toBeGreaterThan(86_000_000);
    await elapse(86_400_001);
    await ledger.claim(entryOf('3'));
    expect(await raw.hgetall('test:ledger:sizes')).toEqual({ '': '0', '3': '0' });
    expect(await raw.keys('test:ledger:call:*')).toHaveLength(1);
  });

  it("experiment 23: fences rise also when Redis' clock was set back", async () => {
    const harness = await open();
    await claimed(await harness.node('node-a/1'), entryOf('1'));
    const later = 4_000_000_000_000_000;
    await raw.hset('test:ledger:call:1', 'fence', String(later));
    await harness.loseLease('node-a/1');
    expect(await claimed(await harness.node('node-b/1'), entryOf('1'))).toBe(later + 1);
  });

  it('experiment 9: a Redis out of memory is full, and nothing is claimed', async () => {
    const harness = await open();
    const ledger = await harness.node('node-a/1');
    await raw.config('SET', 'maxmemory', '1');
    try {
      expect(await ledger.claim(entryOf('1')).then(() => 'claimed', errorCode)).toBe('store_full');
    } finally {
      await raw.config('SET', 'maxmemory', '0');
    }
    expect(await ledger.look(entryOf('1'))).toEqual({ state: 'free' });
  });
});
