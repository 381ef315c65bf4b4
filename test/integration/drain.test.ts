import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { startCluster, startNode, type Cluster, type NodeStatus } from '../support/cluster.mjs';
import { echo, messages } from '../support/raw-http.js';
import { eventually } from '../support/running.mjs';

const toStop: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0)) await stop();
});

async function start(): Promise<Cluster> {
  const cluster = await startCluster({ nodes: 2 });
  toStop.push(() => cluster.stop());
  return cluster;
}

/** Starts calls of that length until each node has one. */
async function oneCallEach(cluster: Cluster, delayMs: number): Promise<Promise<unknown>[]> {
  const calls: Promise<unknown>[] = [];
  await eventually('a call on each node', async () => {
    calls.push(fetch(cluster.url, echo('kept', delayMs, { id: calls.length })).then((one) => one.json()));
    const statuses = await cluster.statuses();
    return statuses.every(({ inFlight }) => inFlight > 0) ? true : undefined;
  });
  return calls;
}

const drain = async (managementUrl: string) => {
  const response = await fetch(`${managementUrl}/drain`, { method: 'POST' });
  return { status: response.status, body: (await response.json()) as NodeStatus };
};

describe('POST /drain', () => {
  it('a draining node gets no new calls, keeps those it has, and no client notices', async () => {
    const cluster = await start();
    const calls = await oneCallEach(cluster, 1500);
    const answer = await drain(cluster.nodeManagementUrl('node-1'));
    expect(answer).toMatchObject({ status: 202, body: { id: 'node-1', state: 'draining' } });
    // Callers without a pause, until the node has left: a request may be on its way when connections close.
    const failures: unknown[] = [];
    let during = 0;
    let left = false;
    const caller = async (): Promise<void> => {
      while (!left) {
        during += 1;
        const [one] = await messages(await fetch(cluster.url, echo('during', during % 3, { id: 1000 + during })));
        if (one?.result === undefined) failures.push(one);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    await cluster.log(({ msg, node }) => msg === 'drained' && node === 'node-1');
    left = true;
    await Promise.all(callers);
    expect(during).toBeGreaterThan(100);
    expect(failures).toEqual([]);
    for (const [id, outcome] of (await Promise.all(calls)).entries())
      expect(outcome).toMatchObject({ id, result: { content: [{ text: 'kept' }] } });
    const states = (await cluster.nodes()).filter(({ id }) => id === 'node-1').map(({ state }) => state);
    expect(states).not.toContain('ready');
  });

  it('a listener on a draining node is told that its stream ends in good order', async () => {
    const cluster = await start();
    const client = new Client({ name: 'drain-test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    toStop.unshift(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(new URL(cluster.url)));
    const subscription = await client.listen({ toolsListChanged: true });
    const holder = (await cluster.statuses()).find(({ streams }) => streams > 0);
    await drain(cluster.nodeManagementUrl(holder?.id ?? ''));
    expect(await subscription.closed).toBe('graceful');
    const again = await client.listen({ toolsListChanged: true });
    await again.close();
  });

  it('a node alone: not ready at once, calls end, and SIGTERM ends it with exit code 0', async () => {
    const node = await startNode();
    toStop.push(() => node.stop());
    const call = fetch(node.url, echo('kept', 800)).then((one) => one.json());
    const status = async () => {
      const response = await fetch(`${node.managementUrl}/readyz`);
      return { ready: response.ok, ...((await response.json()) as NodeStatus) };
    };
    await eventually('the call runs', async () => ((await status()).inFlight === 1 ? true : undefined));
    expect((await drain(node.managementUrl)).status).toBe(202);
    expect(await status()).toMatchObject({ ready: false, state: 'draining', inFlight: 1 });
    expect(await call).toMatchObject({ result: { content: [{ text: 'kept' }] } });
    expect((await fetch(`${node.managementUrl}/livez`)).status).toBe(200);
    node.process.kill('SIGTERM');
    expect(await node.process.end(5_000)).toMatchObject({ code: 0 });
  });

  it('SIGTERM lets a call end that fits into the drain timeout, and cuts one that does not', async () => {
    const node = await startNode({ env: { DRAIN_TIMEOUT_MS: '1500' } });
    toStop.push(() => node.stop());
    const short = fetch(node.url, echo('short', 700, { id: 1 })).then((one) => one.json());
    const long = fetch(node.url, echo('long', 60_000, { id: 2 })).then((one) => one.text());
    const cut = expect(long).rejects.toThrow();
    await eventually('both calls run', async () => {
      const status = (await (await fetch(`${node.managementUrl}/readyz`)).json()) as NodeStatus;
      return status.inFlight === 2 ? true : undefined;
    });
    node.process.kill('SIGTERM');
    expect(await short).toMatchObject({ id: 1, result: { content: [{ text: 'short' }] } });
    await cut;
    expect(await node.process.end(5_000)).toMatchObject({ code: 0 });
  });
});
