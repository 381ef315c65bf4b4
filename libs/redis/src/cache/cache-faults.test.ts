import { Background, errorCode, sleep, systemClock } from '@mcp-cluster/kernel';
import { EVERYTHING } from '@mcp-cluster/protocol';
import { claimOf, granted, tierBytes, tierMeta } from '@mcp-cluster/testkit/contracts';
import { findRedisServer, redisCommands, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openRedis } from '../connection/redis-store.js';
import type { Store } from '../connection/store.js';
import { RedisCacheTier, type RedisCacheOptions } from './redis-cache-tier.js';

// Real servers start, hang and come back; on two busy cores that takes seconds.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const [A, B] = [claimOf('node-a/1'), claimOf('node-b/1')];
const keyOf = (id: string) => ({ id, tags: ['everything', id, 'red'] });
const LOG = 'test:cache:log';

async function open(args: readonly string[] = [], options: RedisCacheOptions = {}) {
  const server: TestRedis = await startRedis(args);
  closers.push(() => server.stop());
  const failures: Error[] = [];
  const background = new Background((_name, error) => failures.push(error));
  const store = openRedis({ url: server.url, prefix: 'test', name: 'test', clock: systemClock, background });
  const raw = new Redis(server.url);
  raw.on('error', () => undefined);
  closers.push(() => {
    store.close();
    raw.disconnect();
    expect(failures).toEqual([]);
  });
  expect(await store.answers(5_000)).toBe(true);
  const tier = new RedisCacheTier(store, options);
  const entry = (id: string, born: number, bytes: Uint8Array = tierBytes(100)) => ({
    meta: tierMeta(id, store.time.now(), { tags: keyOf(id).tags, born }),
    bytes,
  });
  const load = async (id: string, bytes?: Uint8Array): Promise<number> => {
    const version = await granted(tier, keyOf(id), A);
    expect(await tier.settle(id, version, A, entry(id, version, bytes))).toEqual({ kept: true, awaited: false });
    return version;
  };
  const stateOf = async (id: string): Promise<string> => (await tier.fetch(keyOf(id), B)).state;
  return { server, store, raw, tier, entry, load, stateOf };
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(() => 'none', errorCode);
}

describe.skipIf(!findRedisServer())('faults under the shared level (skipped where no redis-server is found)', () => {
  it('P06: a Redis that evicts loses entries and nothing else: no old value, no error, versions that rise', async () => {
    const { raw, tier, entry } = await open(['--maxmemory', '8mb', '--maxmemory-policy', 'allkeys-lru']);
    let highest = 0;
    let kept = 0;
    for (let n = 0; n < 100; n += 1) {
      const id = `id-${n}`;
      const version = await granted(tier, keyOf(id), A);
      expect(version).toBeGreaterThan(highest);
      // Within one second all keys are used equally late: a claim or the log may be what is evicted.
      if ((await tier.settle(id, version, A, entry(id, version, tierBytes(200_000, n)))).kept) kept += 1;
      highest = n % 10 === 0 ? await tier.invalidate([id], 0) : version;
    }
    expect(kept).toBeGreaterThan(80);
    const { entries } = await tier.size();
    expect(entries).toBeLessThan(50);
    expect(Number(/evicted_keys:(\d+)/.exec(await raw.info('stats'))?.[1])).toBeGreaterThan(50);
    for (let n = 0; n < 100; n += 1) {
      const bytes = await tier.get(`id-${n}`);
      if (bytes !== undefined) expect([n % 10 === 0, Buffer.compare(bytes, tierBytes(200_000, n))]).toEqual([false, 0]);
    }
  });

  it('a log that was evicted takes the entries and claims from before with it, and versions go on by time', async () => {
    const { raw, tier, entry, load, stateOf } = await open();
    const born = await load('kept');
    const version = await granted(tier, keyOf('loading'), A);
    const invalidatedAt = await tier.invalidate(['red'], 0);
    await load('kept');
    await raw.del(LOG);
    expect(await tier.get('kept')).toBeUndefined();
    expect(await tier.getMany(['kept'])).toEqual([]);
    expect(await tier.set(entry('kept', born).meta, tierBytes(1))).toBe(false);
    expect((await tier.settle('loading', version, A, entry('loading', version))).kept).toBe(false);
    expect(await tier.fetch(keyOf('kept'), B)).toMatchObject({ state: 'claimed', invalidatedAt: 0 });
    expect(await load('loading')).toBeGreaterThan(invalidatedAt);
    expect(await stateOf('loading')).toBe('hit');
    // A node that was cut off meanwhile hears that it may have missed anything.
    expect((await tier.invalidationsSince(invalidatedAt)).map(({ tag }) => tag)).toEqual([EVERYTHING]);
  });

  it('experiment 9: a full Redis gives what it has, refuses the rest as full, and keeps nobody waiting', async () => {
    const { raw, tier, entry, load, stateOf } = await open();
    const born = await load('there');
    const version = await granted(tier, keyOf('loading'), A);
    await raw.config('SET', 'maxmemory', '1');
    expect(await stateOf('there')).toBe('hit');
    expect(await tier.get('there')).toBeDefined();
    expect(await codeOf(tier.fetch(keyOf('missing'), A))).toBe('store_full');
    expect(await codeOf(tier.set(entry('there', born).meta, tierBytes(1)))).toBe('store_full');
    expect(await codeOf(tier.settle('loading', version, A, entry('loading', version)))).toBe('store_full');
    expect(await raw.keys('test:cache:claim:*')).toEqual([]);
    expect(tier.available).toBe(true);
    await raw.config('SET', 'maxmemory', '0');
    expect(await stateOf('loading')).toBe('claimed');
  });

  it('experiment 9: an invalidation that a full Redis cannot note costs all entries, and brings back none', async () => {
    const { raw, tier, load, stateOf } = await open();
    await load('one');
    await raw.config('SET', 'maxmemory', '1');
    expect(await codeOf(tier.invalidate(['one'], 0))).toBe('store_full');
    expect(await codeOf(tier.fetch(keyOf('one'), A))).toBe('store_full');
    await raw.config('SET', 'maxmemory', '0');
    expect(await stateOf('one')).toBe('claimed');
  });

  it('somebody else’s data under our keys is an error of its own, and stays as it is', async () => {
    const { raw, tier, entry, load } = await open();
    const born = await load('ours');
    await raw.lpush('test:cache:entry:theirs', 'x');
    await raw.lpush('test:cache:claim:claimed', 'x');
    for (const call of [
      () => tier.get('theirs'),
      () => tier.set(entry('theirs', born).meta, tierBytes(1)),
      () => tier.delete('theirs'),
      () => tier.fetch(keyOf('theirs'), A),
      () => tier.fetch(keyOf('claimed'), A),
      () => tier.renew('claimed', born, A),
      () => tier.settle('claimed', born, A, entry('claimed', born)),
    ])
      expect(await codeOf(call())).toBe('store_script_failed');
    expect(await tier.getMany(['theirs', 'ours'])).toHaveLength(1);
    expect((await tier.size()).entries).toBe(1);
    expect([
      await raw.lrange('test:cache:entry:theirs', 0, -1),
      await raw.lrange('test:cache:claim:claimed', 0, -1),
    ]).toEqual([['x'], ['x']]);
    await raw.set(LOG, 'x');
    expect(await codeOf(tier.fetch(keyOf('ours'), A))).toBe('store_script_failed');
    expect(await codeOf(tier.invalidate(['red'], 0))).toBe('store_script_failed');
    expect(await raw.get(LOG)).toBe('x');
    expect(tier.available).toBe(true);
  });

  it('experiment 19: a string that is no entry of ours is a miss, whatever it begins with', async () => {
    const { raw, tier, stateOf } = await open();
    const texts = ['', 'x', '0'.repeat(21), `${'9'.repeat(16)}abcdef`, 'x'.repeat(1_000), '\0'.repeat(30)];
    for (const [n, text] of texts.entries()) {
      await raw.set(`test:cache:entry:id-${n}`, text);
      await raw.set(`test:cache:claim:id-${n}`, text);
      expect(await tier.get(`id-${n}`)).toBeUndefined();
      expect(await tier.getMany([`id-${n}`])).toEqual([]);
      expect(await stateOf(`id-${n}`)).toBe('claimed');
    }
  });

  it('experiment 9: scripts that Redis forgot are sent again, with bytes as they are', async () => {
    const { server, tier, load, entry } = await open();
    await redisCommands(server, 'SCRIPT FLUSH');
    await load('id', tierBytes(256));
    await redisCommands(server, 'SCRIPT FLUSH');
    expect([...(await tier.get('id'))!]).toEqual([...tierBytes(256)]);
    await redisCommands(server, 'SCRIPT FLUSH');
    const hit = await tier.fetch(keyOf('id'), A);
    expect(hit.state === 'hit' && [...hit.bytes]).toEqual([...tierBytes(256)]);
    await redisCommands(server, 'SCRIPT FLUSH');
    expect(await tier.set(entry('id', 1).meta, tierBytes(1))).toBe(false);
  });

  it('a Redis that comes back empty keeps nothing from before, and its versions are higher', async () => {
    const { server, store, tier, entry, load, stateOf } = await open();
    await load('id');
    const version = await granted(tier, keyOf('loading'), A);
    await server.restart();
    while (!store.available) await sleep(systemClock, 5);
    expect(await tier.settle('loading', version, A, entry('loading', version))).toEqual({
      kept: false,
      awaited: false,
    });
    expect(await tier.set(entry('loading', version).meta, tierBytes(1))).toBe(false);
    expect(await stateOf('id')).toBe('claimed');
    expect(await granted(tier, keyOf('loading'), A)).toBeGreaterThan(version);
  });

  it('P06: a large entry that is replaced while it is read is read again, and is never one that was not judged', async () => {
    const { store, tier, entry, load, stateOf } = await open();
    let born = await load('id', tierBytes(20_000));
    let replaces = 1;
    const busy: Store = {
      available: true,
      key: (...parts) => store.key(...parts),
      run: (script, keys, args) => store.run(script, keys, args),
      runBuffers: async (script, keys, args) => {
        if (script.name === 'cache-read' && (replaces -= 1) >= 0)
          expect(await tier.set(entry('id', (born += 1)).meta, tierBytes(30_000))).toBe(true);
        return store.runBuffers(script, keys, args);
      },
      onRecovered: () => undefined,
    };
    const hit = await new RedisCacheTier(busy).fetch(keyOf('id'), A);
    expect(hit.state === 'hit' && hit.bytes.length).toBe(30_000);
    replaces = 100;
    expect((await new RedisCacheTier(busy).fetch(keyOf('id'), A)).state).toBe('taken');
    expect(replaces).toBe(97);
    expect(await stateOf('id')).toBe('hit');
  });

  it("experiment 23: versions rise also when Redis' clock was set back, and what is loaded is kept", async () => {
    const { raw, tier, load, stateOf } = await open();
    const later = 4_000_000_000_000_000;
    await load('id');
    await raw.zadd(LOG, later, 'highest');
    expect(await load('other')).toBe(later + 1);
    expect(await tier.invalidate(['other'], 0)).toBe(later + 2);
    expect([await stateOf('id'), await stateOf('other')]).toEqual(['hit', 'claimed']);
    expect(await tier.invalidate(['other'], 0)).toBe(later + 4);
  });

  it('experiment 7: a Redis that hangs costs one call 250 ms and later ones nothing', async () => {
    const { server, tier } = await open();
    server.signal('SIGSTOP');
    const from = systemClock.monotonic();
    expect(await codeOf(tier.fetch(keyOf('id'), A))).toBe('store_unavailable');
    expect(systemClock.monotonic() - from).toBeLessThan(500);
    expect(tier.available).toBe(false);
    const later = systemClock.monotonic();
    for (let n = 0; n < 100; n += 1) expect(await codeOf(tier.get('id'))).toBe('store_unavailable');
    expect(systemClock.monotonic() - later).toBeLessThan(250);
    server.signal('SIGCONT');
  });
});
