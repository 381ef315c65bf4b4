import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { scrape } from '../support/metrics.js';
import { beginSession, collect, echo, events, inSession, stateless } from '../support/raw-http.js';
import { eventually } from '../support/running.mjs';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster.stop());

/** Resolves when GET /admin/nodes tells of that many calls: what the manager knows from its health checks. */
const adminTellsOf = (count: number) =>
  eventually(`${String(count)} calls in /admin/nodes`, async () => {
    const nodes = await cluster.nodes();
    return nodes.reduce((sum, { inFlight }) => sum + inFlight, 0) === count ? true : undefined;
  });

const longCall = {
  id: 5,
  method: 'tools/call',
  params: { name: 'echo', arguments: { text: 'long', delayMs: 60_000 }, _meta: { progressToken: 'p' } },
};

describe('S16: through the manager', () => {
  it.each([
    { answer: 'event stream', options: { progressToken: 1 } },
    { answer: 'JSON answer', options: {} },
  ])('2026-07-28: closing the $answer stops the tool', async ({ options }) => {
    const stop = new AbortController();
    const response = fetch(cluster.url, echo('long', 60_000, { ...options, signal: stop.signal })).then((one) =>
      one.text(),
    );
    const outcome = expect(response).rejects.toThrow();
    await adminTellsOf(1);
    stop.abort();
    await outcome;
    await cluster.running(0);
    await adminTellsOf(0);
  });

  it('2026-07-28: a tool that computes stops between its chunks', async () => {
    const stop = new AbortController();
    const params = { name: 'run_analysis', arguments: { rows: 100_000, chunkSize: 1 } };
    const response = await fetch(
      cluster.url,
      stateless('tools/call', params, { progressToken: 1, signal: stop.signal }),
    );
    await events(response).next();
    stop.abort();
    await cluster.running(0);
    const stopped = { gen_ai_tool_name: 'run_analysis', error_type: 'cancelled' };
    const counts = await Promise.all(
      (await cluster.nodes()).map(async ({ id }) => {
        const metrics = await scrape(cluster.nodeManagementUrl(id));
        return metrics.sum('mcp_server_operation_duration_seconds_count', stopped);
      }),
    );
    expect(counts.toSorted()).toEqual([0, 1]);
  });

  it('2025: notifications/cancelled stops the tool', async () => {
    const session = await beginSession(cluster.url);
    const response = await fetch(cluster.url, inSession(session, longCall));
    const got = events(response);
    await got.next();
    expect(await cluster.inFlight()).toBe(1);
    const cancel = { method: 'notifications/cancelled', params: { requestId: 5, reason: 'enough' } };
    expect((await fetch(cluster.url, inSession(session, cancel))).status).toBe(202);
    await cluster.running(0);
    // The stream ends, and with no answer: who cancels does not wait for one.
    const rest = await collect(got);
    expect(rest.filter((message) => message.id !== undefined)).toEqual([]);
  });

  it('2025: notifications/cancelled stops the tool also when it lands on the other node', async () => {
    const session = await beginSession(cluster.url);
    const response = await fetch(cluster.url, inSession(session, longCall));
    await events(response).next();
    const home = (await cluster.statuses()).find(({ inFlight }) => inFlight === 1)?.id;
    const other = (await cluster.nodes()).find(({ id }) => id !== home);
    const cancel = { method: 'notifications/cancelled', params: { requestId: 5, reason: 'enough' } };
    expect((await fetch(other?.url ?? '', inSession(session, cancel))).status).toBe(202);
    await cluster.running(0);
  });

  it('2025: a disconnect does not stop the tool', async () => {
    const session = await beginSession(cluster.url);
    const left = async () =>
      (await scrape(cluster.managementUrl)).sum('mcp_manager_upstream_requests_total', { outcome: 'cancelled' });
    const before = await left();
    const stop = new AbortController();
    const call = { ...longCall, params: { ...longCall.params, arguments: { text: 'long', delayMs: 3_000 } } };
    const response = await fetch(cluster.url, inSession(session, call, { signal: stop.signal }));
    await events(response).next();
    stop.abort();
    // The manager has noticed when it has ended its side of the call; the node's side goes on.
    await eventually('the manager notes that the client left', async () =>
      (await left()) === before + 1 ? true : undefined,
    );
    expect(await cluster.inFlight()).toBe(1);
    await cluster.running(0);
  });
});
