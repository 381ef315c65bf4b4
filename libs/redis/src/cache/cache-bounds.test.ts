import { Background, systemClock } from '@mcp-cluster/kernel';
import { EVERYTHING } from '@mcp-cluster/protocol';
import { claimOf, granted, tierBytes, tierMeta } from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { RedisCacheTier } from './redis-cache-tier.js';

const LOG = 'test:cache:log';
const A = claimOf('node-a/1');
const HOUR = 3_600_000_000;

describe.skipIf(!findRedisServer())('what the shared level leaves in Redis', () => {
  const failures: Error[] = [];
  const background = new Background((_name, error) => failures.push(error));
  let server: TestRedis;
  let raw: Redis;
  let store: RedisStore;
  let tier: RedisCacheTier;

  beforeAll(async () => {
    server = await startRedis();
    raw = new Redis(server.url);
    store = openRedis({ url: server.url, prefix: 'test', name: 'test', clock: systemClock, background });
    expect(await store.answers(5_000)).toBe(true);
  });
  afterAll(async () => {
    store.close();
    raw.disconnect();
    await server.stop();
    expect(failures).toEqual([]);
  });
  beforeEach(async () => {
    await raw.flushall();
    tier = new RedisCacheTier(store);
  });

  const load = async (id: string, tags: readonly string[]): Promise<number> => {
    const version = await granted(tier, { id, tags }, A);
    const meta = tierMeta(id, store.time.now(), { tags, born: version });
    expect((await tier.settle(id, version, A, { meta, bytes: tierBytes(100) })).kept).toBe(true);
    return version;
  };

  it('everything but the log expires by itself, and no claim is left of a load', async () => {
    await load('one', ['red']);
    await granted(tier, { id: 'two', tags: ['red'] }, A);
    await tier.reportHits([{ id: 'one', hits: 3 }]);
    await tier.invalidate(['blue'], 0);
    const keys = (await raw.keys('test:cache:*')).toSorted();
    expect(keys.map((key) => key.replace(/\d{6,}$/, 'N'))).toEqual([
      'test:cache:claim:two',
      'test:cache:entry:one',
      'test:cache:hits:N',
      LOG,
    ]);
    for (const key of keys) expect((await raw.pttl(key)) > 0).toBe(key !== LOG);
  });

  it('an entry that is not kept leaves nothing', async () => {
    const tags = ['red'];
    const version = await granted(tier, { id: 'id', tags }, A);
    await tier.invalidate(tags, 0);
    const entry = { meta: tierMeta('id', store.time.now(), { tags, born: version }), bytes: tierBytes(10) };
    expect(await tier.set(entry.meta, entry.bytes)).toBe(false);
    expect((await tier.settle('id', version, A, entry)).kept).toBe(false);
    expect((await tier.settle('id', version, A, entry)).kept).toBe(false);
    expect(await raw.keys('test:cache:*')).toEqual([LOG]);
  });

  it('what is larger than an answer may be is read alone', async () => {
    const version = await load('one', []);
    await raw.set('test:cache:entry:huge', `${version}000000${'x'.repeat(5 * 1024 * 1024)}`);
    const sizes = (await tier.getMany(['one', 'huge', 'one'])).map(({ length }) => length);
    expect(sizes).toEqual([100, 5 * 1024 * 1024, 100]);
  });

  it('P06: remembers so many invalidations; what is older than the oldest of them is not good any more', async () => {
    tier = new RedisCacheTier(store, { mostInvalidations: 10 });
    const before = await load('before', [EVERYTHING, 'never']);
    for (let n = 0; n < 8; n += 1) await tier.invalidate([`tag-${n}`], 0);
    expect(await tier.get('before')).toBeDefined();
    const meanwhile = await load('meanwhile', [EVERYTHING, 'never']);
    for (let n = 8; n < 14; n += 1) await tier.invalidate([`tag-${n}`], 0);
    expect(await raw.zcard(LOG)).toBeLessThanOrEqual(11);
    expect([await tier.get('before'), (await tier.get('meanwhile'))?.length]).toEqual([undefined, 100]);
    // A node that was away is told so.
    const [everything] = await tier.invalidationsSince(before);
    expect(everything?.tag).toBe(EVERYTHING);
    expect(everything?.version).toBeGreaterThan(before);
    expect(everything?.version).toBeLessThan(meanwhile);
    for (let n = 14; n < 30; n += 1) await tier.invalidate([`tag-${n}`], 0);
    expect(await tier.get('meanwhile')).toBeUndefined();
    const next = await granted(tier, { id: 'before', tags: [] }, A);
    expect(next).toBeGreaterThan(meanwhile);
  });

  it('P06: forgets an invalidation after 25 hours, when no entry from before it lives', async () => {
    const version = await load('id', ['red']);
    await raw.zadd(LOG, version - 26 * HOUR, 'old', version - 24 * HOUR, 'young');
    await tier.invalidate(['blue'], 0);
    expect((await raw.zrange(LOG, '0', '-1')).toSorted()).toEqual(
      [EVERYTHING, 'birth', 'blue', 'highest', 'young'].toSorted(),
    );
    expect(await tier.get('id')).toBeDefined();
  });

  it('an old log is pruned little by little: no call is long', async () => {
    const version = await load('id', ['red']);
    const old = Array.from({ length: 2_500 }, (_, n) => [version - 30 * HOUR + n, `old-${n}`]).flat();
    await raw.zadd(LOG, ...old);
    const left: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      await tier.invalidate(['blue'], 0);
      left.push(await raw.zcount(LOG, '-inf', version - 25 * HOUR));
    }
    // The invalidation of everything that stands for them is among the old ones.
    expect(left).toEqual([1_501, 502, 1, 1]);
    expect(await tier.get('id')).toBeDefined();
  });

  it('more tags than go into one call are invalidated all', async () => {
    const tags = Array.from({ length: 1_203 }, (_, n) => `tag-${n}`);
    await load('id', ['tag-1202']);
    await load('other', ['tag-0']);
    const version = await tier.invalidate(tags, 0);
    expect([await tier.get('id'), await tier.get('other')]).toEqual([undefined, undefined]);
    const since = await tier.invalidationsSince(0);
    expect(new Set(since.map(({ tag }) => tag))).toEqual(new Set([EVERYTHING, ...tags]));
    expect(since.at(-1)?.version).toBe(version);
  });

  it('more invalidations than one answer holds are read by asking again with the last one’s version', async () => {
    const log = Array.from({ length: 6_000 }, (_, n) => [1_000 + n, `tag-${n}`]).flat();
    await raw.zadd(LOG, 10_000, 'highest', ...log);
    const first = await tier.invalidationsSince(0);
    expect(first).toHaveLength(5_000);
    const rest = await tier.invalidationsSince(first.at(-1)!.version);
    expect(rest.at(-1)).toEqual({ tag: 'tag-5999', version: 6_999 });
    expect(new Set([...first, ...rest].map(({ tag }) => tag)).size).toBe(6_000);
  });

  it('P06: its size is exact while it is small, and near in a large Redis that others use too', async () => {
    const pipeline = raw.pipeline();
    for (let n = 0; n < 5_000; n += 1) pipeline.set(`theirs:${n}`, 'x');
    await load('one', ['red']);
    const { bytes } = await tier.size();
    expect(bytes).toBeGreaterThanOrEqual(100);
    expect(bytes).toBeLessThan(200);
    const whole = await raw.getBuffer('test:cache:entry:one');
    for (let n = 0; n < 4_999; n += 1) pipeline.set(`test:cache:entry:id-${n}`, whole!);
    await pipeline.exec();
    const size = await tier.size();
    // Of 1,000 that are looked at the share is off by 1.6 % (one deviation) of all keys: five of them.
    expect(Math.abs(size.entries - 5_000)).toBeLessThan(800);
    expect(size.bytes / size.entries).toBeCloseTo(whole!.length, 0);
  });

  it('a bucket of hits holds 2,000 at most', async () => {
    for (let n = 0; n < 5; n += 1)
      await tier.reportHits(Array.from({ length: 1_000 }, (_, m) => ({ id: `id-${n}-${m}`, hits: n + 1 })));
    const [bucket] = await raw.keys('test:cache:hits:*');
    expect(await raw.zcard(bucket!)).toBe(2_000);
    expect((await tier.hottest(3_000))[0]).toMatch(/^id-4-/);
  });
});
