import { Background, systemClock, type LocalError } from '@mcp-cluster/kernel';
import { MAX_SUBSCRIPTIONS } from '@mcp-cluster/protocol';
import {
  idleSessionStoreContract,
  sessionStoreContract,
  type TimedSessionStoreHarness,
} from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { MAX_SUBSCRIPTION_BYTES, RedisSessionStore } from './redis-session-store.js';

const DAY_MS = 24 * 60 * 60_000;

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
  beforeEach(async () => {
    await raw.flushall();
  });

  /** Redis' own clock cannot be moved: what it noted is made older, and what it keeps has less time left. */
  const elapse = async (ms: number): Promise<void> => {
    for (const key of await raw.keys('*')) {
      if ((await raw.hexists(key, 'seen')) === 1) await raw.hincrby(key, 'seen', -ms);
      const left = await raw.pttl(key);
      if (left >= 0) await raw.pexpire(key, left - ms);
    }
  };

  const loseAll = async (): Promise<void> => {
    await raw.flushall();
  };
  const openHarness = async (): Promise<TimedSessionStoreHarness> => {
    await raw.flushall();
    const [first, second] = stores.map((store) => new RedisSessionStore(store));
    return { first: first!, second: second!, elapse, loseAll };
  };
  sessionStoreContract('Redis', openHarness);
  idleSessionStoreContract('Redis', openHarness);

  const one = (idleMs?: number): RedisSessionStore =>
    new RedisSessionStore(stores[0]!, idleMs === undefined ? {} : { idleMs });
  const codeOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'none',
      (error: unknown) => (error as LocalError).code,
    );

  it('S15: the time that a session may be idle can be set', async () => {
    await one().touch([{ id: 's', lifeMs: DAY_MS }]);
    await elapse(10_000);
    expect(await one(60_000).load('s')).toMatchObject({ ended: false });
    expect(await one(5_000).load('s')).toMatchObject({ ended: true });
  });

  it('S1: neither keys nor values tell an id', async () => {
    const id = 'secret-of-a-client';
    await one().subscribe(id, 'logs://a', true, DAY_MS);
    await one().setLogLevel(id, 'debug', DAY_MS);
    const keys = await raw.keys('*');
    expect(keys).toHaveLength(1);
    expect(JSON.stringify([keys, await raw.hgetall(keys[0]!)])).not.toContain('secret');
  });

  it('S15: every key has an end, of 24 h at most', async () => {
    await one().touch([{ id: 'a', lifeMs: 10 * DAY_MS }]);
    await one().setLogLevel('b', 'debug', DAY_MS + 0.5);
    await one().subscribe('c', 'logs://a', true, 10 * DAY_MS);
    await one().subscribe('d', 'logs://a', false, 10 * DAY_MS);
    await one().end('e', 10 * DAY_MS);
    const lives = await Promise.all((await raw.keys('*')).map((key) => raw.pttl(key)));
    expect(lives).toHaveLength(5);
    for (const life of lives) {
      expect(life).toBeGreaterThan(DAY_MS - 60_000);
      expect(life).toBeLessThanOrEqual(DAY_MS);
    }
  });

  it('S15: an ended record keeps no content', async () => {
    await one().subscribe('s', 'logs://a', true, DAY_MS);
    await one().end('s', DAY_MS);
    const [key] = await raw.keys('*');
    expect(Object.keys(await raw.hgetall(key!)).toSorted()).toEqual(['ended', 'seen']);
  });

  it('a session has 1,000 subscriptions at most, and can change them', async () => {
    const uri = (n: number): string => `logs://${String(n)}`;
    const numbers = Array.from({ length: MAX_SUBSCRIPTIONS }, (_, n) => n);
    await Promise.all(numbers.map((n) => one().subscribe('s', uri(n), true, DAY_MS)));
    expect(await codeOf(one().subscribe('s', 'logs://x', true, DAY_MS))).toBe('too_many_subscriptions');
    expect(await codeOf(one().subscribe('s', uri(7), true, DAY_MS))).toBe('none');
    await one().subscribe('s', uri(7), false, DAY_MS);
    await one().subscribe('s', uri(7), false, DAY_MS);
    expect(await codeOf(one().subscribe('s', 'logs://x', true, DAY_MS))).toBe('none');
    expect(await codeOf(one().subscribe('s', 'logs://y', true, DAY_MS))).toBe('too_many_subscriptions');
    expect((await one().load('s'))?.subscriptions).toHaveLength(MAX_SUBSCRIPTIONS);
  });

  it('the URIs of a session have 128 KiB at most', async () => {
    const long = 'ü'.repeat(MAX_SUBSCRIPTION_BYTES / 4);
    await one().subscribe('s', `a${long.slice(1)}`, true, DAY_MS);
    expect(await codeOf(one().subscribe('s', `${long}c`, true, DAY_MS))).toBe('none');
    expect(await codeOf(one().subscribe('s', 'd', true, DAY_MS))).toBe('too_many_subscriptions');
    await one().subscribe('s', `${long}c`, false, DAY_MS);
    expect(await codeOf(one().subscribe('s', 'd', true, DAY_MS))).toBe('none');
  });

  it('a Redis that is away is told as that', async () => {
    const store = openRedis({ url: 'redis://127.0.0.1:1', prefix: '', name: 'x', clock: systemClock, background });
    const sessions = new RedisSessionStore(store);
    expect(await codeOf(sessions.load('s'))).toBe('store_unavailable');
    expect(await codeOf(sessions.touch([{ id: 's', lifeMs: DAY_MS }]))).toBe('store_unavailable');
    store.close();
  });
});
