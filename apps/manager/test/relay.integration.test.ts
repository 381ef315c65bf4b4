import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { sleep, systemClock } from '@mcp-cluster/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { DoorFixture, post, sealedSession } from './door-fixture.js';
import { echoing, FakeNode, json, type Answer } from './fake-node.js';

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

describe('relay of answers', () => {
  it('S02: a JSON answer arrives as the node gave it, with one request id on both sides', async () => {
    const { nodes, door } = await cluster((_req, res) => {
      json(res, { jsonrpc: '2.0', id: 1, result: 'ü' }, { 'mcp-session-id': 's1', 'cache-control': 'no-store' });
    });
    const response = await fetch(door.url, post('tools/call', 1, { 'x-request-id': 'abc', 'x-internal-role': 'root' }));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: 'ü' });
    expect(response.headers.get('mcp-session-id')).toBe('s1');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-request-id')).toBe('abc');
    const seen = nodes[0]?.seen[0];
    expect(seen?.headers['x-request-id']).toBe('abc');
    expect(seen?.headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(seen?.headers['x-internal-role']).toBeUndefined();
    expect(seen?.headers.host).toBe(`127.0.0.1:${String(nodes[0]?.port)}`);
    expect(JSON.parse(seen?.body ?? '')).toMatchObject({ id: 1, method: 'tools/call' });
  });

  it('makes a request id where the client sent none, or one that is not safe to log', async () => {
    const { nodes, door } = await cluster(echoing('node-1'));
    const response = await fetch(door.url, post('tools/call', 1, { 'x-request-id': 'a b"c' }));
    const id = response.headers.get('x-request-id');
    expect(id).toMatch(/^[a-f0-9]{12}-\w+$/);
    expect(nodes[0]?.seen[0]?.headers['x-request-id']).toBe(id);
  });

  it('S02, S14: an event stream is open before its first event, and events come as they are made', async () => {
    let node: { write(text: string): void; end(): void } | undefined;
    const { door } = await cluster((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
      res.flushHeaders();
      node = { write: (text) => res.write(text), end: () => res.end() };
    });
    const response = await fetch(door.url, post('tools/call', 1));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      node?.write(event);
      expect((await reader?.read())?.value).toBe(event);
    }
    node?.end();
    expect((await reader?.read())?.done).toBe(true);
  });

  it('S02: passes the status of a refusal, and GET and DELETE', async () => {
    const { nodes, door } = await cluster((_req, res) => {
      res.writeHead(405, { allow: 'POST' }).end();
    });
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(door.url, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
    }
    expect(nodes[0]?.seen.map((request) => request.method)).toEqual(['GET', 'DELETE']);
  });

  it('spreads stateless calls over the nodes', async () => {
    const { nodes, door } = await cluster(echoing('node-1'), echoing('node-2'));
    await Promise.all(
      Array.from({ length: 60 }, (_none, id) => fetch(door.url, post('tools/call', id)).then((r) => r.json())),
    );
    for (const node of nodes) expect(node.seen.length).toBeGreaterThan(15);
  });

  it('keeps a session on the node that made it, and moves it when that node is gone', async () => {
    const { nodes, door } = await cluster(echoing('node-1'), echoing('node-2'), echoing('node-3'));
    const headers = { 'mcp-session-id': sealedSession('node-2'), 'mcp-protocol-version': '2025-11-25' };
    for (let id = 0; id < 10; id += 1) {
      const response = await fetch(door.url, post('tools/list', id, headers));
      expect(await response.json()).toMatchObject({ result: { node: 'node-2' } });
    }
    await nodes[1]?.kill();
    const answers = new Set<string>();
    for (let id = 0; id < 5; id += 1) {
      const response = await fetch(door.url, post('tools/list', id, headers));
      answers.add(((await response.json()) as { result: { node: string } }).result.node);
    }
    expect(answers.size).toBe(1);
    expect(answers.has('node-2')).toBe(false);
  });

  it('S16: a client that leaves is seen by the node', async () => {
    const left = Promise.withResolvers<undefined>();
    const { nodes, door } = await cluster((_req, res) => {
      res.on('close', () => {
        left.resolve(undefined);
      });
    });
    const abort = new AbortController();
    const call = fetch(door.url, { ...post('tools/call', 1), signal: abort.signal });
    await nodes[0]?.got(1);
    abort.abort();
    await expect(call).rejects.toThrow();
    await left.promise;
    await door.relays.whenIdle();
    expect(await door.registry.metrics()).toContain('mcp_manager_upstream_requests_total{outcome="cancelled"} 1');
  });

  it('S20: a slow reader makes the node wait, and the door holds little', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const total = 64 * 1024 * 1024;
    let written = 0;
    const blocked = Promise.withResolvers<undefined>();
    const { door } = await cluster((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!res.write(chunk)) {
            // Blocked for good once no drain comes for a while: seen as a write that stays unfinished.
            blocked.resolve(undefined);
            res.once('drain', more);
            return;
          }
        }
        res.end();
      };
      more();
    });
    const before = process.memoryUsage().rss;
    const client = httpRequest(door.url, { method: 'GET' });
    client.end();
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    response.pause();
    await blocked.promise;
    // The socket buffers of two connections fill (some MiB on loopback); wait until the node makes no progress.
    let last = -1;
    while (last !== written) {
      last = written;
      await sleep(systemClock, 200);
    }
    expect(written).toBeLessThan(24 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);
    let received = 0;
    response.on('data', (data: Buffer) => (received += data.length));
    response.resume();
    await once(response, 'end');
    expect(received).toBe(total);
  });
});
