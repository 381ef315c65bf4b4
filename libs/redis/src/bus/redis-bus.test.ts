import { afterEach, describe, expect, it, vi } from 'vitest';
import { Background, sleep, systemClock } from '@mcp-cluster/kernel';
import type { ClusterEvent } from '@mcp-cluster/protocol';
import { busContract } from '@mcp-cluster/testkit/contracts';
import { findRedisServer, redisCommands, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import type { RedisSettings } from '../connection/redis-settings.js';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import type { Script } from '../connection/store.js';
import { RedisBus } from './redis-bus.js';

// Real servers start, hang and come back; on two busy cores that takes seconds.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

interface Node {
  readonly bus: RedisBus;
  readonly store: RedisStore;
  readonly heard: ClusterEvent[];
  readonly dropped: string[];
  readonly failures: Error[];
  close(): Promise<void>;
}

const RAW_XADD: Script = { name: 'raw', source: `return redis.call('XADD', KEYS[1], '*', unpack(ARGV))` };
const XLEN: Script = { name: 'length', source: `return redis.call('XLEN', KEYS[1])` };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function redisServer(...args: string[]): Promise<TestRedis> {
  const redis = await startRedis(args);
  closers.push(() => redis.stop());
  return redis;
}

function node(redis: TestRedis, name: string): Node {
  const failures: Error[] = [];
  const background = new Background((_name, error) => failures.push(error));
  const settings: RedisSettings = { url: redis.url, prefix: 'test', name, clock: systemClock, background };
  const store = openRedis(settings);
  const dropped: string[] = [];
  const bus = new RedisBus({ redis: settings, store, observer: { dropped: (reason) => dropped.push(reason) } });
  const heard: ClusterEvent[] = [];
  bus.subscribe((event) => heard.push(event));
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await bus.close();
    store.close();
    await background.drain();
  };
  closers.push(close);
  return { bus, store, heard, dropped, failures, close };
}

async function nodes(redis: TestRedis): Promise<[Node, Node]> {
  const pair: [Node, Node] = [node(redis, 'a'), node(redis, 'b')];
  for (const { bus, store } of pair) {
    expect(await bus.attached(10_000)).toBe(true);
    expect(await store.answers(10_000)).toBe(true);
  }
  return pair;
}

const ended = (session: string): ClusterEvent => ({ type: 'session-ended', session });

/** Resolves when it holds; what never holds ends the test by its timeout. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(systemClock, 5);
}

function has(heard: readonly ClusterEvent[], session: string): boolean {
  return heard.some((event) => event.type === 'session-ended' && event.session === session);
}

if (findRedisServer())
  busContract('RedisBus', async () => {
    const redis = await startRedis();
    const [first, second] = await nodes(redis);
    return {
      first: first.bus,
      second: second.bus,
      close: async () => {
        await first.close();
        await second.close();
        await redis.stop();
      },
    };
  });

describe.skipIf(!findRedisServer())('a bus in Redis (skipped where no redis-server is found)', () => {
  it('experiment 6: what is said while Redis hangs arrives once when it goes on, and nobody resyncs', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    a.bus.publish(ended('before'));
    await until(() => has(b.heard, 'before'));
    redis.signal('SIGSTOP');
    for (let i = 0; i < 20; i += 1) a.bus.publish(ended(`hung ${String(i)}`));
    expect(a.heard).toHaveLength(21);
    // Longer than the watchdog of the reading connection.
    await sleep(systemClock, 4_000);
    a.bus.publish(ended('last'));
    redis.signal('SIGCONT');
    await until(() => has(b.heard, 'last'));
    const expected = [
      ended('before'),
      ...Array.from({ length: 20 }, (_, i) => ended(`hung ${String(i)}`)),
      ended('last'),
    ];
    expect(b.heard).toEqual(expected);
    expect(a.heard).toEqual(expected);
  });

  it('experiment 6: Redis comes back empty: what waited arrives, and every node resyncs once', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    a.bus.publish(ended('before'));
    await until(() => has(b.heard, 'before'));
    await redis.kill();
    await until(() => !a.store.available);
    a.bus.publish(ended('away'));
    expect(a.bus.queued).toBe(1);
    await redis.restart();
    await until(() => has(b.heard, 'away') && a.heard.length === 3);
    a.bus.publish(ended('last'));
    await until(() => has(b.heard, 'last'));
    const resyncs = (heard: ClusterEvent[]): number => heard.filter((event) => event.type === 'resync').length;
    expect([resyncs(a.heard), resyncs(b.heard)]).toEqual([1, 1]);
    expect(b.heard.filter((event) => event.type !== 'resync')).toEqual([ended('before'), ended('away'), ended('last')]);
  });

  it('a reader that was away goes on where it was: nothing of the history is missed', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    a.bus.publish(ended('before'));
    await until(() => has(b.heard, 'before'));
    for (let round = 0; round < 5; round += 1) {
      await redisCommands(redis, 'CLIENT KILL TYPE normal');
      for (let i = 0; i < 50; i += 1) a.bus.publish(ended(`${String(round)}-${String(i)}`));
    }
    a.bus.publish(ended('last'));
    await until(() => has(b.heard, 'last'));
    expect(b.heard).toHaveLength(252);
    expect(b.heard).toEqual(a.heard);
  });

  it('history that was trimmed while a reader was away makes one resync, and what is left is delivered', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    a.bus.publish(ended('before'));
    await until(() => has(b.heard, 'before'));
    const add = (name: string): string => `XADD test:bus * s peer n ${name} e '${JSON.stringify(ended(name))}'`;
    await redisCommands(redis, 'CLIENT KILL TYPE normal', add('1'), add('2'), 'XTRIM test:bus MAXLEN 1');
    await until(() => has(b.heard, '2'));
    expect(b.heard).toEqual([ended('before'), { type: 'resync' }, ended('2')]);
  });

  it('history that is whole makes no resync, also where it was empty before', async () => {
    const redis = await redisServer();
    const [, b] = await nodes(redis);
    await redisCommands(
      redis,
      'CLIENT KILL TYPE normal',
      `XADD test:bus * s peer n 1 e '${JSON.stringify(ended('1'))}'`,
    );
    await until(() => has(b.heard, '1'));
    expect(b.heard).toEqual([ended('1')]);
  });

  it('a reader that is too slow for the history notices by the numbers', async () => {
    const redis = await redisServer();
    const [, b] = await nodes(redis);
    const add = (name: string): string => `XADD test:bus * s peer n ${name} e '${JSON.stringify(ended(name))}'`;
    await redisCommands(redis, add('1'));
    await until(() => has(b.heard, '1'));
    // Redis serves who waits between commands, but not within a transaction.
    await redisCommands(redis, 'MULTI', add('2'), add('3'), 'XTRIM test:bus MAXLEN 1', 'EXEC');
    await until(() => has(b.heard, '3') && b.heard.length === 3);
    expect(b.heard).toEqual([ended('1'), ended('3'), { type: 'resync' }]);
  });

  it('malformed entries are counted and skipped; a number that was seen is not delivered again', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    const stream = a.store.key('bus');
    const good = JSON.stringify(ended('good'));
    const bad = [
      ['junk', 'x'],
      ['s', 'peer', 'n', '0', 'e', good],
      ['s', 'peer', 'n', '1', 'e', 'no json'],
      ['s', 'peer', 'n', '2', 'e', '{"type":"list-changed","kind":"files"}'],
      ['s', 'peer', 'n', '3', 'e', '{"type":"__proto__"}'],
      ['s', 'peer', 'n', '4', 'e', '{"type":"task-wanted","taskIds":[1]}'],
      ['s', 'peer', 'n', '5', 'e', '{"type":"ask-answered","session":"s","message":{"kind":"response","id":1}}'],
    ];
    for (const fields of bad) await a.store.run(RAW_XADD, [stream], fields);
    for (let i = 0; i < 3; i += 1) await a.store.run(RAW_XADD, [stream], ['s', 'peer', 'n', '6', 'e', good]);
    a.bus.publish(ended('last'));
    await until(() => has(b.heard, 'last'));
    expect(b.heard).toEqual([ended('good'), ended('last')]);
    expect(b.dropped).toEqual(Array.from(bad, () => 'malformed'));
  });

  it('more than may wait: the newest are kept, and every node resyncs', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    await redis.kill();
    await until(() => !a.store.available);
    for (let i = 0; i <= 10_010; i += 1) a.bus.publish(ended(String(i)));
    expect(a.bus.queued).toBe(10_000);
    a.heard.length = 0;
    await redis.restart();
    await until(() => has(b.heard, '10010') && b.heard.some((event) => event.type === 'resync'));
    expect(has(b.heard, '10')).toBe(false);
    expect(has(b.heard, '11')).toBe(true);
    await until(() => a.heard.some((event) => event.type === 'resync'));
    expect(a.dropped).toContain('overflow');
  });

  it('changes that wait are told once; an event that is too large is not sent, and the others resync', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    redis.signal('SIGSTOP');
    a.bus.publish(ended('first'));
    await until(() => !a.store.available);
    for (let i = 0; i < 100; i += 1) a.bus.publish({ type: 'resource-updated', uri: 'file:///same' });
    a.bus.publish({ type: 'task-changed', taskId: 't', members: 'x'.repeat(5 * 1024 * 1024) });
    redis.signal('SIGCONT');
    await until(() => b.heard.length >= 3);
    expect(b.heard).toEqual([ended('first'), { type: 'resource-updated', uri: 'file:///same' }, { type: 'resync' }]);
    expect(a.dropped).toEqual(['too-large']);
  });

  it('large events shorten the history instead of filling Redis', async () => {
    const redis = await redisServer();
    const [a, b] = await nodes(redis);
    const members = 'x'.repeat(2 * 1024 * 1024);
    for (let i = 0; i < 60; i += 1) {
      a.bus.publish({ type: 'task-changed', taskId: String(i), members });
      await until(() => a.bus.queued < 4);
    }
    await until(() => b.heard.length === 60);
    expect(Number(await a.store.run(XLEN, [a.store.key('bus')], []))).toBeLessThan(40);
  });

  it('Redis unreachable at its start: the bus attaches later, sends what waited, and resyncs once', async () => {
    const redis = await redisServer();
    await redis.kill();
    const a = node(redis, 'a');
    a.bus.publish(ended('early'));
    expect(a.heard).toEqual([ended('early')]);
    expect(await a.bus.attached(50)).toBe(false);
    await redis.restart();
    await until(() => a.heard.length === 2 && a.bus.queued === 0);
    expect(a.heard).toEqual([ended('early'), { type: 'resync' }]);
    expect(a.failures).toEqual([]);
  });
});
