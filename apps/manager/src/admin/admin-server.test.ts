import { once } from 'node:events';
import { connect } from 'node:net';
import { Background, LocalError, systemClock } from '@mcp-cluster/kernel';
import { HostGuard } from '@mcp-cluster/transports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Roster } from '../discovery/roster.js';
import { Membership } from '../membership/membership.js';
import type { ScalingDecision } from '../scaling/decision.js';
import { Upstream } from '../upstream/upstream.js';
import { openAdmin } from './admin-server.js';
import { NodeOperations } from './node-operations.js';
import { OtherNodes } from './other-nodes.js';

const clock = systemClock;
const membership = new Membership(clock, (address) => new Upstream(address.origin));
const roster = new Roster(membership);
const guard = new HostGuard({ allowedHosts: ['127.0.0.1', 'localhost'], allowedOrigins: ['console.example'] });
const orders: string[] = [];
const order = (origin: string) => Promise.resolve(void orders.push(origin));
const log = { info: () => undefined, warn: () => undefined };
const operations = new NodeOperations({
  membership,
  own: undefined,
  others: new OtherNodes({ roster, membership, onAdded: () => undefined, order, drainMs: 0, clock, log }),
  order,
  startMs: 1_000,
  clock,
  background: new Background(() => undefined),
  readStatus: () => Promise.reject(new LocalError('ECONNREFUSED', 'nobody')),
});
const term: { token: number } | undefined = { token: 7 };
const decisions = [{ action: 'none', reason: 'steady' } as unknown as ScalingDecision];
let admin: Awaited<ReturnType<typeof openAdmin>>;

beforeAll(async () => {
  admin = await openAdmin(
    { membership, operations, decisions: { list: () => decisions }, leadership: { term }, managementPort: 9464 },
    { host: '127.0.0.1', port: 0 },
    guard,
  );
  roster.join({
    key: 'node-1',
    id: 'node-1',
    origin: 'http://127.0.0.1:9',
    managementOrigin: 'http://127.0.0.1:9',
  });
});

afterAll(async () => {
  operations.operations.stop();
  for (const node of membership.nodes()) membership.leave(node.address.key);
  await admin.app.close();
});

/** Raw, because fetch lets nobody choose the Host. */
function get(path: string, ...headers: string[]): Promise<string> {
  return send('GET', path, ...headers);
}

async function send(method: string, path: string, ...headers: string[]): Promise<string> {
  const socket = connect(admin.port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1')));
  socket.write([`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n'));
  await once(socket, 'close');
  return text;
}

describe('admin port', () => {
  it.each([
    ['Host: 127.0.0.1:8080'],
    ['Host: LOCALHOST'],
    ['Host: localhost:8080', 'Origin: http://localhost:5173'],
    ['Host: localhost:8080', 'Origin: https://console.example'],
  ])('T1: answers to its own names and known pages: %s %s', async (...headers) => {
    const answer = await get('/admin/nodes', ...headers.filter((header) => typeof header === 'string'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"id":"node-1"');
  });

  it.each([
    ['/admin/nodes', 'Host: evil.example'],
    ['/admin/nodes', 'Host: 127.0.0.1.evil.example:8080'],
    ['/admin/nodes', 'Host: localhost', 'Origin: http://evil.example'],
    ['/admin/nodes', 'Host: localhost', 'Origin: null'],
    ['/nothing/here', 'Host: evil.example'],
  ])('T1: a foreign Host or Origin gets 403 and learns nothing: %s %s %s', async (path, ...headers) => {
    const answer = await get(path, ...headers.filter((header) => typeof header === 'string'));
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('"statusCode":403');
    expect(answer).not.toContain('node-1');
  });
});

describe('requests that change something', () => {
  it.each([
    ['POST', '/admin/restart', []],
    ['POST', '/admin/nodes', ['Content-Type: text/plain', 'Content-Length: 0']],
    ['POST', '/admin/nodes', ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0']],
    ['POST', '/admin/nodes/node-1/drain', ['Content-Type: multipart/form-data; boundary=x', 'Content-Length: 0']],
    ['DELETE', '/admin/nodes/node-1?force=true', []],
    ['POST', '/nothing/here', []],
  ])('T1: no page can make a browser send one: %s %s %j', async (method, path, headers) => {
    expect(await send(method, path, 'Host: localhost', ...headers)).toMatch(/^HTTP\/1\.1 415 [^]*application\/json/);
    expect(membership.nodes()).toHaveLength(1);
    expect(orders).toEqual([]);
    expect(operations.operations.list()).toEqual([]);
  });

  it('T1: a browser that asks whether a page may send one is not told yes', async () => {
    const asks = ['Access-Control-Request-Method: DELETE', 'Access-Control-Request-Headers: content-type'];
    const answer = await send(
      'OPTIONS',
      '/admin/nodes/node-1',
      'Host: localhost',
      'Origin: http://localhost:1',
      ...asks,
    );
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
    expect(answer.toLowerCase()).not.toContain('access-control-allow');
  });
});

describe('the admin API', () => {
  async function ask(method: string, path: string, body?: string) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${String(admin.port)}/admin/${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    return [answer.status, await answer.json()] as const;
  }

  it('P15: refuses with the field, what came and what was expected', async () => {
    expect(await ask('POST', 'nodes', '{"url":"ftp://a"}')).toEqual([
      400,
      {
        statusCode: 400,
        error: 'invalid_field',
        message: 'url: got "ftp://a", expected an http URL without path, for example http://10.0.0.5:3001',
        field: 'url',
        got: '"ftp://a"',
        expected: 'an http URL without path, for example http://10.0.0.5:3001',
      },
    ]);
    expect(await ask('DELETE', 'nodes/node-1?force=yes')).toMatchObject([400, { field: 'force', got: '"yes"' }]);
    expect(await ask('POST', 'nodes', '{oh')).toMatchObject([
      400,
      { message: expect.stringMatching(/^body: got "{oh"/) as string },
    ]);
    expect((await ask('POST', 'nodes', `{"url":"${'x'.repeat(20_000)}"}`))[0]).toBe(413);
  });

  it.each([
    ['POST', 'nodes', undefined, 400, 'invalid_field'],
    ['POST', 'nodes', '{"url":"http://127.0.0.1:9/"}', 409, 'node_unreachable'],
    ['POST', 'nodes/node-9/drain', undefined, 404, 'unknown_node'],
    ['DELETE', 'nodes/..%2f..%2fetc', undefined, 404, 'unknown_node'],
    ['POST', 'nodes/node-1/drain', undefined, 409, 'last_node'],
    ['POST', 'restart', undefined, 409, 'not_ours'],
    ['GET', 'operations/op-9', undefined, 404, 'unknown_operation'],
  ])('P15: %s %s %s answers %i %s', async (method, path, body, status, error) => {
    expect(await ask(method, path, body)).toMatchObject([status, { statusCode: status, error }]);
  });

  it('P16: shows what scaling decided, and who leads', async () => {
    expect(await ask('GET', 'decisions')).toEqual([200, decisions]);
    expect(await ask('GET', 'leader')).toEqual([200, { leads: true, token: 7 }]);
  });

  it('P06: shows the caches of the nodes, and names a node that does not tell', async () => {
    const node = membership.nodes()[0]!;
    expect(await ask('GET', 'cache')).toMatchObject([200, { nodes: [], silent: [], hottest: [] }]);
    membership.answered(node, {
      id: 'node-1',
      version: '1',
      state: 'ready',
      inFlight: 0,
      sessions: 0,
      streams: 0,
      mcpPort: 1,
    });
    expect(await ask('GET', 'cache')).toMatchObject([
      200,
      {
        levels: { l1: { state: 'off', hits: 0 } },
        silent: [{ id: 'node-1', reason: expect.stringContaining('cannot be reached') as string }],
      },
    ]);
  });

  it('P06: tells which node has not forgotten, with a status that a script sees', async () => {
    expect(await ask('POST', 'cache/invalidate', '{"tool":"echo"}')).toMatchObject([
      502,
      {
        statusCode: 502,
        error: 'not_everywhere',
        message: '1 of 1 nodes could not be told: what they hold ends with its time to live',
        nodes: [{ id: 'node-1', done: false }],
      },
    ]);
    expect(await ask('POST', 'cache/invalidate', '{"tool":""}')).toMatchObject([
      400,
      { error: 'invalid_field', field: 'tool', got: '""', expected: 'the name of a tool' },
    ]);
    expect(await ask('POST', 'cache/invalidate')).toMatchObject([400, { field: 'body', got: 'nothing' }]);
    expect(await send('POST', '/admin/cache/invalidate', 'Host: localhost')).toMatch(/^HTTP\/1\.1 415 /);
  });

  it('P15: removes a node, and tells how it went', async () => {
    const [status, begun] = await ask('DELETE', 'nodes/node-1?force=true');
    expect([status, begun]).toMatchObject([202, { kind: 'remove', node: 'node-1', state: 'running' }]);
    const { id } = begun as { id: string };
    await expect.poll(async () => (await ask('GET', `operations/${id}`))[1]).toMatchObject({ state: 'done' });
    expect(await ask('GET', 'nodes')).toEqual([200, []]);
    expect(orders).toEqual(['http://127.0.0.1:9']);
  });
});
