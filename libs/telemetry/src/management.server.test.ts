import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { createLogger } from './logger.js';
import { ManagementServer, type ManagementOptions } from './management.server.js';
import { requestFamilies } from './request.metrics.js';

const lines: string[] = [];
const logger = createLogger({
  app: 'test',
  nodeId: 't',
  level: 'info',
  destination: { write: (line) => void lines.push(line) },
});

let open: ManagementServer[] = [];
let state: 'ready' | 'draining';

beforeEach(() => {
  state = 'ready';
  lines.length = 0;
});
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()));
  open = [];
});

async function start(options: Partial<ManagementOptions> = {}): Promise<string> {
  const status = () => ({ ready: state === 'ready', body: { id: 'n', state } });
  const server = new ManagementServer({
    host: '127.0.0.1',
    port: 0,
    registry: new Registry(),
    status,
    logger,
    ...options,
  });
  open.push(server);
  return `http://127.0.0.1:${String((await server.listen()).port)}`;
}

const drain = () => {
  state = 'draining';
};

describe('the management port', () => {
  it('P13: /metrics is Prometheus text 0.0.4', async () => {
    const registry = new Registry();
    requestFamilies(registry, 'n').observe('tools/list', 'success', 0.2);
    const response = await fetch(`${await start({ registry })}/metrics?x=1`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toBe(await registry.metrics());
    // Every line is a comment or a sample: name, labels, number.
    const sample = /^[a-z_:][a-z0-9_:]*(\{([a-z_]+="(\\.|[^"\\])*",?)*\})? (\d+(\.\d+)?(e-?\d+)?|\+Inf|-Inf|Nan)$/i;
    for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
      expect(line).toMatch(sample);
    expect(text).toContain('mcp_requests_total{method="tools/list",status="success",server="n"} 1');
  });

  it('/livez says ok as long as the process answers, /readyz whether it wants calls', async () => {
    const base = await start({ onDrain: drain });
    const live = await fetch(`${base}/livez`);
    expect([live.status, await live.text()]).toEqual([200, 'ok']);
    const ready = await fetch(`${base}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { id: 'n', state: 'ready' }]);

    const drained = await fetch(`${base}/drain`, { method: 'POST', body: 'ignored' });
    expect([drained.status, await drained.json()]).toEqual([202, { id: 'n', state: 'draining' }]);
    const after = await fetch(`${base}/readyz`);
    expect([after.status, await after.json()]).toEqual([503, { id: 'n', state: 'draining' }]);
    expect((await fetch(`${base}/livez`)).status).toBe(200);
  });

  it('does not drain by GET, nor for a web page, nor where draining is not offered', async () => {
    const base = await start({ onDrain: drain });
    const get = await fetch(`${base}/drain`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    const page = await fetch(`${base}/drain`, { method: 'POST', headers: { origin: 'http://localhost:3000' } });
    expect(page.status).toBe(403);
    expect(state).toBe('ready');
    expect((await fetch(`${await start()}/drain`, { method: 'POST' })).status).toBe(404);
  });

  it('refuses other methods and other paths', async () => {
    const base = await start();
    expect((await fetch(`${base}/metrics`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${base}/livez`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${base}/../etc/passwd`)).status).toBe(404);
    expect((await fetch(`${base}/`)).status).toBe(404);
  });

  describe('with routes of its process', () => {
    const orders: unknown[] = [];
    const routes: ManagementOptions['routes'] = {
      '/things': { get: () => Promise.resolve({ things: 3 }) },
      '/order': {
        post: (body) => {
          orders.push(body);
          return { status: 207, body: { done: true } };
        },
      },
      '/broken': { get: () => Promise.reject(new Error('broken thing')) },
      '/livez': { get: () => ({ never: 'seen' }) },
    };
    const json = { 'content-type': 'application/json' };
    beforeEach(() => {
      orders.length = 0;
    });

    it('shows what a function tells, as JSON', async () => {
      const base = await start({ routes });
      const things = await fetch(`${base}/things?x=1`);
      expect([things.status, things.headers.get('content-type'), await things.json()]).toEqual([
        200,
        'application/json',
        { things: 3 },
      ]);
      const post = await fetch(`${base}/things`, { method: 'POST', headers: json, body: '{}' });
      expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(await (await fetch(`${base}/livez`)).text()).toBe('ok');
      expect((await fetch(`${base}/broken`)).status).toBe(500);
      expect(lines.join()).toContain('broken thing');
    });

    it('gives a POST its parsed body, and answers with its status', async () => {
      const base = await start({ routes });
      const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
      const order = await fetch(`${base}/order`, { method: 'POST', headers, body: '{"a":[1,"é"]}' });
      expect([order.status, await order.json()]).toEqual([207, { done: true }]);
      expect(orders).toEqual([{ a: [1, 'é'] }]);
      expect((await fetch(`${base}/order`)).status).toBe(405);
    });

    it.each([
      [415, {}, '{}', 'unsupported_media_type'],
      [415, { 'content-type': 'text/plain' }, '{}', 'unsupported_media_type'],
      [403, { ...json, origin: 'http://localhost:3000' }, '{}', 'web_page'],
      [413, json, `"${'x'.repeat(8_191)}"`, 'body_too_large'],
      [413, json, `"${'x'.repeat(1_000_000)}"`, 'body_too_large'],
      [400, json, '{oh', 'invalid_field'],
      [400, json, '', 'invalid_field'],
    ])('T1: refuses a POST with %i: %j', async (status, headers, body, error) => {
      const base = await start({ routes });
      const response = await fetch(`${base}/order`, { method: 'POST', headers, body });
      expect([response.status, await response.json()]).toMatchObject([status, { statusCode: status, error }]);
      expect(orders).toEqual([]);
    });

    it('takes a body of just the allowed size', async () => {
      const base = await start({ routes });
      const body = `"${'x'.repeat(8_190)}"`;
      expect((await fetch(`${base}/order`, { method: 'POST', headers: json, body })).status).toBe(207);
    });
  });

  it('answers 500 and logs when a metric cannot be read, and goes on', async () => {
    const registry = new Registry();
    registry.metrics = () => Promise.reject(new Error('broken metric'));
    const base = await start({ registry });
    expect((await fetch(`${base}/metrics`)).status).toBe(500);
    expect((await fetch(`${base}/livez`)).status).toBe(200);
    expect(lines.join()).toContain('broken metric');
  });

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({
      code: 'MANAGEMENT_LISTEN',
      message: expect.stringContaining(`127.0.0.1:${String(port)}`) as string,
    });
    other.close();
  });

  it('closes at once, even with a client that keeps its connection', async () => {
    const base = await start();
    await (await fetch(`${base}/livez`)).text();
    await open[0]?.close();
    await open[0]?.close();
    await expect(fetch(`${base}/livez`)).rejects.toThrow();
  });
});
