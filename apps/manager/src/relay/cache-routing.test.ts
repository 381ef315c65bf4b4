import { FEW_RECENT, LOAD_FACTOR } from '@mcp-cluster/balance';
import { IDEMPOTENCY_KEY } from '@mcp-cluster/protocol';
import { describe, expect, it } from 'vitest';
import { RelayFixture } from '../../test/relay-fixture.js';

const NODES = ['a', 'b', 'c', 'd'];
const done = { jsonrpc: '2.0', id: 7, result: {} };

/** A call that is answered at once. @returns its node */
function call(scene: RelayFixture, n: number, tool = 'cached', more: object = {}): string {
  const { client } = scene.post('tools/call', { name: tool, arguments: { n }, ...more }, { 'mcp-name': tool });
  const { node } = scene.last;
  scene.last.sent().json(done);
  expect(client.status).toBe(200);
  return node;
}

function read(scene: RelayFixture, uri: string): string {
  scene.post('resources/read', { uri }, { 'mcp-name': uri });
  scene.last.sent().json(done);
  return scene.last.node;
}

const places = (scene: RelayFixture): string[] => Array.from({ length: 40 }, (_none, n) => call(scene, n));
const picks = (reason: string): string => `mcp_manager_picks_total{reason="${reason}"}`;

/** All are warm, so that each has its whole share. */
async function open(options: Parameters<typeof RelayFixture.open>[1] = {}, nodes = NODES): Promise<RelayFixture> {
  const scene = await RelayFixture.open(nodes, options);
  await scene.clock.advance(60_000);
  return scene;
}

describe('P06: routing of what is cached', () => {
  it('P06: equal calls and reads go to one node, different ones to all', async () => {
    const scene = await open();
    const first = places(scene);
    expect(new Set(first).size).toBe(NODES.length);
    // So that they are few, and none too many.
    await scene.clock.advance(30_000);
    expect(places(scene)).toEqual(first);
    const uris = Array.from({ length: 40 }, (_none, at) => `a://${String(at)}`);
    const homes = uris.map((uri) => read(scene, uri));
    expect(new Set(homes).size).toBe(NODES.length);
    await scene.clock.advance(30_000);
    expect(uris.map((uri) => read(scene, uri))).toEqual(homes);
    expect(await scene.metric(picks('cached'))).toBe(160);
    // Another manager has them at the same nodes.
    expect(places(await open())).toEqual(first);
  });

  it.each([
    ['of a tool whose results are not kept', 'read', {}],
    ['with an idempotency key', 'cached', { _meta: { [IDEMPOTENCY_KEY]: 'k' } }],
  ])('P06: calls %s are balanced', async (_what, tool, more) => {
    const scene = await open();
    expect(new Set(Array.from({ length: 40 }, () => call(scene, 1, tool, more))).size).toBe(NODES.length);
    expect(await scene.metric(picks('balanced'))).toBe(40);
  });

  it('P06: all are balanced where it is turned off, and until a node has told of its tools', async () => {
    const off = await open({ routing: 'balanced' });
    expect(new Set(Array.from({ length: 40 }, () => call(off, 1))).size).toBe(NODES.length);
    expect(new Set(Array.from({ length: 40 }, () => read(off, 'a://b'))).size).toBe(NODES.length);

    const scene = await open({}, []);
    scene.tools = [];
    scene.join('a');
    scene.join('b');
    await scene.clock.advance(60_000);
    expect(new Set(Array.from({ length: 40 }, () => call(scene, 1))).size).toBe(2);
  });

  it('P06: each principal has a node of his own for a tool whose results are his own', async () => {
    const scene = await open();
    const nodeOf = (who: string): string => {
      scene.post('tools/call', { name: 'own' }, { 'mcp-name': 'own', authorization: who });
      scene.last.sent().json(done);
      return scene.last.node;
    };
    const people = Array.from({ length: 30 }, (_none, at) => `Bearer ${String(at)}`);
    const homes = people.map(nodeOf);
    expect(new Set(homes).size).toBe(NODES.length);
    expect(people.map(nodeOf)).toEqual(homes);
  });

  it('P06: the keys of a node that dies move, those of no other do, and they come back with it', async () => {
    const scene = await open();
    const before = places(scene);
    scene.down('b');
    const without = places(scene);
    before.forEach((node, n) => {
      if (node === 'b') expect(without[n]).not.toBe('b');
      else expect(without[n]).toBe(node);
    });
    scene.ready('b');
    // Not all at once: it is cold.
    expect(places(scene).filter((node) => node === 'b').length).toBeLessThan(
      before.filter((node) => node === 'b').length,
    );
    await scene.clock.advance(30_000);
    expect(places(scene)).toEqual(before);
  });

  it('P06: a draining node gets nothing', async () => {
    const scene = await open();
    expect(places(scene)).toContain('c');
    const { report } = scene.node('c');
    scene.membership.answered(scene.node('c'), { ...report, id: 'c', state: 'draining', mcpPort: 1 });
    expect(places(scene)).not.toContain('c');
  });

  it('P06: a call that fails goes on to the next node of its key, and then to the next', async () => {
    const scene = await open();
    const order: string[] = [];
    const { client } = scene.post('tools/call', { name: 'cached', arguments: {} }, { 'mcp-name': 'cached' });
    for (let at = 0; at < 3; at += 1) {
      order.push(scene.last.node);
      scene.last.fail('ECONNREFUSED');
    }
    order.push(scene.last.node);
    scene.last.sent().json(done);
    expect(client.status).toBe(200);
    expect(new Set(order).size).toBe(4);
    expect(await scene.metric(picks('cached'))).toBe(1);
    expect(await scene.metric(picks('spilled'))).toBe(3);
    // Once all are well again, what was its second node is so for whoever is refused by the first.
    await scene.clock.advance(300_000);
    scene.post('tools/call', { name: 'cached', arguments: {} }, { 'mcp-name': 'cached' });
    expect(scene.last.node).toBe(order[0]);
    scene.last.fail('ECONNREFUSED');
    expect(scene.last.node).toBe(order[1]);
  });

  it('P06: a hot key spills to one other node, and no node has more than 1.25 times its share', async () => {
    const scene = await open();
    const counts = new Map<string, number>();
    const homeOf = new Map<number, Set<string>>();
    for (let at = 0; at < 4000; at += 1) {
      // Every sixth call is the same one.
      const n = at % 6 === 0 ? 0 : at;
      const node = call(scene, n);
      counts.set(node, (counts.get(node) ?? 0) + 1);
      homeOf.set(n, (homeOf.get(n) ?? new Set()).add(node));
    }
    for (const count of counts.values()) expect(count).toBeLessThanOrEqual(LOAD_FACTOR * 1000 + 1);
    expect(homeOf.get(0)?.size).toBe(2);
    expect(await scene.metric(picks('spilled'))).toBeGreaterThan(0);
    expect(FEW_RECENT).toBeLessThan(1000);
  });

  it('P06: a node with much under way spills, and has its keys again when it has done it', async () => {
    const scene = await open();
    const home = call(scene, 1);
    const node = scene.node(home);
    for (let one = 0; one < 100; one += 1) node.begin('calls');
    const second = call(scene, 1);
    expect(second).not.toBe(home);
    expect(call(scene, 1)).toBe(second);
    for (let one = 0; one < 100; one += 1) node.end('calls');
    await scene.clock.advance(30_000);
    expect(call(scene, 1)).toBe(home);
  });

  it('P06: a session’s calls stay at its home', async () => {
    const scene = await open();
    const nodes = Array.from({ length: 20 }, (_none, n) => {
      const headers = { 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': 'x', 'mcp-name': 'cached' };
      scene.post('tools/call', { name: 'cached', arguments: { n } }, headers);
      scene.last.sent().json(done);
      return scene.last.node;
    });
    expect(new Set(nodes).size).toBe(1);
  });
});
