import { Background, systemClock } from '@mcp-cluster/kernel';
import { ARCHIVE_LIMITS, type StreamArchive } from '@mcp-cluster/protocol';
import {
  appendOf,
  CALL,
  logged,
  SESSION,
  streamArchiveBoundsContract,
  streamArchiveContract,
  streamArchiveLossContract,
  streamArchiveProperty,
  type OpenStreamArchive,
} from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import type { Script, Store } from '../connection/store.js';
import { NodeLease } from '../lease/node-lease.js';
import { RedisStreamArchive } from './redis-stream-archive.js';

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

  const leaseKey = (owner: string): string => `test:node:${owner.split('/')[0] ?? ''}`;
  const streamKeys = (): Promise<string[]> => raw.keys('test:stream:*');

  const open: OpenStreamArchive = async (limits = ARCHIVE_LIMITS) => {
    await raw.flushall();
    let views = 0;
    return {
      node: async (owner) => {
        await raw.set(leaseKey(owner), owner.split('/')[1] ?? '');
        return new RedisStreamArchive(stores[(views += 1) % 2]!, { owner, background, limits });
      },
      loseLease: async (owner) => {
        await raw.del(leaseKey(owner));
      },
      loseAll: async () => {
        for (const key of await streamKeys()) await raw.del(key);
      },
      snapshot: async () => {
        const then = await Promise.all(
          (await streamKeys()).map(async (key) => ({
            key,
            dump: await raw.dumpBuffer(key),
            life: await raw.pttl(key),
          })),
        );
        return async () => {
          for (const key of await streamKeys()) await raw.del(key);
          for (const { key, dump, life } of then) await raw.restore(key, life, dump);
        };
      },
      elapse: async (ms) => {
        for (const key of await streamKeys()) await raw.pexpire(key, (await raw.pttl(key)) - ms);
      },
    };
  };

  streamArchiveContract('Redis', open);
  streamArchiveLossContract('Redis', open);
  streamArchiveBoundsContract('Redis', open);
  streamArchiveProperty('Redis', open, 60);

  const archive = async (owner = 'a/1'): Promise<StreamArchive> => (await open()).node(owner);

  it('S1: neither keys nor values tell the id of a session', async () => {
    const node = await archive();
    const birth = { ...CALL, session: 'secret-of-a-client' };
    await node.append(appendOf(0, [logged(1, 'log'), logged(2, 'progress')], { birth }));
    const keys = await streamKeys();
    expect(keys).toHaveLength(2);
    const dumps = await Promise.all(keys.map((key) => raw.dump(key)));
    expect(JSON.stringify([keys, dumps])).not.toContain('secret');
  });

  it('every key has an end', async () => {
    const node = await archive();
    await node.append(appendOf(0, [logged(1, 'log')]));
    await node.append(appendOf(1, [logged(2, 'answer')]));
    const lives = await Promise.all((await streamKeys()).map((key) => raw.pttl(key)));
    expect(lives).toHaveLength(2);
    for (const life of lives) expect(life).toBeGreaterThan(ARCHIVE_LIMITS.keepMs - 60_000);
  });

  it('S20: a long stream of progress leaves nothing behind', async () => {
    const node = await archive();
    for (let seq = 1; seq <= 300; seq += 1) await node.append(appendOf(seq - 1, [logged(seq, 'progress')]));
    expect(await streamKeys()).toHaveLength(1);
    expect(await node.read(SESSION, CALL.stream, 0)).toMatchObject({ last: 300, events: [logged(300, 'progress')] });
  });

  it("experiment 1: the lease that counts is the node's own", async () => {
    const lease = new NodeLease({ store: stores[0]!, clock: systemClock, background, id: 'a', incarnation: '1' });
    const origin = 'http://127.0.0.1:1';
    await lease.start({ origin, managementOrigin: origin, pid: 1, version: '0' });
    const node = new RedisStreamArchive(stores[0]!, { owner: lease.owner, background });
    await node.append(appendOf(0, []));
    expect(await node.read(SESSION, CALL.stream, 0)).toMatchObject({ ownerAlive: true });
    await lease.stop();
    expect(await node.read(SESSION, CALL.stream, 0)).toMatchObject({ ownerAlive: false });
  });

  it('experiment 7: a claim whose reply was lost is taken back, so that the stream is not left to nobody', async () => {
    const harness = await open();
    const a = await harness.node('a/1');
    await a.append(appendOf(0, [logged(1, 'log')]));
    await harness.loseLease('a/1');
    await raw.set(leaseKey('b/1'), '1');
    const lossy = new LossyStore(stores[0]!);
    const b = new RedisStreamArchive(lossy, { owner: 'b/1', background });
    lossy.losing = true;
    await expect(b.claim(SESSION, CALL.stream, 1)).rejects.toThrow('lost');
    lossy.losing = false;
    expect(await a.read(SESSION, CALL.stream, 0)).toMatchObject({ epoch: 2, ownerAlive: true });
    lossy.recover();
    await background.drain();
    expect(await a.read(SESSION, CALL.stream, 0)).toMatchObject({ epoch: 2, ownerAlive: false, events: [{ seq: 1 }] });
    const c = await harness.node('c/1');
    expect(await c.claim(SESSION, CALL.stream, 2)).toEqual({ epoch: 3, last: 1 });
  });

  it('experiment 7: a claim that is taken back does not take a later one of the same node', async () => {
    const harness = await open();
    const a = await harness.node('a/1');
    await a.append(appendOf(0, [logged(1, 'log')]));
    await raw.set(leaseKey('b/1'), '1');
    const lossy = new LossyStore(stores[0]!);
    const b = new RedisStreamArchive(lossy, { owner: 'b/1', background });
    lossy.losing = true;
    await expect(b.claim(SESSION, CALL.stream, 1)).rejects.toThrow('lost');
    lossy.losing = false;
    expect(await b.claim(SESSION, CALL.stream, 2)).toEqual({ epoch: 3, last: 1 });
    await b.renew([]);
    expect(await a.read(SESSION, CALL.stream, 0)).toMatchObject({ epoch: 3, ends: [1, 1], ownerAlive: true });
    expect(await b.append(appendOf(1, [logged(2, 'answer')], { epoch: 3 }))).toBe('kept');
  });

  it('experiment 6: a Redis that is away is told as that', async () => {
    const store = openRedis({ url: 'redis://127.0.0.1:1', prefix: '', name: 'x', clock: systemClock, background });
    const node = new RedisStreamArchive(store, { owner: 'a/1', background });
    const away = { code: 'store_unavailable' };
    await expect(node.append(appendOf(0, []))).rejects.toMatchObject(away);
    await expect(node.read(SESSION, CALL.stream, 0)).rejects.toMatchObject(away);
    await expect(node.claim(SESSION, CALL.stream, 1)).rejects.toMatchObject(away);
    store.close();
  });
});

/** Does what it is told, and loses the replies. */
class LossyStore implements Store {
  losing = false;
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly store: Store) {}

  get available(): boolean {
    return this.store.available;
  }

  key(...parts: readonly string[]): string {
    return this.store.key(...parts);
  }

  async run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const reply = await this.store.run(script, keys, args);
    if (this.losing) throw new Error('the reply was lost');
    return reply;
  }

  runBuffers(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.store.runBuffers(script, keys, args);
  }

  onRecovered(listener: () => void): void {
    this.listeners.push(listener);
  }

  recover(): void {
    for (const listener of this.listeners) listener();
  }
}
