import process from 'node:process';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { findRedisServer } from '@mcp-cluster/testkit/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { events, messages, stateless, type RpcMessage } from '../support/raw-http.js';
import { eventually } from '../support/running.mjs';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 3 });
});
afterAll(() => cluster.stop());

const CAPABILITIES = { elicitation: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } };

async function send(method: string, params: Record<string, unknown>, url = cluster.url): Promise<RpcMessage> {
  const [message] = await messages(await fetch(url, stateless(method, params, { capabilities: CAPABILITIES })));
  if (message === undefined) throw new Error('no answer');
  return message;
}

async function begin(name: string, args: object, url = cluster.url): Promise<string> {
  const { result } = await send('tools/call', { name, arguments: args }, url);
  expect(result).toMatchObject({ resultType: 'task', status: 'working' });
  return result!['taskId'] as string;
}

const get = async (taskId: string) => (await send('tasks/get', { taskId })).result;
const ended = (taskId: string) =>
  eventually('the task has ended', async () => {
    const task = await get(taskId);
    return ['completed', 'failed', 'cancelled'].includes(task?.['status'] as string) ? task : undefined;
  });

describe('a task of a cluster of three nodes', () => {
  it('S13: is found by every poll, whichever node the others are on', async () => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_none, at) => begin('slow_compute', { seconds: 0.3, label: String(at) })),
    );
    for (let turn = 0; turn < 5; turn += 1)
      for (const task of await Promise.all(ids.map(get))) expect(task).toHaveProperty('status');
    const results = await Promise.all(ids.map(ended));
    expect(results.map((task) => JSON.stringify(task['result']))).toEqual(
      ids.map((_id, at) => expect.stringContaining(`Computed ${String(at)} for`) as unknown),
    );
  });

  it('S13: answers its questions and goes on', async () => {
    const taskId = await begin('confirm_delete', { filename: 'a.txt' });
    await eventually('it asks', async () => ((await get(taskId))?.['status'] === 'input_required' ? true : undefined));
    const inputResponses = { confirm: { action: 'accept', content: { confirm: true } } };
    expect((await send('tasks/update', { taskId, inputResponses })).result).toMatchObject({ resultType: 'complete' });
    expect(await ended(taskId)).toMatchObject({ result: { content: [{ text: 'Would delete a.txt.' }] } });
  });

  it('S16: stops when it is told to, and not when the connection that began it closes', async () => {
    const taskId = await begin('slow_compute', { seconds: 600 });
    expect((await get(taskId))?.['status']).toBe('working');
    await send('tasks/cancel', { taskId });
    expect(await ended(taskId)).toMatchObject({ status: 'cancelled' });
  });

  it('S13: tells a listener on any node of its end, with the result', async () => {
    const taskId = await begin('slow_compute', { seconds: 0.5 });
    const listening = stateless(
      'subscriptions/listen',
      { notifications: { taskIds: [taskId] } },
      { capabilities: CAPABILITIES },
    );
    const heard: (RpcMessage['params'] | undefined)[] = [];
    for await (const message of events(await fetch(cluster.url, listening))) {
      if (message.method === 'notifications/tasks') heard.push(message.params);
      if (heard.at(-1)?.['status'] === 'completed') break;
    }
    expect(heard[0]?.['status']).toBe('working');
    expect(heard.at(-1)).toMatchObject({ taskId, result: { content: [{ text: 'Computed for 0.5 s.' }] } });
  });
});

/** Ends the node that runs a task. */
async function killRunner(of: Cluster): Promise<void> {
  const busy = await eventually('a node has the task', async () => {
    for (const { id, pid } of await of.nodes()) {
      const metrics = await (await fetch(`${of.nodeManagementUrl(id)}/metrics`)).text();
      if (/^mcp_node_tasks_running [1-9]/m.test(metrics)) return pid;
    }
    return undefined;
  });
  process.kill(busy, 'SIGKILL');
}

describe.skipIf(!findRedisServer())('a task whose node dies, with a store (redis-server)', () => {
  afterEach(() => cluster.ready(3));

  it('S13: fails, and says that its outcome is unknown, where it may not run twice', async () => {
    const taskId = await begin('slow_compute', { seconds: 600 });
    await killRunner(cluster);
    expect(await ended(taskId)).toMatchObject({
      status: 'failed',
      error: { code: -32603, data: { outcome: 'unknown' } },
    });
  });

  it('S13: is run again on another node where it may, under the same id', async () => {
    const run = { tool: 'echo', arguments: { text: 'kept', delayMs: 3_000 } };
    const { result } = await send('tools/call', { name: 'start_job', arguments: run });
    const { jobId } = result!['structuredContent'] as { jobId: string };
    await killRunner(cluster);
    expect(await ended(jobId)).toMatchObject({ status: 'completed', result: { content: [{ text: 'kept' }] } });
  });
});

describe('a task whose node dies, without a store', () => {
  it('S13: is said to be unknown, and nothing hangs', async () => {
    const alone = await startCluster({ nodes: 2, args: ['--redis', 'none'] });
    try {
      const taskId = await begin('slow_compute', { seconds: 600 }, alone.url);
      await killRunner(alone);
      const lost = await eventually('the manager has noticed', async () => {
        const answer = await send('tasks/get', { taskId }, alone.url);
        return answer.error?.code === -32602 ? answer.error : undefined;
      });
      expect(lost.message).toContain('the node that ran it has gone');
    } finally {
      await alone.stop();
    }
  });
});

interface JobView {
  jobId: string;
  status: string;
}

describe('a job, for clients without the tasks extension', () => {
  const run = { tool: 'run_analysis', arguments: { rows: 5_000, seed: 1 } };

  async function finish(
    call: (name: string, args: object) => Promise<unknown>,
  ): Promise<JobView & { result: unknown }> {
    const started = (await call('start_job', run)) as JobView;
    expect(['working', 'completed']).toContain(started.status);
    return eventually('the job has ended', async () => {
      const job = (await call('check_status', { jobId: started.jobId })) as JobView & { result: unknown };
      return job.status === 'completed' ? job : undefined;
    });
  }

  it.each([
    ['2026-07-28', { pin: '2026-07-28' }],
    ['2025-11-25', 'legacy'],
  ] as const)('S13: of the SDK’s v2 client, %s, is found on whichever node it runs', async (_revision, mode) => {
    const client = new Client({ name: 'tasks-test', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(cluster.url)));
    // By the list the client learns which arguments go into headers as well.
    await client.listTools();
    for (let turn = 0; turn < 6; turn += 1) {
      const job = await finish(
        async (name, args) => (await client.callTool({ name, arguments: { ...args } })).structuredContent,
      );
      expect(job.result).toMatchObject({ metadata: { rowsProcessed: 5_000, seed: 1 } });
    }
    await client.close();
  });

  it('S13: of the SDK’s v1 client', async () => {
    const client = new ClientV1({ name: 'tasks-test', version: '1' });
    await client.connect(new TransportV1(new URL(cluster.url)));
    const job = await finish(
      async (name, args) => (await client.callTool({ name, arguments: { ...args } })).structuredContent,
    );
    expect(job.result).toMatchObject({ metadata: { rowsProcessed: 5_000 } });
    await client.close();
  });

  it('S13: bad input is a tool error that names the field', async () => {
    const client = new Client(
      { name: 'tasks-test', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(new StreamableHTTPClientTransport(new URL(cluster.url)));
    await client.listTools();
    const refused = async (name: string, args: object): Promise<string> => {
      const { isError, content } = await client.callTool({ name, arguments: { ...args } });
      expect(isError).toBe(true);
      return (content as { text: string }[])[0]!.text;
    };
    expect(await refused('start_job', { tool: 'nothing' })).toContain('tool: expected the name of a tool');
    expect(await refused('start_job', { tool: 'start_job', arguments: run })).toContain(
      'tool: expected a tool other than',
    );
    expect(await refused('start_job', { tool: 'run_analysis', arguments: { rows: 3 } })).toContain('arguments.rows');
    expect(await refused('check_status', { jobId: 'forged' })).toContain('jobId: expected the id of a job');
    expect(await refused('cancel_job', { jobId: 'forged' })).toContain('jobId: expected the id of a job');
    await client.close();
  });
});
