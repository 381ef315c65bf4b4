import { once } from 'node:events';
import { connect } from 'node:net';
import { systemClock } from '@mcp-cluster/kernel';
import { HostGuard } from '@mcp-cluster/transports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Membership } from '../membership/membership.js';
import { Upstream } from '../upstream/upstream.js';
import { openAdmin } from './admin-server.js';

const membership = new Membership(systemClock, (address) => new Upstream(address.origin));
const guard = new HostGuard({ allowedHosts: ['127.0.0.1', 'localhost'], allowedOrigins: ['console.example'] });
let admin: Awaited<ReturnType<typeof openAdmin>>;

beforeAll(async () => {
  admin = await openAdmin(membership, { host: '127.0.0.1', port: 0 }, guard);
  membership.join({
    key: 'node-1',
    id: 'node-1',
    origin: 'http://127.0.0.1:9',
    managementOrigin: 'http://127.0.0.1:9',
  });
});

afterAll(async () => {
  for (const node of membership.nodes()) membership.leave(node.address.key);
  await admin.app.close();
});

/** Raw, because fetch lets nobody choose the Host. */
async function get(path: string, ...headers: string[]): Promise<string> {
  const socket = connect(admin.port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1')));
  socket.write([`GET ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n'));
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
