import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCluster, type Cluster, type NodeView } from '../support/cluster.mjs';
import {
  beginSession,
  collect,
  echo,
  events,
  inSession,
  messages,
  stateless,
  type RpcMessage,
} from '../support/raw-http.js';
import { eventually } from '../support/running.mjs';

/** A tool that may not run twice. */
const TOOLS = fileURLToPath(new URL('../support/tools', import.meta.url));

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({ nodes: 2, env: { TOOLS_DIR: TOOLS } });
});
afterEach(() => cluster.stop());

const UNKNOWN = { code: -32603, data: { outcome: 'unknown' } };

async function busyNode(): Promise<NodeView> {
  const busy = (await cluster.statuses()).find(({ inFlight }) => inFlight > 0);
  const node = (await cluster.nodes()).find(({ id }) => id === busy?.id);
  if (node === undefined) throw new Error('no node has a call');
  return node;
}

/** Resolves when a process with another id has taken the node's place and is ready. */
const replaced = (killed: NodeView) =>
  eventually(
    `${killed.id} is there again`,
    async () => {
      const node = (await cluster.nodes()).find(({ id }) => id === killed.id);
      return node?.state === 'ready' && node.pid !== killed.pid ? node : undefined;
    },
    { withinMs: 20_000 },
  );

describe('a node is killed with SIGKILL', () => {
  it('it is started again, and calls in the meantime are all answered', async () => {
    const [victim] = await cluster.nodes();
    process.kill(victim!.pid, 'SIGKILL');
    // Before the manager knows, a call may still be on its way to the dead node.
    await cluster.log(({ msg }) => msg.includes('started again'));
    const failures: unknown[] = [];
    let calls = 0;
    let back = false;
    const caller = async (): Promise<void> => {
      while (!back) {
        calls += 1;
        const [one] = await messages(await fetch(cluster.url, echo('on', 5, { id: calls })));
        if (one?.result === undefined) failures.push(one);
      }
    };
    const callers = Array.from({ length: 4 }, caller);
    const after = await replaced(victim!);
    back = true;
    await Promise.all(callers);
    expect(after.id).toBe(victim!.id);
    expect(calls).toBeGreaterThan(20);
    expect(failures).toEqual([]);
    expect(await fetch(after.url, echo('direct')).then((one) => one.json())).toHaveProperty('result');
  });

  it('again and again: each restart waits longer', async () => {
    for (let kills = 0; kills < 3; kills += 1) {
      const victim = (await cluster.ready(2)).find(({ id }) => id === 'node-1');
      process.kill(victim!.pid, 'SIGKILL');
      await replaced(victim!);
    }
    const delays = cluster
      .logs()
      .flatMap(({ msg, delayMs }) => (msg.includes('started again') ? [Number(delayMs)] : []));
    expect(delays).toHaveLength(3);
    // Between half and the whole of 250 · 2ⁿ milliseconds.
    for (const [crashes, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(125 * 2 ** crashes);
      expect(delay).toBeLessThanOrEqual(250 * 2 ** crashes);
    }
  });

  it('in the middle of a read-only call with a JSON answer: another node answers it', async () => {
    const call = fetch(cluster.url, echo('kept', 3_000, { id: 'call-1' }));
    await cluster.running(1);
    process.kill((await busyNode()).pid, 'SIGKILL');
    const response = await call;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: 'call-1', result: { content: [{ text: 'kept' }] } });
  });

  it('S03: in the middle of a read-only streamed call: the same stream goes on, progress rises, one answer', async () => {
    const response = await fetch(cluster.url, echo('kept', 3_000, { id: 'call-2', progressToken: 1 }));
    const got = events(response);
    const seen: RpcMessage[] = [];
    while (seen.length < 4) seen.push((await got.next()).value as RpcMessage);
    process.kill((await busyNode()).pid, 'SIGKILL');
    seen.push(...(await collect(got)));
    const values = seen.flatMap(({ params }) => (params === undefined ? [] : [Number(params['progress'])]));
    expect(values).toEqual([...new Set(values)].sort((one, other) => one - other));
    expect(seen.filter(({ method }) => method === undefined)).toMatchObject([{ id: 'call-2', result: {} }]);
    expect(seen.at(-1)).toHaveProperty('result');
  });

  it('in the middle of a call that may not run twice: exactly one error, that says the outcome is unknown', async () => {
    const write = stateless('tools/call', { name: 'hold_write', arguments: { ms: 20_000 } }, { id: 'call-3' });
    const call = fetch(cluster.url, write);
    await cluster.running(1);
    process.kill((await busyNode()).pid, 'SIGKILL');
    const response = await call;
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ id: 'call-3', error: UNKNOWN });
    await cluster.log(({ msg }) => msg.includes('started again'));
    // It was not given to another node as well.
    await cluster.running(0);
  });

  it('the same as a stream: what came before, then exactly one error, then the end', async () => {
    const arguments_ = { name: 'hold_write', arguments: { ms: 20_000 } };
    const response = await fetch(cluster.url, stateless('tools/call', arguments_, { id: 'call-4', progressToken: 1 }));
    const got = events(response);
    expect((await got.next()).value).toMatchObject({ method: 'notifications/progress' });
    process.kill((await busyNode()).pid, 'SIGKILL');
    const rest = await collect(got);
    expect(rest.filter(({ method }) => method === undefined)).toMatchObject([{ id: 'call-4', error: UNKNOWN }]);
    expect(rest.at(-1)).toHaveProperty('error');
  });

  it('a session of 2025 that it had begun goes on on another node', async () => {
    const session = await beginSession(cluster.url);
    const home = (await cluster.statuses()).find(({ sessions }) => sessions === 1);
    const victim = (await cluster.nodes()).find(({ id }) => id === home?.id);
    const call = (id: number) => ({ id, method: 'tools/call', params: { name: 'echo', arguments: { text: 'mine' } } });
    const answerTo = async (id: number) => messages(await fetch(cluster.url, inSession(session, call(id))));
    expect(await answerTo(1)).toMatchObject([{ id: 1, result: {} }]);

    process.kill(victim!.pid, 'SIGKILL');
    await eventually('the manager knows', async () =>
      (await cluster.nodes()).some(({ pid, state }) => pid === victim!.pid && state === 'ready') ? undefined : true,
    );
    expect(await answerTo(2)).toMatchObject([{ id: 2, result: { content: [{ text: 'mine' }] } }]);
    const other = (await cluster.statuses()).find(({ id }) => id !== victim!.id);
    expect(other?.sessions).toBe(1);
    // And on the node's next life, to which it belongs again.
    await replaced(victim!);
    expect(await answerTo(3)).toMatchObject([{ id: 3, result: {} }]);
  });

  it('S19: the SDK’s v1 client with a session on it goes on, and its stream comes back', async () => {
    const client = new Client({ name: 'failover-test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(cluster.url)));
    try {
      await client.callTool({ name: 'echo', arguments: { text: 'before' } });
      const home = (await cluster.statuses()).find(({ sessions }) => sessions === 1);
      const victim = (await cluster.nodes()).find(({ id }) => id === home?.id);
      process.kill(victim!.pid, 'SIGKILL');
      await eventually('the manager knows', async () =>
        (await cluster.nodes()).some(({ pid, state }) => pid === victim!.pid && state === 'ready') ? undefined : true,
      );
      const result = await client.callTool({ name: 'echo', arguments: { text: 'after' } });
      expect(result.content).toEqual([{ type: 'text', text: 'after' }]);
      // Its first try to resume comes after one second.
      await eventually('the GET stream is open again', async () =>
        (await cluster.statuses()).some(({ streams }) => streams > 0) ? true : undefined,
      );
    } finally {
      await client.close();
    }
  });

  it('when it was the only one, calls wait for it, or are refused with Retry-After, until it is back', async () => {
    const single = await startCluster({ nodes: 1 });
    try {
      const [victim] = await single.nodes();
      process.kill(victim!.pid, 'SIGKILL');
      await eventually(
        'a call is answered',
        async () => {
          const response = await fetch(single.url, echo('x', 0, { id: 9 }));
          const [answer] = await messages(response);
          if (response.status === 200) return answer?.result;
          expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
        },
        { withinMs: 20_000 },
      );
    } finally {
      await single.stop();
    }
  });
});

describe('a node hangs', () => {
  it('and was the only one: calls end with one error, until it goes on', async () => {
    const single = await startCluster({ nodes: 1 });
    const [victim] = await single.nodes();
    try {
      process.kill(victim!.pid, 'SIGSTOP');
      await eventually('the manager knows', async () =>
        (await single.nodes())[0]?.state === 'down' ? true : undefined,
      );
      const response = await fetch(single.url, echo('x', 0, { id: 9 }));
      // 502 where it was tried all the same, because all nodes looking dead may also mean that the checks are.
      expect([502, 503]).toContain(response.status);
      expect(await response.json()).toMatchObject({ id: 9, error: { code: -32603, data: {} } });
      // The manager itself stays ready: all managers turning away together would help nobody.
      expect((await fetch(`${single.managementUrl}/readyz`)).status).toBe(200);
      process.kill(victim!.pid, 'SIGCONT');
      await single.ready(1);
      expect(await messages(await fetch(single.url, echo('x', 0, { id: 10 })))).toMatchObject([{ id: 10, result: {} }]);
    } finally {
      if (victim !== undefined) process.kill(victim.pid, 'SIGCONT');
      await single.stop();
    }
  });
});
