import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Background, LocalError, sleep, systemClock, type Clock } from '@mcp-cluster/kernel';
import { findRedisServer, redisCommands, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { openRedis, type RedisStore } from './redis-store.js';
import type { RedisSettings, StoreState } from './redis-settings.js';
import type { Script } from './store.js';

// Real servers start, hang and come back; on two busy cores that takes seconds.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const GET: Script = { name: 'get', source: `return redis.call('GET', KEYS[1])` };
const SET: Script = { name: 'set', source: `return redis.call('SET', KEYS[1], ARGV[1])` };
const ECHO: Script = { name: 'echo', source: `return ARGV[1]` };
const BROKEN: Script = { name: 'broken', source: `return redis.call('INCR', KEYS[1])` };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function redisServer(...args: string[]): Promise<TestRedis> {
  const redis = await startRedis(args);
  closers.push(() => redis.stop());
  return redis;
}

function open(url: string, more: Partial<RedisSettings> = {}) {
  const failures: Error[] = [];
  const states: StoreState[] = [];
  const background = new Background((_name, error) => failures.push(error));
  const clock: Clock = systemClock;
  const onState = (state: StoreState): void => void states.push(state);
  const store = openRedis({ url, prefix: 'test', name: 'test', clock, background, onState, ...more });
  closers.push(() => {
    store.close();
    expect(failures).toEqual([]);
  });
  return { store, states, failures };
}

/** Resolves when the state is this one; a state that never comes ends the test by its timeout. */
async function reaches(store: RedisStore, status: StoreState['status'], reason?: string): Promise<void> {
  while (store.state.status !== status || (reason !== undefined && store.state.reason !== reason))
    await sleep(systemClock, 5);
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (error) {
    return error instanceof LocalError ? error.code : String(error);
  }
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const from = systemClock.monotonic();
  await work();
  return systemClock.monotonic() - from;
}

describe.skipIf(!findRedisServer())('a store in Redis (skipped where no redis-server is found)', () => {
  it('runs scripts by hash, and by source where Redis does not know the hash', async () => {
    const redis = await redisServer();
    const { store } = open(redis.url);
    expect(await store.answers(5_000)).toBe(true);
    expect(store.key('a', 'b')).toBe('test:a:b');
    expect(await store.run(SET, [store.key('k')], ['v'])).toBe('OK');
    expect(await store.run(GET, [store.key('k')], [])).toBe('v');
    await redisCommands(redis, 'SCRIPT FLUSH');
    expect(await store.run(GET, [store.key('k')], [])).toBe('v');
  });

  it('takes and gives bytes as they are, by scripts and by plain commands, in the order of the calls', async () => {
    const redis = await redisServer();
    const calls: string[] = [];
    const { store } = open(redis.url, { observer: { call: (name, result) => calls.push(`${name} ${result}`) } });
    await store.answers(5_000);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const key = store.key('bytes');
    expect(await store.run(SET, [key], [bytes])).toBe('OK');
    await redisCommands(redis, 'SCRIPT FLUSH');
    expect(await store.runBuffers(GET, [key], [])).toEqual(bytes);
    const nested: Script = { name: 'nested', source: `return { 1, false, { redis.call('GET', KEYS[1]) } }` };
    expect(await store.runBuffers(nested, [key], [])).toEqual([1, null, [bytes]]);
    const [, script, plain] = await Promise.all([
      store.run({ name: 'write', command: 'SET' }, [key], [bytes.subarray(128), 'PX', 60_000]),
      store.runBuffers(GET, [key], []),
      store.runBuffers({ name: 'read', command: 'GET' }, [key], []),
    ]);
    expect([script, plain]).toEqual([bytes.subarray(128), bytes.subarray(128)]);
    expect(await codeOf(store.runBuffers({ name: 'read', command: 'INCR' }, [key], []))).toBe('store_script_failed');
    expect(calls).toEqual(expect.arrayContaining(['write ok', 'read ok', 'nested ok', 'read error']));
    redis.signal('SIGSTOP');
    const took = await elapsed(async () => {
      expect(await codeOf(store.runBuffers({ name: 'read', command: 'GET' }, [key], []))).toBe('store_unavailable');
    });
    expect(took).toBeGreaterThan(200);
    expect(took).toBeLessThan(500);
    expect(store.available).toBe(false);
    redis.signal('SIGCONT');
  });

  it('experiment 9: an error of a script is told apart, and opens nothing', async () => {
    const redis = await redisServer();
    const results: string[] = [];
    const { store } = open(redis.url, { observer: { call: (script, result) => results.push(`${script} ${result}`) } });
    await store.answers(5_000);
    await store.run(SET, [store.key('k')], ['no number']);
    for (let i = 0; i < 20; i += 1)
      expect(await codeOf(store.run(BROKEN, [store.key('k')], []))).toBe('store_script_failed');
    expect(store.available).toBe(true);
    expect(await store.run(ECHO, [], ['x'])).toBe('x');
    expect(new Set(results)).toEqual(new Set(['set ok', 'broken error', 'echo ok']));
  });

  it('experiment 6: unreachable at its start, it rejects at once and is whole when Redis comes', async () => {
    const redis = await redisServer();
    await redis.kill();
    const { store, states } = open(redis.url);
    expect(await codeOf(store.run(ECHO, [], ['x']))).toBe('store_unavailable');
    await reaches(store, 'degraded', 'ECONNREFUSED');
    let recovered = 0;
    store.onRecovered(() => (recovered += 1));
    await redis.restart();
    const took = await elapsed(() => reaches(store, 'ok'));
    expect(took).toBeLessThan(5_000);
    expect(await store.run(ECHO, [], ['x'])).toBe('x');
    await reaches(store, 'ok');
    expect(recovered).toBe(1);
    expect(states.map((state) => state.status)).toEqual(['degraded', 'ok']);
  });

  it('experiment 6: calls under way when Redis dies reject, and it is whole in less than 5 s after its return', async () => {
    const redis = await redisServer();
    const { store } = open(redis.url);
    await store.answers(5_000);
    redis.signal('SIGSTOP');
    const under = [codeOf(store.run(ECHO, [], ['1'])), codeOf(store.run(ECHO, [], ['2']))];
    await redis.kill();
    expect(await Promise.all(under)).toEqual(['store_unavailable', 'store_unavailable']);
    await reaches(store, 'degraded');
    await redis.restart();
    const took = await elapsed(() => reaches(store, 'ok'));
    expect(took).toBeLessThan(5_000);
  });

  it('experiment 7: a Redis that hangs costs the first calls 250 ms and later ones nothing; late answers go nowhere', async () => {
    const redis = await redisServer();
    const breaker: boolean[] = [];
    const { store } = open(redis.url, { observer: { breaker: (isOpen) => breaker.push(isOpen) } });
    await store.answers(5_000);
    redis.signal('SIGSTOP');
    const first = await elapsed(() => codeOf(store.run(ECHO, [], ['late'])));
    expect(first).toBeGreaterThan(200);
    expect(store.available).toBe(false);
    const codes = new Set<string>();
    const later = await elapsed(async () => {
      for (let i = 0; i < 100; i += 1) codes.add(await codeOf(store.run(ECHO, [], ['never sent'])));
    });
    expect([...codes]).toEqual(['store_unavailable']);
    // A hundred calls together cost less than one limit.
    expect(later).toBeLessThan(250);
    redis.signal('SIGCONT');
    expect(await elapsed(() => reaches(store, 'ok'))).toBeLessThan(5_000);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => store.run(ECHO, [], [`n${String(i)}`])));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `n${String(i)}`));
    expect(breaker).toEqual([true, false, true, false].slice(-breaker.length));
  });

  it('experiment 7: it recovers from a hang that lasts', async () => {
    const redis = await redisServer();
    const { store } = open(redis.url);
    await store.answers(5_000);
    redis.signal('SIGSTOP');
    await codeOf(store.run(ECHO, [], ['late']));
    await sleep(systemClock, 3_000);
    expect(store.state.status).toBe('degraded');
    redis.signal('SIGCONT');
    expect(await elapsed(() => reaches(store, 'ok'))).toBeLessThan(5_000);
    expect(await store.run(ECHO, [], ['x'])).toBe('x');
  });

  it('experiment 9: a wrong or missing password is told without the password, and nothing crashes', async () => {
    const redis = await redisServer('--requirepass', 'right');
    const wrong = open(redis.url.replace('//', '//:wr0ng-canary@'));
    const missing = open(redis.url);
    const right = open(redis.url.replace('//', '//:right@'));
    await reaches(wrong.store, 'degraded', 'wrong password');
    await reaches(missing.store, 'degraded', 'password needed');
    const error = await wrong.store.run(ECHO, [], ['x']).catch((thrown: unknown) => thrown as LocalError);
    expect(error).toBeInstanceOf(LocalError);
    expect((error as LocalError).code).toBe('store_unavailable');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
    expect(await right.store.answers(5_000)).toBe(true);
  });

  it('experiment 9: READONLY connects anew, at a bounded rate, and is unavailable meanwhile', async () => {
    const redis = await redisServer();
    const { store, states } = open(redis.url);
    await store.answers(5_000);
    const replica = await redisServer('--replicaof', '127.0.0.1', '1');
    const second = open(replica.url);
    await reaches(second.store, 'degraded', 'read-only replica');
    expect(await codeOf(second.store.run(SET, ['k'], ['v']))).toBe('store_unavailable');
    const before = await connections(replica);
    await sleep(systemClock, 2_000);
    expect((await connections(replica)) - before).toBeLessThan(10);
    await redisCommands(replica, 'REPLICAOF NO ONE');
    await reaches(second.store, 'ok');
    expect(await second.store.run(SET, ['k'], ['v'])).toBe('OK');
    // A primary that becomes a replica under us.
    await redisCommands(redis, 'REPLICAOF 127.0.0.1 1');
    expect(await codeOf(store.run(SET, ['k'], ['v']))).toBe('store_unavailable');
    await reaches(store, 'degraded', 'read-only replica');
    await redisCommands(redis, 'REPLICAOF NO ONE');
    await reaches(store, 'ok');
    expect(states.at(-1)).toEqual({ status: 'ok', reason: undefined });
  });

  it('experiment 9: out of memory is store_full; what is there can be read, and it is told when it is over', async () => {
    const redis = await redisServer('--maxmemory', '3mb', '--maxmemory-policy', 'noeviction');
    const { store } = open(redis.url);
    await store.answers(5_000);
    const big = 'x'.repeat(200_000);
    await store.run(SET, ['first'], ['v']);
    let code = 'none';
    for (let i = 0; i < 40 && code === 'none'; i += 1) code = await codeOf(store.run(SET, [`k${String(i)}`], [big]));
    expect(code).toBe('store_full');
    expect(store.state).toEqual({ status: 'degraded', reason: 'out of memory' });
    expect(store.available).toBe(true);
    expect(await store.run(GET, ['first'], [])).toBe('v');
    let recovered = 0;
    store.onRecovered(() => (recovered += 1));
    await redisCommands(redis, 'FLUSHALL');
    await reaches(store, 'ok');
    await sleep(systemClock, 0);
    expect(recovered).toBe(1);
    expect(await store.run(SET, ['k'], ['v'])).toBe('OK');
  });

  it('experiment 23: its time is Redis’ time, whatever the wall clock of this process says', async () => {
    const redis = await redisServer();
    let wall = 3_600_000;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + wall };
    const { store } = open(redis.url, { clock });
    await store.answers(5_000);
    expect(store.time.sampled).toBe(true);
    const off = Math.abs(store.time.now() - systemClock.now());
    expect(off).toBeLessThan(1_000);
    wall = -3_600_000;
    expect(Math.abs(store.time.now() - systemClock.now())).toBeLessThan(1_000);
  });
});

describe('a store whose server is none', () => {
  it('experiment 7: a peer that takes connections and says nothing, or garbage, is unavailable and harms nothing', async () => {
    for (const words of [undefined, '\u0000not redis at all\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n']) {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        if (words !== undefined) socket.on('data', () => socket.write(words));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { store } = open(`redis://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
      await reaches(store, 'degraded');
      expect(await codeOf(store.run(ECHO, [], ['x']))).toBe('store_unavailable');
      store.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  it('calls after close reject, and closing twice is harmless', async () => {
    const { store } = open('redis://127.0.0.1:1');
    store.close();
    store.close();
    expect(await codeOf(store.run(ECHO, [], ['x']))).toBe('store_unavailable');
    expect(await store.answers(1)).toBe(false);
  });
});

/** Connections that a server has taken since its start. */
async function connections(redis: TestRedis): Promise<number> {
  return Number(/total_connections_received:(\d+)/.exec(await redisCommands(redis, 'INFO stats'))?.[1]);
}
