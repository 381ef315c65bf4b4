import type { CacheReport, NodeStatus } from '@mcp-cluster/cluster';
import { systemClock } from '@mcp-cluster/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeNode, type Answer } from '../../test/fake-node.js';
import { Membership } from '../membership/membership.js';
import { ClusterCache } from './cluster-cache.js';
import { HttpNodeCaches } from './node-caches.js';

const level = { state: 'ok', entries: 1, bytes: 10, hits: 1, misses: 1, skipped: 0, hitRatio: 0.5, types: {} } as const;
const report = (id: string): CacheReport => ({
  id,
  levels: { l1: level, l2: level, l3: { ...level, state: 'off' } },
  loads: {},
  waits: { process: 0, cluster: 0 },
  rescued: 0,
  evicted: 0,
  invalidations: { own: 0, heard: 0 },
  hottest: [],
});

/** Milliseconds that a node may take; only a node that never answers takes them. */
const ANSWER_MS = 200;

let membership: Membership;
let caches: HttpNodeCaches;
let cache: ClusterCache;
let nodes: FakeNode[];

beforeEach(() => {
  membership = new Membership(systemClock, () => ({
    dispatch: () => undefined,
    sever: () => undefined,
    close: () => undefined,
  }));
  caches = new HttpNodeCaches(ANSWER_MS);
  cache = new ClusterCache(membership, caches);
  nodes = [];
});
afterEach(async () => {
  caches.close();
  await Promise.all(nodes.map((node) => node.kill()));
});

const reply =
  (status: number, body: unknown): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** A member whose management port answers as told. */
async function member(id: string, state: NodeStatus['state'], answer: Answer): Promise<FakeNode> {
  const node = await FakeNode.start(id, answer);
  nodes.push(node);
  membership.join({ key: id, id, origin: node.origin, managementOrigin: node.origin });
  const joined = membership.nodes().find((one) => one.id === id);
  const status = { id, version: '1', state, inFlight: 0, sessions: 0, streams: 0, mcpPort: 1 };
  if (joined !== undefined) membership.answered(joined, status);
  return node;
}

describe('the caches of all nodes', () => {
  it('P06: are shown together and each, and those that did not answer are named with the reason', async () => {
    await member('a', 'ready', reply(200, report('a')));
    await member('b', 'ready', reply(200, report('b')));
    await member('draining', 'draining', reply(200, report('draining')));
    await member('hung', 'ready', () => undefined);
    await member('old', 'ready', reply(404, 'not found'));
    await member('odd', 'ready', reply(200, { id: 'odd' }));
    await member('web', 'ready', reply(200, '<html>'));
    await member('huge', 'ready', reply(200, JSON.stringify('x'.repeat(300_000))));
    await (await member('dead', 'ready', reply(200, {}))).kill();
    const { nodes: told, silent, levels } = await cache.report();
    expect(told).toEqual([report('a'), report('b')]);
    expect(levels.l1).toMatchObject({ entries: 2, hits: 2, hitRatio: 0.5 });
    expect(levels.l2).toMatchObject({ entries: 1, hits: 2 });
    expect(silent).toEqual([
      { id: 'hung', reason: 'no answer within 200 ms' },
      { id: 'old', reason: 'it has no cache that could be asked' },
      { id: 'odd', reason: 'it answers, but not as a node does' },
      { id: 'web', reason: 'it answers, but not as a node does' },
      { id: 'huge', reason: expect.stringMatching(/^it cannot be reached \(UND_ERR_/) as string },
      { id: 'dead', reason: 'it cannot be reached (ECONNREFUSED)' },
    ]);
  });

  it('P06: every member is told to forget, whatever its state, and each says whether it did', async () => {
    const done = reply(200, { done: true });
    const ready = await member('ready', 'ready', done);
    const starting = await member('starting', 'starting', done);
    await member('broken', 'ready', reply(500, 'internal error'));
    await member('hung', 'ready', () => undefined);
    expect(await cache.invalidate({ by: 'tool', name: 'echo' })).toEqual([
      { id: 'ready', done: true },
      { id: 'starting', done: true },
      { id: 'broken', done: false, reason: 'it answered with status 500' },
      { id: 'hung', done: false, reason: 'no answer within 200 ms' },
    ]);
    for (const { seen } of [ready, starting])
      expect(seen).toMatchObject([
        {
          method: 'POST',
          url: '/cache/invalidate',
          body: '{"tool":"echo"}',
          headers: { 'content-type': 'application/json' },
        },
      ]);
  });

  it('asks all nodes at once: one that hangs keeps nobody waiting', async () => {
    const hung = await member('hung', 'ready', () => undefined);
    const quick = await member('quick', 'ready', reply(200, {}));
    const told = cache.invalidate({ by: 'all', name: '' });
    await Promise.all([hung.got(1), quick.got(1)]);
    expect(quick.seen[0]?.body).toBe('{"all":true}');
    await told;
  });

  it('is refused where there is no node', async () => {
    await expect(cache.invalidate({ by: 'all', name: '' })).rejects.toMatchObject({ status: 409, code: 'no_nodes' });
  });
});
