import { Background, systemClock } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { claimOf, granted, tierBytes, tierMeta } from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { RedisCacheTier } from './redis-cache-tier.js';

const A = claimOf('node-a/1');
const FILLING = 'x'.repeat(1_000_000);

describe.skipIf(!findRedisServer())('9: the cache in a Redis that has a bound', () => {
  const failures: Error[] = [];
  const background = new Background((_name, error) => failures.push(error));
  const clock = new VirtualClock();
  let server: TestRedis;
  let raw: Redis;
  let store: RedisStore;
  let tier: RedisCacheTier;
  let ids = 0;

  async function open(...args: string[]): Promise<void> {
    server = await startRedis(['--maxmemory', '20mb', ...args]);
    raw = new Redis(server.url);
    store = openRedis({ url: server.url, prefix: 'test', name: 'test', clock: systemClock, background });
    expect(await store.answers(5_000)).toBe(true);
    tier = new RedisCacheTier(store, { clock, background });
  }
  afterEach(async () => {
    store.close();
    raw.disconnect();
    await server.stop();
    expect(failures).toEqual([]);
  });

  const loads = async (): Promise<boolean> => {
    const id = `entry-${String((ids += 1))}`;
    const version = await granted(tier, { id, tags: ['t'] }, A);
    const meta = tierMeta(id, store.time.now(), { tags: ['t'], born: version });
    return (await tier.settle(id, version, A, { meta, bytes: tierBytes(100) })).kept;
  };

  /** The look that a write asks for; the next write knows of it. */
  const look = async (): Promise<void> => {
    await clock.advance(5_000);
    await loads();
    await background.drain();
  };

  it('leaves the last third of one that does not evict to others, and comes back when there is room', async () => {
    await open('--maxmemory-policy', 'noeviction');
    await look();
    expect(await loads()).toBe(true);
    for (let n = 0; n < 14; n += 1) await raw.set(`state-${String(n)}`, FILLING);
    await look();
    expect(await loads()).toBe(false);
    // The claim has ended all the same: nobody waits for an entry that does not come.
    expect(await tier.fetch({ id: `entry-${String(ids)}`, tags: ['t'] }, A)).toMatchObject({ state: 'claimed' });
    await raw.flushall();
    await look();
    expect(await loads()).toBe(true);
  });

  it('fills one that evicts', async () => {
    await open('--maxmemory-policy', 'allkeys-lru');
    for (let n = 0; n < 16; n += 1) await raw.set(`other-${String(n)}`, FILLING);
    await look();
    expect(await loads()).toBe(true);
  });
});
