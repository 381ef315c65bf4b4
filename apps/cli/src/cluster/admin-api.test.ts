import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AdminApi } from './admin-api.js';
import { AdminRefusedError, AdminUnreachableError } from './admin.errors.js';

let server: Server;
afterEach(() => server.close());

/** A manager that answers everything the same, and what it was sent. */
async function manager(status: number, body: unknown) {
  const asked: unknown[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    request.on('end', () => {
      asked.push([request.method, request.url, request.headers['content-type'], text]);
      response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { api: new AdminApi(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`), asked };
}

describe('the admin API, as the terminal calls it', () => {
  it('P06: sends what is to be forgotten', async () => {
    const { api, asked } = await manager(200, { nodes: [] });
    expect(await api.invalidateCache({ tag: 'prices' })).toEqual({ nodes: [] });
    expect(asked).toEqual([['POST', '/admin/cache/invalidate', 'application/json', '{"tag":"prices"}']]);
  });

  it('P06: that some nodes could not be told is an answer, not an error', async () => {
    const answer = { statusCode: 502, nodes: [{ id: 'a', done: false, reason: 'it is away' }] };
    const { api } = await manager(502, answer);
    expect(await api.invalidateCache({ all: true })).toEqual(answer);
  });

  it.each([
    [400, { error: 'invalid_field', message: 'key: got "x"' }, AdminRefusedError, 'key: got "x" (invalid_field)'],
    [502, { message: 'bad gateway' }, AdminRefusedError, 'bad gateway (502)'],
    [200, 7, AdminUnreachableError, /no admin port/],
  ])('refuses %i %j', async (status, body, type, message) => {
    const { api } = await manager(status, body);
    await expect(api.invalidateCache({ key: 'x' })).rejects.toThrow(type);
    await expect(api.cache()).rejects.toThrow(message);
  });
});
