import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { seededRng, systemClock } from '@mcp-cluster/kernel';
import { createLogger, Registry } from '@mcp-cluster/telemetry';
import { closeStalled } from '@mcp-cluster/transports';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeNode, json, type Answer } from '../../test/fake-node.js';
import { Membership } from '../membership/membership.js';
import { Upstream } from '../upstream/upstream.js';
import { openDoor } from './open-door.js';

/** Short, so that the tests need not wait for ten seconds: a reader is closed after this to twice this. */
const STALL_MS = 150;
/** More than the socket buffers of two loopback connections take. */
const MUCH = 64 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'x');

const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** A door with one node behind it. */
async function cluster(answer: Answer, stallMs = STALL_MS) {
  const node = await FakeNode.start('node-1', answer);
  const membership = new Membership(systemClock, (address) => new Upstream(address.origin));
  const registry = new Registry();
  const { door, relays } = openDoor({
    membership,
    clusterKey: 'a key of thirty-two bytes or more',
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: [],
    registry,
    logger: createLogger({ app: 'manager', nodeId: 'test', level: 'silent' }),
    clock: systemClock,
    rng: seededRng(1),
    stallMs,
  });
  const { origin } = node;
  membership.join({ key: 'node-1', id: 'node-1', origin, managementOrigin: origin });
  const status = { id: 'node-1', version: '0', inFlight: 0, sessions: 0, streams: 0, mcpPort: node.port };
  for (const member of membership.nodes()) membership.answered(member, { ...status, state: 'ready' });
  const port = await door.listen(0, '127.0.0.1');
  toClose.push(
    () => node.kill(),
    () => {
      door.stopAccepting();
      door.cut();
      membership.leave('node-1');
    },
  );
  return { node, membership, relays, registry, port };
}

/** Writes until `total` bytes went, as fast as they are taken. */
function pour(res: ServerResponse, total: number): void {
  let written = 0;
  const more = (): void => {
    while (written < total) {
      written += CHUNK.length;
      if (!res.write(CHUNK)) {
        res.once('drain', more);
        return;
      }
    }
    res.end();
  };
  more();
}

/** Sends a request and reads nothing but the head of its answer. */
async function openAndStop(
  port: number,
  method: string,
): Promise<{ response: IncomingMessage; closed: Promise<void> }> {
  const client = httpRequest({ host: '127.0.0.1', port, path: '/mcp', method });
  client.end();
  const [response] = (await once(client, 'response')) as [IncomingMessage];
  response.pause();
  const closed = new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.once('error', () => undefined);
  });
  return { response, closed };
}

/** Sends the same request again and again on one connection and reads nothing. Resolves when it was closed. */
async function flood(port: number, request: string): Promise<void> {
  const requests = Buffer.from(request.repeat(500));
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  const more = (): void => {
    while (!socket.destroyed && socket.write(requests));
  };
  socket.on('drain', more);
  more();
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => {
      resolve();
    });
  });
}

const stalledCount = async (registry: Registry): Promise<string | undefined> =>
  /mcp_manager_clients_closed_total\{reason="stalled"\} (\d+)/.exec(await registry.metrics())?.[1];

describe('S20: clients that stop to read', () => {
  it.each([
    ['an event stream', 'GET', { 'content-type': 'text/event-stream' }],
    ['the stream of a call', 'POST', { 'content-type': 'text/event-stream' }],
    ['a large answer', 'POST', { 'content-type': 'application/json', 'content-length': String(MUCH) }],
    ['a large answer of unknown length', 'POST', { 'content-type': 'application/json' }],
  ])('S20: %s is closed, the node sees it, and it is counted', async (_what, method, headers) => {
    const left = Promise.withResolvers<boolean>();
    const { membership, relays, registry, port } = await cluster((_req, res) => {
      res.on('close', () => {
        left.resolve(res.writableFinished);
      });
      res.writeHead(200, headers);
      pour(res, MUCH);
    });
    expect(await stalledCount(registry)).toBe('0');
    await openAndStop(port, method);
    expect(await left.promise).toBe(false);
    await relays.whenIdle();
    expect(await stalledCount(registry)).toBe('1');
    expect(await registry.metrics()).toContain('mcp_manager_upstream_requests_total{outcome="cancelled"} 1');
    expect(membership.nodes()[0]?.health).toEqual({ state: 'ready', failures: 0 });
  });

  it('S20: one that sends requests and never reads their answers is closed too', async () => {
    const { registry, port } = await cluster((_req, res) => {
      json(res, { jsonrpc: '2.0', id: 1, result: 'x'.repeat(12_000) });
    });
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${String(body.length)}\r\n\r\n`;
    await flood(port, head + body);
    expect(await stalledCount(registry)).toBe('1');
  });

  it('S20: refusals that nobody reads are no way to stay', async () => {
    const { node, registry, port } = await cluster(() => undefined);
    await flood(port, 'GET /other HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    expect(await stalledCount(registry)).toBe('1');
    expect(node.seen).toEqual([]);
  });

  it('S14: a quiet stream stays open, however long nothing is said', async () => {
    let quiet: ServerResponse | undefined;
    const left = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    let calls = 0;
    const { registry, port } = await cluster((req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      if (req.method === 'GET') {
        quiet = res;
        res.write(': open\n\n');
        return;
      }
      const gone = left[calls++];
      res.on('close', () => gone?.resolve(undefined));
      pour(res, MUCH);
    });
    const stream = await fetch(`http://127.0.0.1:${String(port)}/mcp`);
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(': open\n\n');
    // Two others, one after the other, are closed meanwhile: the quiet one's time has run out twice.
    for (const gone of left) {
      await openAndStop(port, 'POST');
      await gone.promise;
    }
    quiet?.end('data: still here\n\n');
    expect((await reader?.read())?.value).toBe('data: still here\n\n');
    expect((await reader?.read())?.done).toBe(true);
    expect(await stalledCount(registry)).toBe('2');
  });

  it('S20: a stream is watched from its head; a small answer that the client takes costs no timer', async () => {
    const { relays, port } = await cluster((req, res) => {
      if (req.method === 'POST') json(res, { jsonrpc: '2.0', id: 1, result: {} });
      else res.writeHead(200, { 'content-type': 'text/event-stream' }).end(': open\n\n');
    });
    const guarded = vi.spyOn(relays, 'guardStalled');
    const url = `http://127.0.0.1:${String(port)}/mcp`;
    for (let call = 0; call < 50; call += 1) await (await fetch(url, { method: 'POST', body: '{}' })).text();
    expect(guarded).not.toHaveBeenCalled();
    await (await fetch(url)).text();
    expect(guarded).toHaveBeenCalledTimes(1);
  });

  it('S20: a node that closes a slow reader is not taken for a sick one, and goes on when the client reads', async () => {
    const left = Promise.withResolvers<undefined>();
    let opened = 0;
    const answer: Answer = (_req, res) => {
      opened += 1;
      if (opened > 1) {
        res.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: the rest\n\n');
        return;
      }
      closeStalled(res, STALL_MS, () => {
        left.resolve(undefined);
      });
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      pour(res, MUCH);
    };
    const { membership, relays, registry, port } = await cluster(answer, 60_000);
    const { response } = await openAndStop(port, 'GET');
    await left.promise;
    let last = '';
    response.on('data', (data: Buffer) => (last = (last + data.toString('latin1')).slice(-100)));
    response.resume();
    await once(response, 'end');
    await relays.whenIdle();
    expect(last).toMatch(/cut off\n\ndata: the rest\n\n$/);
    expect(opened).toBe(2);
    expect(await registry.metrics()).toContain('mcp_manager_splices_total{kind="session",outcome="completed"} 1');
    expect(membership.nodes()[0]?.health).toEqual({ state: 'ready', failures: 0 });
  });
});
