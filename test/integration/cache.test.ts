import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findRedisServer, redisCommands, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { scrape } from '../support/metrics.js';
import { messages, stateless, type RpcMessage } from '../support/raw-http.js';
import { eventually } from '../support/running.mjs';

/** Cached tools that write down when they really run. */
const TOOLS = fileURLToPath(new URL('../support/tools', import.meta.url));

let folder: string;
let log: string;
let cluster: Cluster;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-cache-'));
  log = join(folder, 'lookups');
});
afterEach(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<void> {
  const env = { TOOLS_DIR: TOOLS, LOOKUP_LOG: log };
  cluster = await startCluster({ nodes: 3, fixtures: false, env, args });
}

/** Lines that runs of the tools have written, on whichever node. */
function runs(): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
}

let lastId = 0;

async function ask(method: string, params: Record<string, unknown>): Promise<RpcMessage> {
  const [answer] = await messages(await fetch(cluster.url, stateless(method, params, { id: (lastId += 1) })));
  if (answer === undefined) throw new Error(`no answer to ${method}`);
  return answer;
}

const textOf = ({ result }: RpcMessage): string => (result as { content: [{ text: string }] }).content[0].text;

async function lookup(key: string, more: object = {}, name = 'lookup'): Promise<string> {
  return textOf(await ask('tools/call', { name, arguments: { key, ...more } }));
}

async function read(uri: string): Promise<{ contents: [{ text: string }]; ttlMs: number; cacheScope: string }> {
  const { result, error } = await ask('resources/read', { uri });
  if (result === undefined) throw new Error(JSON.stringify(error));
  return result as never;
}

/** Of tool results, by the node's metrics. */
async function levels(id: string): Promise<{ l1: number; l2: number; misses: number }> {
  const metrics = await scrape(cluster.nodeManagementUrl(id));
  const looked = (cache_level: string, result: string): number =>
    metrics.sum('mcp_cache_lookups_total', { type: 'tool_result', cache_level, result });
  return { l1: looked('l1', 'hit'), l2: looked('l2', 'hit'), misses: looked('l1', 'miss') };
}

async function admin(path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const url = cluster.adminUrl.replace(/nodes$/, path);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, body && { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe.skipIf(!findRedisServer())('the cache of a cluster with Redis (redis-server)', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.stop());

  it('18: a thousand equal calls on three nodes run the tool once', async () => {
    await start('--redis', redis.url, '--routing', 'balanced');
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => lookup('hot', { delayMs: 300 })));
    expect(new Set(answers).size).toBe(1);
    expect(runs()).toHaveLength(1);
    // They did reach all three.
    const asked = await Promise.all((await cluster.nodes()).map(async ({ id }) => (await levels(id)).misses));
    expect(asked.every((misses) => misses > 0)).toBe(true);
  });

  it('P06: what one node has loaded the others have from Redis', async () => {
    await start('--redis', redis.url, '--routing', 'balanced');
    for (let n = 0; n < 30; n += 1) await lookup('shared', { bytes: 5_000 });
    expect(runs()).toHaveLength(1);
    const all = await Promise.all((await cluster.nodes()).map(({ id }) => levels(id)));
    expect(all.reduce((sum, { l2 }) => sum + l2, 0)).toBe(2);
    expect(all.every(({ l1 }) => l1 > 0)).toBe(true);
  });

  it('a node that joins has what is used most before it takes calls', async () => {
    await start('--redis', redis.url, '--max-nodes', '4');
    for (let n = 0; n < 10; n += 1) await lookup('popular');
    // Nodes tell every ten seconds what they are asked for.
    await eventually(
      'a node has told of its hits',
      async () => ((await redisCommands(redis, 'KEYS mcp:cache:hits:*')).includes('cache:hits:') ? true : undefined),
      { withinMs: 20_000, everyMs: 250 },
    );
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(cluster.adminUrl, { method: 'POST', headers })).status).toBe(202);
    await cluster.ready(4);
    const warmed = await cluster.log(({ msg, node }) => msg === 'cache warmed up' && node === 'node-4');
    expect(warmed).toMatchObject({ admitted: 1, ended: 'done' });
  });

  it('an invalidation by tag, tool, key or URI reaches every node at once, and only what it names', async () => {
    await start('--redis', redis.url, '--routing', 'balanced');
    const spread = async (key: string): Promise<void> => {
      for (let n = 0; n < 12; n += 1) await lookup(key);
    };
    await spread('a');
    await read('lookup://r');
    expect(runs()).toHaveLength(2);
    const { body } = await admin('cache');
    const hottest = body['hottest'] as { id: string; type: string }[];
    const key = hottest.find(({ type }) => type === 'tool_result')!.id;
    for (const [target, anew] of [
      [{ key }, 1],
      [{ tag: 'lookups' }, 1],
      [{ tool: 'lookup' }, 1],
      [{ tool: 'short_lookup' }, 0],
      [{ uri: 'lookup://r' }, 0],
      [{ all: true }, 1],
    ] as const) {
      const before = runs().length;
      expect(await admin('cache/invalidate', target)).toMatchObject({ status: 200 });
      await spread('a');
      expect([target, runs().length - before]).toEqual([target, anew]);
    }
    const before = runs().length;
    await read('lookup://r');
    expect(runs().length - before).toBe(1);
  });

  it('says what it holds, and never the arguments', async () => {
    await start('--redis', redis.url);
    for (let n = 0; n < 5; n += 1) await lookup('secret-4711');
    const { status, body } = await admin('cache');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('"lookup"');
    expect(JSON.stringify(body)).not.toContain('4711');
  });

  it('6, 7: with Redis hung, and then killed, reads go on, and few calls wait for it', async () => {
    await start('--redis', redis.url);
    await lookup('kept');
    redis.signal('SIGSTOP');
    const took: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const began = performance.now();
      await lookup(`new-${String(n)}`);
      took.push(performance.now() - began);
    }
    await lookup('kept');
    redis.signal('SIGCONT');
    await redis.kill();
    for (let n = 0; n < 20; n += 1) await lookup(`newer-${String(n)}`);
    await lookup('kept');
    expect(runs().filter((line) => line.startsWith('lookup kept'))).toHaveLength(1);
    // A node waits 100 ms twice, then leaves it alone; the other nodes find out for themselves.
    expect(took.filter((ms) => ms > 90).length).toBeLessThanOrEqual(6);
    expect(Math.max(...took)).toBeLessThan(1_000);
  });

  it('18: serves what is old while the source is down, and what is new when it is back', async () => {
    await start('--redis', redis.url);
    const first = await lookup('f', {}, 'short_lookup');
    await eventually('another answer after its time', async () =>
      (await lookup('f', {}, 'short_lookup')) === first ? undefined : true,
    );
    const last = await lookup('f', {}, 'short_lookup');
    writeFileSync(`${log}.fail`, '');
    await eventually('a run that failed', () => (runs().length > 2 ? true : undefined)).catch(() => undefined);
    for (let n = 0; n < 10; n += 1) expect(await lookup('f', {}, 'short_lookup')).toBe(last);
    rmSync(`${log}.fail`);
    await eventually('a new answer', async () => ((await lookup('f', {}, 'short_lookup')) === last ? undefined : true));
  });
});

describe('the cache of a cluster without Redis', () => {
  it('P06: each node keeps what it was asked; equal calls go to one node', async () => {
    await start('--redis', 'none');
    for (let n = 0; n < 12; n += 1) await lookup('a');
    for (let n = 0; n < 12; n += 1) await read('lookup://b');
    expect(runs().map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['lookup a', 'read b']);
    expect(await admin('cache/invalidate', { tag: 'lookups' })).toMatchObject({ status: 200 });
    await lookup('a');
    expect(runs()).toHaveLength(3);
  });

  it('P06: a client is told what is left of the time', async () => {
    await start('--redis', 'none');
    await read('lookup://b');
    const { ttlMs, cacheScope } = await read('lookup://b');
    expect(ttlMs).toBeLessThan(60_000);
    expect([ttlMs > 50_000, cacheScope]).toEqual([true, 'public']);
  });

  it('P06: what was read is on the disk, also after kill -9 of every process', async () => {
    const disk = join(folder, 'disk');
    await start('--redis', 'none', '--cache-dir', disk);
    await read('lookup://kept');
    await eventually('the entry is written', async () => {
      const { body } = await admin('cache');
      return JSON.stringify(body).match(/"l3":{"state":"ok","entries":[1-9]/) === null ? undefined : true;
    });
    for (const { pid } of await cluster.nodes()) process.kill(pid, 'SIGKILL');
    await cluster.ready(0).catch(() => undefined);
    await cluster.ready(3);
    await read('lookup://kept');
    expect(runs()).toHaveLength(1);
  });
});
