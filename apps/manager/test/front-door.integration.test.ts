import { once } from 'node:events';
import { connect } from 'node:net';
import { systemClock } from '@mcp-cluster/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { drain } from '../src/lifecycle/drain.js';
import { DoorFixture, post } from './door-fixture.js';
import { echoing, FakeNode, json, type Answer } from './fake-node.js';

const LIMIT = 4 * 1024 * 1024;
const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function cluster(answer: Answer): Promise<{ node: FakeNode; door: DoorFixture }> {
  const node = await FakeNode.start('node-1', answer);
  const door = await DoorFixture.open([node]);
  toClose.push(() => node.kill(), () => { door.close(); }); // prettier-ignore
  return { node, door };
}

/** Sends raw bytes and gives what came back until the server closed. */
async function raw(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1')));
  // A refused upload may end in a reset after the answer; what came before it counts.
  socket.on('error', () => undefined);
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return text;
}

describe('front door', () => {
  it('serves /mcp only, and POST, GET and DELETE only', async () => {
    const { door } = await cluster(echoing('node-1'));
    const base = `http://127.0.0.1:${String(door.port)}`;
    for (const path of ['/', '/mcp/', '/mcpx', '/admin/nodes']) expect((await fetch(base + path)).status).toBe(404);
    expect((await fetch(`${base}/mcp?a=1`, post('ping', 1))).status).toBe(200);
    const put = await fetch(door.url, { method: 'PUT', body: 'x' });
    expect(put.status).toBe(405);
    expect(put.headers.get('allow')).toBe('GET, POST, DELETE');
  });

  it('T1: a foreign Host or Origin gets 403 and reaches no node', async () => {
    const { node, door } = await cluster(echoing('node-1'));
    const refused = await fetch(door.url, post('tools/call', 1, { origin: 'http://evil.example' }));
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32600 } });
    const answer = await raw(door.port, 'GET /mcp HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(node.seen).toEqual([]);
  });

  it('T3: a body declared over 4 MiB gets 413 before it is sent', async () => {
    const { node, door } = await cluster(echoing('node-1'));
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${String(LIMIT + 1)}\r\n\r\n`;
    const answer = await raw(door.port, head);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer).toContain('"code":-32600');
    expect(node.seen).toEqual([]);
  });

  it('T3: a chunked body over 4 MiB gets 413, also while it is still being sent', async () => {
    const { node, door } = await cluster(echoing('node-1'));
    const head = 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n';
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const chunk = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
    const answer = await raw(door.port, head, ...Array.from({ length: 6 }, () => chunk));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(node.seen).toEqual([]);
    expect(door.door.budget.used).toBe(0);
  });

  it('T3: a body of exactly 4 MiB goes through, and its bytes are given back', async () => {
    const { node, door } = await cluster((_req, res) => {
      json(res, {});
    });
    const response = await fetch(door.url, { method: 'POST', body: Buffer.alloc(LIMIT, ' ') });
    expect(response.status).toBe(200);
    await response.text();
    expect(node.seen[0]?.body.length).toBe(LIMIT);
    await door.relays.whenIdle();
    expect(door.door.budget.used).toBe(0);
  });

  it('a client that leaves in the middle of its body costs nothing', async () => {
    const { door } = await cluster(echoing('node-1'));
    const socket = connect(door.port, '127.0.0.1');
    socket.write('POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nabc');
    while (door.door.budget.used === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(door.door.budget.used).toBe(3);
    socket.destroy();
    while (door.door.budget.used !== 0) await new Promise((resolve) => setImmediate(resolve));
    expect(door.relays.inFlight).toBe(0);
  });

  it('counts requests by method and status', async () => {
    const { door } = await cluster(echoing('node-1'));
    await (await fetch(door.url, post('tools/call', 1))).text();
    await (await fetch(door.url, post('made/up', 1))).text();
    await (await fetch(door.url, post('tools/call', 1, { origin: 'http://evil.example' }))).text();
    await door.relays.whenIdle();
    const text = await door.registry.metrics();
    expect(text).toContain('mcp_requests_total{method="tools/call",status="success",server="manager"} 1');
    expect(text).toContain('mcp_requests_total{method="_other",status="success",server="manager"} 1');
    expect(text).toContain('mcp_requests_total{method="tools/call",status="client_error",server="manager"} 1');
    expect(text).toContain('mcp_manager_in_flight{lane="calls"} 0');
    expect(text).toMatch(/mcp_active_connections\{server="manager"\} [1-9]/);
  });
});

describe('drain', () => {
  function drainable(door: DoorFixture): Parameters<typeof drain>[0] {
    return {
      unready: () => undefined,
      stopAccepting: () => { door.door.stopAccepting(); },
      endStreams: () => { door.relays.endStreams(); },
      whenIdle: () => door.relays.whenIdle(),
      cut: () => { door.door.cut(); },
      stopRest: () => Promise.resolve(),
    }; // prettier-ignore
  }

  it('lets the open call end, ends standing streams, and refuses new connections', async () => {
    const release = Promise.withResolvers<undefined>();
    const { node, door } = await cluster((req, res, body) => {
      if (req.method === 'GET') {
        res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        return;
      }
      void release.promise.then(() => {
        echoing('node-1')(req, res, body);
      });
    });
    const stream = await fetch(door.url, { headers: { accept: 'text/event-stream' } });
    const call = fetch(door.url, post('tools/call', 1));
    await node.got(2);
    const drained = drain(drainable(door), { delayMs: 0, timeoutMs: 30_000 }, systemClock);
    expect(await stream.text()).toBe('');
    await expect(fetch(door.url, post('tools/call', 2, { connection: 'close' }))).rejects.toThrow();
    release.resolve(undefined);
    const response = await call;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: 1, result: {} });
    await drained;
  });

  it('cuts what does not end in time', async () => {
    const { node, door } = await cluster(() => undefined);
    const call = fetch(door.url, post('tools/call', 1));
    await node.got(1);
    const outcome = call.then(() => 'answered', () => 'cut'); // prettier-ignore
    await drain(drainable(door), { delayMs: 0, timeoutMs: 50 }, systemClock);
    expect(await outcome).toBe('cut');
  });
});
