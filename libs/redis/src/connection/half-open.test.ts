import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Background, sleep, systemClock } from '@mcp-cluster/kernel';
import type { ClusterEvent } from '@mcp-cluster/protocol';
import { findRedisServer, startRedis } from '@mcp-cluster/testkit/redis';
import { RedisBus } from '../bus/redis-bus.js';
import type { RedisSettings } from './redis-settings.js';
import { openRedis } from './redis-store.js';
import type { Script } from './store.js';

// Real servers start, hang and come back; on two busy cores that takes seconds.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const ECHO: Script = { name: 'echo', source: `return ARGV[1]` };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A way to a server whose connections a test can make silent: nothing goes through, and nobody is told. */
async function proxy(port: number) {
  const sockets = new Set<Socket>();
  const silent = new WeakSet<Socket>();
  const server = createServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!silent.has(from)) to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        if (!silent.has(from)) to.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `redis://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    silence: () => {
      for (const socket of sockets) silent.add(socket);
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(systemClock, 5);
}

describe.skipIf(!findRedisServer())('a half-open connection (skipped where no redis-server is found)', () => {
  it('experiment 10: is noticed and made anew, by calls and by the bus, and what was said meanwhile arrives', async () => {
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const way = await proxy(redis.port);
    const failures: Error[] = [];
    const background = new Background((_name, error) => failures.push(error));
    const settings = (url: string): RedisSettings => ({
      ...{ url, prefix: 'test', name: 'test', clock: systemClock, background },
    });
    const [cut, whole] = [openRedis(settings(way.url)), openRedis(settings(redis.url))];
    const [a, b] = [
      new RedisBus({ redis: settings(way.url), store: cut }),
      new RedisBus({ redis: settings(redis.url), store: whole }),
    ];
    closers.push(async () => {
      await Promise.all([a.close(), b.close()]);
      cut.close();
      whole.close();
    });
    const heard: ClusterEvent[] = [];
    a.subscribe((event) => heard.push(event));
    expect(await Promise.all([a.attached(5_000), b.attached(5_000), cut.answers(5_000), whole.answers(5_000)])).toEqual(
      [true, true, true, true],
    );
    way.silence();
    b.publish({ type: 'session-ended', session: 'meanwhile' });
    await expect(cut.run(ECHO, [], ['x'])).rejects.toMatchObject({ code: 'store_unavailable' });
    await until(() => cut.available);
    expect(await cut.run(ECHO, [], ['x'])).toBe('x');
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ type: 'session-ended', session: 'meanwhile' }]);
    expect(failures).toEqual([]);
  });

  it('a pause of this process costs no answer that has arrived meanwhile', async () => {
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const background = new Background(() => undefined);
    const store = openRedis({ url: redis.url, prefix: 'test', name: 'test', clock: systemClock, background });
    closers.push(() => {
      store.close();
    });
    await store.answers(5_000);
    await store.run(ECHO, [], ['known']);
    const answer = store.run(ECHO, [], ['x']);
    const from = systemClock.monotonic();
    // Longer than a call may take, shorter than ioredis' own limit.
    while (systemClock.monotonic() - from < 400);
    expect(await answer).toBe('x');
    expect(store.available).toBe(true);
  });
});
