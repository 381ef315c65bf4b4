import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { expectRisingTo, type SeenProgress } from '../support/progress-checks.js';
import { eventually } from '../support/running.mjs';

let cluster: Cluster;
const clients: Client[] = [];
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});
afterAll(() => cluster.stop());

interface Connected {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

async function connect(client: Client = new Client({ name: 'sdk-v1-test', version: '1' })): Promise<Connected> {
  const transport = new StreamableHTTPClientTransport(new URL(cluster.url));
  clients.push(client);
  await client.connect(transport);
  return { client, transport };
}

const text = (result: unknown): string => {
  const { content } = CallToolResultSchema.parse(result);
  return content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('');
};

describe('S19: the SDK’s v1 client, through the manager', () => {
  it('S02: initializes a session, lists and calls', async () => {
    const { client, transport } = await connect();
    expect(client.getServerVersion()?.name).toBe('mcp-cluster');
    expect(transport.protocolVersion).toBe('2025-11-25');
    expect(transport.sessionId).toMatch(/^[\x21-\x7e]+$/);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'run_analysis', 'analyze_dataset']));
    expect(text(await client.callTool({ name: 'echo', arguments: { text: 'hello' } }))).toBe('hello');
    await client.ping();
  });

  it('S03, S06, S08: streams run_analysis: rising progress, the last at 100 %, none after the result', async () => {
    const { client } = await connect();
    const rows = 100_000;
    const seen: SeenProgress[] = [];
    const onprogress = (progress: SeenProgress): unknown => seen.push(progress);
    const result = await client.callTool({ name: 'run_analysis', arguments: { rows } }, undefined, { onprogress });
    const before = seen.length;
    expectRisingTo(rows, seen);
    const { categories, metadata } = result.structuredContent as {
      categories: Record<string, { count: number }>;
      metadata: { rowsProcessed: number; throughput: number };
    };
    expect(Object.values(categories).reduce((sum, { count }) => sum + count, 0)).toBe(rows);
    expect(metadata.rowsProcessed).toBe(rows);
    expect(metadata.throughput).toBeGreaterThan(5494);
    await client.ping();
    expect(seen.length).toBe(before);
  });

  it('S03, S05: several progress messages come while a call runs, before its result', async () => {
    const { client } = await connect();
    const seen: SeenProgress[] = [];
    let ended = false;
    const result = await client
      .callTool({ name: 'echo', arguments: { text: 'slow', delayMs: 600 } }, undefined, {
        onprogress: (progress) => {
          expect(ended).toBe(false);
          seen.push(progress);
        },
      })
      .finally(() => (ended = true));
    expect(text(result)).toBe('slow');
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expectRisingTo(600, seen);
  });

  it('S16: an aborted call is cancelled, and the tool stops', async () => {
    const { client } = await connect();
    const stop = new AbortController();
    const options = { signal: stop.signal, onprogress: () => undefined };
    const call = client.callTool({ name: 'echo', arguments: { text: 'never', delayMs: 60_000 } }, undefined, options);
    const outcome = expect(call).rejects.toThrow(/changed my mind/);
    await cluster.running(1);
    stop.abort('changed my mind');
    await outcome;
    await cluster.running(0);
    expect(text(await client.callTool({ name: 'echo', arguments: { text: 'goes on' } }))).toBe('goes on');
  });

  it('logs reach the client from the level that it sets', async () => {
    const { client } = await connect();
    const seen: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      seen.push(params.data);
    });
    await client.callTool({ name: 'test_tool_with_logging', arguments: {} });
    expect(seen).toEqual(['Tool execution started', 'Tool processing data', 'Tool execution completed']);
    await client.setLoggingLevel('error');
    await client.callTool({ name: 'test_tool_with_logging', arguments: {} });
    expect(seen).toHaveLength(3);
  });

  it('answers sampling and elicitation in the middle of a call', async () => {
    const client = new Client(
      { name: 'sdk-v1-test', version: '1' },
      { capabilities: { sampling: {}, elicitation: {} } },
    );
    const asked: string[] = [];
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
      asked.push(JSON.stringify(params.messages[0]?.content));
      return { model: 'test-model', role: 'assistant' as const, content: { type: 'text' as const, text: 'Paris' } };
    });
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked.push(params.message);
      return { action: 'accept' as const, content: { username: 'ada', email: 'ada@example.com' } };
    });
    await connect(client);
    const sampled = await client.callTool({ name: 'test_sampling', arguments: { prompt: 'Capital of France?' } });
    expect(text(sampled)).toBe('LLM response: Paris');
    const elicited = await client.callTool({ name: 'test_elicitation', arguments: { message: 'Who are you?' } });
    expect(text(elicited)).toContain('"username":"ada"');
    expect(asked).toEqual([expect.stringContaining('Capital of France?'), 'Who are you?']);
  });

  it('a tool whose questions the client cannot answer fails, and nothing hangs', async () => {
    const { client } = await connect();
    const outcome = await client.callTool({ name: 'test_sampling', arguments: { prompt: 'anyone?' } }).then(
      (result) => ({ failed: result.isError === true, text: text(result) }),
      (error: unknown) => ({ failed: true, text: String(error) }),
    );
    expect(outcome).toMatchObject({ failed: true, text: expect.stringMatching(/sampling/i) as string });
  });

  it('reads, subscribes to and unsubscribes from resources', async () => {
    const { client } = await connect();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain('test://static-text');
    const read = await client.readResource({ uri: 'test://template/42/data' });
    expect(JSON.parse((read.contents[0] as { text: string }).text)).toMatchObject({ id: '42' });
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, () => undefined);
    expect(await client.subscribeResource({ uri: 'test://watched-resource' })).toEqual({});
    expect(await client.unsubscribeResource({ uri: 'test://watched-resource' })).toEqual({});
  });

  it('gets and completes prompts', async () => {
    const { client } = await connect();
    const got = await client.getPrompt({
      name: 'test_prompt_with_arguments',
      arguments: { arg1: 'hello', arg2: 'world' },
    });
    expect(JSON.stringify(got.messages)).toContain("arg1='hello', arg2='world'");
    const completed = await client.complete({
      ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
      argument: { name: 'arg1', value: 'p' },
    });
    expect(completed.completion.values).toBeInstanceOf(Array);
  });

  it('hears on its GET stream of a change that a call of another client made, on whichever node', async () => {
    const listener = await connect();
    let heard = 0;
    listener.client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      heard += 1;
    });
    // The stream is open when its node counts it.
    await eventually('the GET stream is open', async () =>
      (await cluster.statuses()).some(({ streams }) => streams > 0) ? true : undefined,
    );
    const nodes = await cluster.nodes();
    for (const [index, node] of nodes.entries()) {
      const other = new Client({ name: 'other', version: '1' });
      clients.push(other);
      await other.connect(new StreamableHTTPClientTransport(new URL(node.url)));
      await other.callTool({ name: 'test_trigger_tool_change', arguments: {} });
      await eventually(`the change on ${node.id} is heard`, () => (heard === index + 1 ? true : undefined));
    }
  });

  it('a terminated session is gone, also for another node', async () => {
    const { client, transport } = await connect();
    const session = transport.sessionId ?? '';
    await client.callTool({ name: 'echo', arguments: { text: 'one' } });
    await transport.terminateSession();
    const ping = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': session,
        'mcp-protocol-version': '2025-11-25',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    };
    expect((await fetch(cluster.url, ping)).status).toBe(404);
    for (const { url, id } of await cluster.nodes())
      await eventually(`the session is gone on ${id}`, async () => {
        const { status } = await fetch(url, ping);
        return status === 404 ? true : undefined;
      });
  });

  it('an invalid argument is a tool error that names the field', async () => {
    const { client } = await connect();
    const result = await client.callTool({ name: 'run_analysis', arguments: { rows: 1 } });
    expect(result.isError).toBe(true);
    expect(text(result)).toMatch(/rows/);
  });
});
