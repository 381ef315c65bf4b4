import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Leadership, Term } from '@mcp-cluster/cluster';
import { Background, sleep, systemClock } from '@mcp-cluster/kernel';
import { leadershipContract } from '@mcp-cluster/testkit/contracts';
import { findRedisServer, redisCommands, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { FencedValue } from './fenced-value.js';
import { NodeLease } from './node-lease.js';
import { RedisLeadership } from './redis-leadership.js';
import { RedisNodeDirectory } from './redis-node-directory.js';

// Real servers start, hang and come back; on two busy cores that takes seconds.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const SAID = {
  origin: 'http://127.0.0.1:3001',
  managementOrigin: 'http://127.0.0.1:9464',
  pid: 7,
  version: '1.0.0',
};

const failures: Error[] = [];
const background = new Background((_name, error) => failures.push(error));
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  expect(failures.splice(0)).toEqual([]);
});

async function redisServer(...args: string[]): Promise<TestRedis> {
  const redis = await startRedis(args);
  closers.push(() => redis.stop());
  return redis;
}

async function connect(redis: TestRedis): Promise<RedisStore> {
  const store = openRedis({ url: redis.url, prefix: 'test', name: 'test', clock: systemClock, background });
  closers.push(() => {
    store.close();
  });
  await store.answers(10_000);
  return store;
}

function lease(store: RedisStore, id: string, incarnation: string) {
  const node = new NodeLease({ store, clock: systemClock, background, id, incarnation });
  const told: boolean[] = [];
  node.onChange((held) => told.push(held));
  closers.push(() => node.stop());
  return { node, told };
}

function contender(store: RedisStore, holder: string) {
  const leadership = new RedisLeadership({ store, clock: systemClock, background, holder });
  closers.push(() => leadership.stop());
  return leadership;
}

/** Resolves when it holds; what never holds ends the test by its timeout. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(systemClock, 5);
}

function leads(leadership: Leadership): Promise<Term> {
  return new Promise((resolve) => {
    leadership.onChange((term) => {
      if (term !== undefined) resolve(term);
    });
    leadership.start();
  });
}

if (findRedisServer())
  leadershipContract('RedisLeadership', async () => {
    const redis = await startRedis();
    const store = openRedis({ url: redis.url, prefix: 'test', name: 'test', clock: systemClock, background });
    await store.answers(10_000);
    const leadership = new RedisLeadership({ store, clock: systemClock, background, holder: 'only' });
    return {
      leadership,
      close: async () => {
        await leadership.stop();
        store.close();
        await redis.stop();
      },
    };
  });

describe.skipIf(!findRedisServer())('leases of nodes in Redis (skipped where no redis-server is found)', () => {
  it('a node that registered is listed until it stops', async () => {
    const store = await connect(await redisServer());
    const directory = new RedisNodeDirectory(store);
    const a = lease(store, 'a', 'life1');
    const b = lease(store, 'b', 'life1');
    await Promise.all([a.node.start(SAID), b.node.start(SAID)]);
    expect(a.node.owner).toBe('a/life1');
    expect(a.node.held).toBe(true);
    const listed = (await directory.list()).toSorted((one, other) => one.id.localeCompare(other.id));
    expect(listed).toEqual([
      { id: 'a', incarnation: 'life1', ...SAID },
      { id: 'b', incarnation: 'life1', ...SAID },
    ]);
    await a.node.stop();
    expect(a.node.held).toBe(false);
    expect((await directory.list()).map(({ id }) => id)).toEqual(['b']);
    expect(a.told).toEqual([true, false]);
  });

  it('experiment 1: the lease of a dead node ends, and its entry with it; the living go on', async () => {
    const redis = await redisServer();
    const store = await connect(redis);
    const dead = await connect(redis);
    const directory = new RedisNodeDirectory(store);
    const a = lease(store, 'a', 'life1');
    const b = lease(dead, 'b', 'life1');
    await Promise.all([a.node.start(SAID), b.node.start(SAID)]);
    dead.close();
    await until(async () => (await directory.list()).length === 1);
    expect(await redisCommands(redis, 'HEXISTS test:nodes b')).toContain(':0');
    await until(() => !b.node.held);
    expect(a.told).toEqual([true]);
    expect(b.told).toEqual([true, false]);
  });

  it('declareGone ends a lease at once; a node that lives after all takes it again, and knows of the gap', async () => {
    const store = await connect(await redisServer());
    const directory = new RedisNodeDirectory(store);
    const a = lease(store, 'a', 'life1');
    await a.node.start(SAID);
    await directory.declareGone('a');
    expect(await directory.list()).toEqual([]);
    await directory.declareGone('nobody');
    await until(async () => (await directory.list()).length === 1);
    expect(a.told).toEqual([true, false, true]);
  });

  it('a new life of a node takes its lease at once, and the old one does not get it back', async () => {
    const redis = await redisServer();
    const [store, newer] = [await connect(redis), await connect(redis)];
    const old = lease(store, 'a', 'life1');
    await old.node.start(SAID);
    const young = lease(newer, 'a', 'life2');
    await young.node.start(SAID);
    await until(() => !old.node.held);
    expect(young.told).toEqual([true]);
    expect((await new RedisNodeDirectory(store).list()).map(({ incarnation }) => incarnation)).toEqual(['life2']);
    // The old one's end is not the new one's.
    await old.node.stop();
    expect((await new RedisNodeDirectory(store).list()).length).toBe(1);
  });

  it('experiment 6: a Redis that comes back empty: the lease is taken again at once', async () => {
    const redis = await redisServer();
    const store = await connect(redis);
    const a = lease(store, 'a', 'life1');
    await a.node.start(SAID);
    await redis.restart();
    await until(() => a.told.length === 3);
    expect(a.told).toEqual([true, false, true]);
    expect((await new RedisNodeDirectory(store).list()).length).toBe(1);
  });

  it('experiment 9: a full Redis ends no lease and no term that is held', async () => {
    const redis = await redisServer('--maxmemory-policy', 'noeviction');
    const store = await connect(redis);
    const a = lease(store, 'a', 'life1');
    await a.node.start(SAID);
    const leadership = contender(store, 'm1');
    const term = await leads(leadership);
    await redisCommands(redis, 'CONFIG SET maxmemory 1mb');
    await sleep(systemClock, 3_500);
    expect(await redisCommands(redis, 'SET x y')).toContain('-OOM');
    expect(a.told).toEqual([true]);
    expect(leadership.term).toEqual(term);
  });

  it('an entry that no node of ours wrote is left out', async () => {
    const redis = await redisServer();
    const store = await connect(redis);
    const a = lease(store, 'a', 'life1');
    await a.node.start(SAID);
    await redisCommands(
      redis,
      'SET test:node:x life',
      'HSET test:nodes x "life\\n{\\"id\\":7}"',
      'SET test:node:y life',
      'HSET test:nodes y "life\\nno json"',
      'HSET test:nodes z junk',
    );
    expect((await new RedisNodeDirectory(store).list()).map(({ id }) => id)).toEqual(['a']);
    expect(await redisCommands(redis, 'HKEYS test:nodes')).not.toContain('\nz\r');
  });

  it('Redis unreachable at its start: the node starts without a lease and gets one later', async () => {
    const redis = await redisServer();
    await redis.kill();
    const store = openRedis({ url: redis.url, prefix: 'test', name: 'test', clock: systemClock, background });
    closers.push(() => {
      store.close();
    });
    const a = lease(store, 'a', 'life1');
    await a.node.start(SAID);
    expect(a.node.held).toBe(false);
    await redis.restart();
    await until(() => a.node.held);
    expect(a.told).toEqual([true]);
  });
});

describe.skipIf(!findRedisServer())('leadership in Redis (skipped where no redis-server is found)', () => {
  it('experiment 11: of two contenders one leads; when it stops the other leads, with a higher token', async () => {
    const redis = await redisServer();
    const [one, other] = [contender(await connect(redis), 'm1'), contender(await connect(redis), 'm2')];
    const first = await leads(one);
    const second = leads(other);
    await sleep(systemClock, 1_500);
    expect(other.term).toBeUndefined();
    expect(one.term).toEqual(first);
    await one.stop();
    expect((await second).token).toBeGreaterThan(first.token);
    expect(one.term).toBeUndefined();
  });

  it('experiment 12: cut off, a leader’s term ends before another one leads, and its writes are refused', async () => {
    const redis = await redisServer();
    const [cut, whole] = [await connect(redis), await connect(redis)];
    const [one, other] = [contender(cut, 'm1'), contender(whole, 'm2')];
    const stale = new FencedValue(whole, 'size');
    const first = await leads(one);
    expect(await stale.write(first.token, '{"nodes":3}')).toBe(true);
    let ledMeanwhile = false;
    other.onChange((term) => {
      if (term !== undefined) ledMeanwhile = one.term !== undefined;
    });
    const second = leads(other);
    cut.close();
    const term = await second;
    expect(ledMeanwhile).toBe(false);
    // Refused from the start of the new term, before its leader wrote anything.
    expect(await stale.write(first.token, '{"nodes":9}')).toBe(false);
    expect(await stale.read()).toEqual({ token: first.token, json: '{"nodes":3}' });
    expect(await stale.write(term.token, '{"nodes":4}')).toBe(true);
    expect(await stale.write(0, '{"nodes":1}')).toBe(false);
    expect(await stale.read()).toEqual({ token: term.token, json: '{"nodes":4}' });
  });

  it('tokens go on rising over a Redis that comes back empty', async () => {
    const redis = await redisServer();
    const store = await connect(redis);
    const one = contender(store, 'm1');
    const first = await leads(one);
    await one.stop();
    await redis.restart();
    await until(() => store.state.status === 'ok');
    expect((await leads(contender(store, 'm2'))).token).toBeGreaterThan(first.token);
  });

  it('an empty register takes a value that nobody decided, and nothing is read before', async () => {
    const redis = await redisServer();
    const store = await connect(redis);
    const value = new FencedValue(store, 'size');
    expect(await value.read()).toBeUndefined();
    await leads(contender(store, 'm1'));
    expect(await value.write(0, '{"nodes":2}')).toBe(true);
    expect(await value.read()).toEqual({ token: 0, json: '{"nodes":2}' });
    store.close();
    await expect(value.write(1, '{}')).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
