import { HttpNode, RawConnection, type HeaderValues } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HostGuard } from './host-guard.js';

const guard = new HostGuard({
  allowedHosts: ['localhost', '127.0.0.1', '[::1]', 'MCP.example'],
  allowedOrigins: ['app.example'],
});
const passes = (headers: HeaderValues) => guard.check(headers) === undefined;

it.each([
  'localhost',
  'localhost:3000',
  'LOCALHOST:1',
  '127.0.0.1:65535',
  '[::1]:80',
  '[::1]',
  'mcp.example',
  'Mcp.Example:443',
])('S02: the host %s passes', (host) => {
  expect(passes({ host })).toBe(true);
});

it.each([
  undefined,
  '',
  'evil.example',
  'localhost.evil.example',
  'evil-localhost',
  'localhost:x',
  'localhost:123456',
  'localhost@evil',
  '::1',
])('S02: the host %s is refused, also after one that passed', (host) => {
  expect(passes({ host: 'localhost' })).toBe(true);
  expect(passes({ host })).toBe(false);
});

it.each([
  [undefined, true],
  ['https://app.example', true],
  ['http://APP.example:8080', true],
  ['http://localhost:5173', true],
  ['http://[::1]:5173', true],
  ['https://evil.example', false],
  ['https://app.example.evil', false],
  ['https://sub.app.example', false],
  ['null', false],
  ['', false],
  ['app.example', false],
])('S02: the origin %s: %s', (origin, allowed) => {
  expect(passes({ host: 'localhost', origin })).toBe(allowed);
});

it('S02: * allows every host, and every origin where it stands there', () => {
  const anyHost = new HostGuard({ allowedHosts: ['*'], allowedOrigins: [] });
  expect(anyHost.check({ host: 'anything.example' })).toBeUndefined();
  expect(anyHost.check({ host: 'anything.example', origin: 'https://evil.example' })?.status).toBe(403);
  const anyOrigin = new HostGuard({ allowedHosts: ['localhost'], allowedOrigins: ['*'] });
  expect(anyOrigin.check({ host: 'localhost', origin: 'null' })).toBeUndefined();
  expect(anyOrigin.check({ host: 'evil.example' })?.status).toBe(403);
});

describe('over HTTP', () => {
  it.each([
    ['Host', { host: 'evil.example' }],
    ['Origin', { origin: 'https://evil.example' }],
  ])('S02: a foreign %s is 403 for each method, and the connection is closed', async (name, headers) => {
    const node = await HttpNode.serve(onTestFinished);
    const session = await node.session();
    const answers = [
      await node.stateless('tools/list', {}, headers),
      await node.send('GET', { ...session, accept: 'text/event-stream', ...headers }),
      await node.send('DELETE', { ...session, ...headers }),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.headers.connection]).toEqual([403, 'close']);
      expect((await answer.json()).error).toMatchObject({
        code: -32600,
        message: expect.stringContaining(name) as string,
      });
    }
    expect(node.node.dispatcher.sessions.size).toBe(1);
  });

  it('S02: a foreign host is answered before its body is there', async () => {
    const node = await HttpNode.serve(onTestFinished);
    const connection = await RawConnection.open(node.port);
    connection.send('POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1000\r\n\r\n');
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 403 /);
  });
});
