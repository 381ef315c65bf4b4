import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, startNode, type Cluster, type NodeView } from '../../../test/support/cluster.mjs';
import { NODE, ROOT, run } from '../../../test/support/running.mjs';

const KEY = 'qIu1XxVbq0m8yZJ3hV9f2kP7sWc4LdTn';

/** `npm run cluster` without npm, which takes a second. */
const ordering =
  (cluster: () => Cluster) =>
  (...words: string[]) =>
    run(NODE, [`${ROOT}apps/cli/dist/cluster-main.js`, ...words, '--admin', new URL(cluster().adminUrl).origin]);

/** Calls without an end, until told; each that was not answered with a result. */
function load(url: string): { stop(): Promise<{ calls: number; failures: string[] }> } {
  const failures: string[] = [];
  let calls = 0;
  let going = true;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'echo',
  };
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const client = async (): Promise<void> => {
    while (going) {
      calls += 1;
      const params = { name: 'echo', arguments: { text: 'x', delayMs: 20 }, _meta: meta };
      try {
        const body = JSON.stringify({ jsonrpc: '2.0', id: calls, method: 'tools/call', params });
        const answer = await fetch(url, { method: 'POST', headers, body });
        const text = await answer.text();
        if (!text.includes('"result"')) failures.push(`${String(answer.status)} ${text}`);
      } catch (thrown) {
        failures.push(String(thrown));
      }
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, client));
  return {
    stop: async () => {
      going = false;
      await clients;
      return { calls, failures };
    },
  };
}

describe('P15: npm run cluster, where the manager starts its nodes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2 });
  });
  afterAll(() => cluster.stop());
  const order = ordering(() => cluster);
  const ids = async () => (await cluster.nodes()).map(({ id }) => id).toSorted();

  it('lists them, starts one more, and takes one away', async () => {
    const listed = await order('nodes', '--json');
    expect((JSON.parse(listed.stdout) as NodeView[]).map(({ id }) => id).toSorted()).toEqual(['node-1', 'node-2']);
    const added = await order('add');
    expect([added.code, added.stdout], added.stderr).toEqual([0, 'add node-3: done']);
    expect(await ids()).toEqual(['node-1', 'node-2', 'node-3']);
    const removed = await order('remove', 'node-3');
    expect([removed.code, removed.stdout], removed.stderr).toEqual([0, 'remove node-3: done']);
    expect(removed.stderr).toMatch(/^node-3 {2}gone$/m);
    expect(await ids()).toEqual(['node-1', 'node-2']);
  });

  it('replaces every process under load without a failed call', async () => {
    const before = (await cluster.ready(2)).map(({ pid }) => pid);
    const calls = load(cluster.url);
    const restarted = await order('restart');
    const { calls: count, failures } = await calls.stop();
    expect([restarted.code, restarted.stdout], restarted.stderr).toEqual([0, 'restart: done']);
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(20);
    const after = (await cluster.ready(2)).map(({ pid }) => pid);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  it('refuses what cannot be done, with the reason and exit code 3', async () => {
    const unknown = await order('drain', 'node-77');
    expect([unknown.code, unknown.stderr]).toEqual([
      3,
      'no node "node-77"; GET /admin/nodes lists them (unknown_node)',
    ]);
    const nobody = await order('add', 'http://127.0.0.1:1', '--management', 'http://127.0.0.1:1');
    expect([nobody.code, nobody.stderr]).toEqual([3, expect.stringContaining('no answer') as string]);
  });

  it('says that a manager cannot be reached with exit code 2, and that words are wrong with 1', async () => {
    const [away, wrong] = await Promise.all([
      run(NODE, [`${ROOT}apps/cli/dist/cluster-main.js`, 'nodes', '--admin', 'http://127.0.0.1:47']),
      order('reboot'),
    ]);
    expect([away.code, wrong.code]).toEqual([2, 1]);
    expect(wrong.stderr).toContain('expected nodes, add, drain');
  });
});

describe('P15: npm run cluster, with a node that somebody else started', () => {
  it('takes it in, and lets it go drained; it does not come back by itself', async () => {
    const env = { CLUSTER_KEY: KEY };
    const node = await startNode({ env, args: ['--id', 'guest', '--redis', 'none'] });
    const cluster = await startCluster({ nodes: 1, env, args: ['--redis', 'none'] });
    const order = ordering(() => cluster);
    try {
      const { origin } = new URL(node.url);
      const added = await order('add', origin, '--management', node.managementUrl);
      expect([added.code, added.stdout], added.stderr).toEqual([0, `${origin}/mcp is in the cluster`]);
      const nodes = await cluster.ready(2);
      expect(nodes.map(({ id }) => id).toSorted()).toEqual(['guest', 'node-1']);
      const again = await order('add', origin, '--management', node.managementUrl);
      expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('is in the cluster already') as string]);
      const removed = await order('remove', 'guest');
      expect([removed.code, removed.stdout], removed.stderr).toEqual([0, 'remove guest: done']);
      expect((await cluster.nodes()).map(({ id }) => id)).toEqual(['node-1']);
      const status = await fetch(`${node.managementUrl}/readyz`);
      expect(await status.json()).toMatchObject({ id: 'guest', state: 'draining' });
    } finally {
      await cluster.stop();
      await node.stop();
    }
  });
});
