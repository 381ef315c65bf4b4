import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, startNode, type Cluster } from '../support/cluster.mjs';
import { scrape } from '../support/metrics.js';
import { beginSession, echo, inSession, messages, stateless } from '../support/raw-http.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, env: { LOG_LEVEL: 'debug' } });
});
afterAll(() => cluster.stop());

/** P13, with its types; the cache's are a later part. */
const P13 = {
  mcp_request_duration_seconds: 'histogram',
  mcp_requests_total: 'counter',
  mcp_memory_usage_bytes: 'gauge',
  mcp_cpu_usage_percent: 'gauge',
  mcp_active_connections: 'gauge',
};
const P13_BUCKETS = ['0.01', '0.05', '0.1', '0.5', '1', '2', '5', '10', '+Inf'];

describe('one request id, through the manager', () => {
  it.each([
    { what: 'a JSON answer', id: 'it-json-1', request: (headers: Record<string, string>) => echo('x', 0, { headers }) },
    {
      what: 'an event stream',
      id: 'it-sse-1',
      request: (headers: Record<string, string>) => echo('x', 150, { headers, progressToken: 1 }),
    },
    {
      what: 'an error',
      id: 'it-error-1',
      request: (headers: Record<string, string>) => stateless('resources/read', { uri: 'no://such' }, { headers }),
    },
  ])('X-Request-Id is on the response and in both logs: $what', async ({ id, request }) => {
    const response = await fetch(cluster.url, request({ 'x-request-id': id }));
    await messages(response);
    expect(response.headers.get('x-request-id')).toBe(id);
    const ofManager = await cluster.log(({ app, requestId }) => app === 'manager' && requestId === id);
    const ofNode = await cluster.log(({ app, requestId }) => app === 'node' && requestId === id);
    expect(ofManager['method']).toBe(ofNode['method']);
    expect((await cluster.nodes()).map((node) => node.id)).toContain(ofNode.node);
  });

  it('without one, or with one that is not safe to log, the manager makes it', async () => {
    for (const headers of [{}, { 'x-request-id': 'a b"c' }, { 'x-request-id': 'x'.repeat(10_000) }] as Record<
      string,
      string
    >[]) {
      const response = await fetch(cluster.url, echo('x', 0, { headers }));
      await response.text();
      const id = response.headers.get('x-request-id') ?? '';
      expect(id).toMatch(/^[\w.:-]{8,128}$/);
      await cluster.log(({ app, requestId }) => app === 'node' && requestId === id);
    }
  });

  it('a call of a 2025 session has one too', async () => {
    const session = await beginSession(cluster.url);
    const call = { id: 3, method: 'tools/call', params: { name: 'echo', arguments: { text: 'x' } } };
    const response = await fetch(cluster.url, inSession(session, call, { headers: { 'x-request-id': 'it-2025-1' } }));
    await response.text();
    expect(response.headers.get('x-request-id')).toBe('it-2025-1');
    await cluster.log(({ app, requestId }) => app === 'manager' && requestId === 'it-2025-1');
    await cluster.log(({ app, requestId }) => app === 'node' && requestId === 'it-2025-1');
  });

  it('P2: logs have no arguments, results or session ids', async () => {
    const session = await beginSession(cluster.url);
    const canary = 'canary-5f2e81';
    const call = { id: 4, method: 'tools/call', params: { name: 'echo', arguments: { text: canary } } };
    await (await fetch(cluster.url, inSession(session, call, { headers: { 'x-request-id': 'it-canary' } }))).text();
    await cluster.log(({ app, requestId }) => app === 'node' && requestId === 'it-canary');
    await cluster.log(({ app, requestId }) => app === 'manager' && requestId === 'it-canary');
    expect(cluster.process.output).not.toContain(canary);
    expect(cluster.process.output).not.toContain(session);
  });
});

describe('management ports', () => {
  it('P13: after calls, manager and nodes export the metrics by their names, types and buckets', async () => {
    await (await fetch(cluster.url, echo('x'))).text();
    await (await fetch(cluster.url, stateless('tools/call', { name: 'test_error_handling', arguments: {} }))).text();
    await (await fetch(cluster.url, stateless('no/such'))).text();
    const ofManager = await scrape(cluster.managementUrl);
    const ofNodes = await Promise.all((await cluster.nodes()).map(({ id }) => scrape(cluster.nodeManagementUrl(id))));
    for (const metrics of [ofManager, ...ofNodes]) {
      expect(Object.fromEntries(metrics.families)).toMatchObject(P13);
      const labels = new Set(metrics.series('mcp_requests_total').flatMap((series) => Object.keys(series.labels)));
      expect([...labels].toSorted()).toEqual(['method', 'server', 'status']);
      const buckets = metrics.series('mcp_request_duration_seconds_bucket', {
        method: 'tools/call',
        status: 'success',
      });
      expect(buckets.map((series) => series.labels['le'])).toEqual(P13_BUCKETS);
      expect(metrics.sum('mcp_memory_usage_bytes', { type: 'rss' })).toBeGreaterThan(10_000_000);
    }
    const calls = { method: 'tools/call', status: 'success' };
    expect(ofManager.sum('mcp_requests_total', calls)).toBeGreaterThan(0);
    const sum = (name: string, labels: Record<string, string>) =>
      ofNodes.reduce((all, metrics) => all + metrics.sum(name, labels), 0);
    expect(sum('mcp_requests_total', calls)).toBeGreaterThan(0);
    // A tool that says no is not a failed request of the cluster's.
    expect(sum('mcp_requests_total', { status: 'tool_error' })).toBe(1);
    const failed = { gen_ai_tool_name: 'test_error_handling', error_type: 'tool_error' };
    expect(sum('mcp_server_operation_duration_seconds_count', failed)).toBe(1);
  });

  it('P13: labels are a closed set: what a client invents is not among them', async () => {
    await (await fetch(cluster.url, stateless('invented/method-8c1'))).text();
    await (await fetch(cluster.url, stateless('tools/call', { name: 'invented-tool-8c1', arguments: {} }))).text();
    for (const url of [
      cluster.managementUrl,
      ...(await cluster.nodes()).map(({ id }) => cluster.nodeManagementUrl(id)),
    ])
      expect((await scrape(url)).text).not.toContain('8c1');
  });

  it('/livez and /readyz of manager and nodes', async () => {
    for (const url of [
      cluster.managementUrl,
      ...(await cluster.nodes()).map(({ id }) => cluster.nodeManagementUrl(id)),
    ]) {
      const live = await fetch(`${url}/livez`);
      expect({ url, status: live.status, body: (await live.text()).trim() }).toEqual({ url, status: 200, body: 'ok' });
      const ready = await fetch(`${url}/readyz`);
      expect({ url, status: ready.status }).toEqual({ url, status: 200 });
      expect(await ready.json()).toMatchObject({ state: 'ready', inFlight: 0 });
    }
  });

  it('GET /admin/nodes tells of each node what other programs rely on', async () => {
    for (const node of await cluster.nodes())
      expect(node).toEqual({
        id: expect.stringMatching(/^node-\d+$/) as string,
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/) as string,
        state: 'ready',
        pid: expect.any(Number) as number,
        version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
        inFlight: expect.any(Number) as number,
        sessions: expect.any(Number) as number,
        streams: expect.any(Number) as number,
      });
  });
});

it('a node alone has the same: request id, metrics, probes', async () => {
  const node = await startNode({ env: { LOG_LEVEL: 'debug' } });
  try {
    const response = await fetch(node.url, echo('x', 0, { headers: { 'x-request-id': 'alone-1' } }));
    await response.text();
    expect(response.headers.get('x-request-id')).toBe('alone-1');
    await node.log(({ requestId }) => requestId === 'alone-1');
    expect(Object.fromEntries((await scrape(node.managementUrl)).families)).toMatchObject(P13);
    expect((await fetch(`${node.managementUrl}/readyz`)).status).toBe(200);
  } finally {
    await node.stop();
  }
});
