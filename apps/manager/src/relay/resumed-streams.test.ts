import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { DoorFixture, post, sealedSession } from '../../test/door-fixture.js';
import { echoing, FakeNode, type Answer } from '../../test/fake-node.js';

const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function cluster(...answers: Answer[]): Promise<{ nodes: FakeNode[]; door: DoorFixture }> {
  const nodes = await Promise.all(answers.map((answer, at) => FakeNode.start(`node-${String(at + 1)}`, answer)));
  const door = await DoorFixture.open(nodes);
  toClose.push(...nodes.map((node) => () => node.kill()), () => {
    door.close();
  });
  return { nodes, door };
}

function openStream(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
}

/** An event's fields as a node may write them, a priming event and one with every field among them. */
const PRIMING = 'id: s1/0\nretry: 1500\ndata: \n\n';
const EVENTS = `${PRIMING}event: message\nid: s1/ü=+/7\nretry: 250\ndata: {"jsonrpc":"2.0","method":"x"}\n\n: comment\n\n`;

describe('streams that are taken up again', () => {
  it('S02: Last-Event-ID reaches the session’s node as it is, and ids and retry reach the client', async () => {
    const other: Answer = echoing('other');
    const home: Answer = (_req, res) => {
      openStream(res);
      res.end(EVENTS);
    };
    const { nodes, door } = await cluster(other, home, other);
    const headers = {
      accept: 'text/event-stream',
      'mcp-session-id': sealedSession('node-2'),
      'mcp-protocol-version': '2025-11-25',
      'last-event-id': 's1/%C3%BC=+/6',
    };
    for (let time = 0; time < 5; time += 1) {
      const response = await fetch(door.url, { headers });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(await response.text()).toBe(EVENTS);
    }
    expect(nodes.map((node) => node.seen.length)).toEqual([0, 5, 0]);
    expect(nodes[1]?.seen.map((request) => request.headers['last-event-id'])).toEqual(
      Array.from({ length: 5 }, () => headers['last-event-id']),
    );
  });

  it.each([
    ['the stream of a call', 'POST'],
    ['a session’s own stream', 'GET'],
  ])('S02: the node ends %s without an answer: so it ends at the client, with no error', async (_what, method) => {
    const { door } = await cluster((_req, res) => {
      openStream(res);
      res.write(PRIMING);
      res.end();
    });
    const session = { 'mcp-session-id': sealedSession('node-1'), 'mcp-protocol-version': '2025-11-25' };
    const request = method === 'POST' ? post('tools/call', 1, session) : { headers: session };
    const response = await fetch(door.url, request);
    expect(response.status).toBe(200);
    // text() rejects when the stream is cut instead of ended.
    expect(await response.text()).toBe(PRIMING);
    await door.relays.whenIdle();
    const metrics = await door.registry.metrics();
    expect(metrics).toContain('mcp_manager_upstream_requests_total{outcome="answered"} 1');
    expect(metrics).toContain('mcp_manager_upstream_requests_total{outcome="lost"} 0');
    expect(door.membership.nodes()[0]?.health.failures).toBe(0);
  });

  it('S02: a call whose stream ended early is taken up again by GET', async () => {
    const { door } = await cluster((req: IncomingMessage, res) => {
      openStream(res);
      if (req.headers['last-event-id'] === undefined) res.end(PRIMING);
      else res.end('id: s1/1\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
    });
    const session = { 'mcp-session-id': sealedSession('node-1'), 'mcp-protocol-version': '2025-11-25' };
    expect(await (await fetch(door.url, post('tools/call', 1, session))).text()).toBe(PRIMING);
    const resumed = await fetch(door.url, { headers: { ...session, 'last-event-id': 's1/0' } });
    expect(await resumed.text()).toContain('"result":{}');
  });
});
