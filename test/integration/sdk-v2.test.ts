import {
  Client,
  StreamableHTTPClientTransport,
  type ClientOptions,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { scrape } from '../support/metrics.js';
import { expectRisingTo, type SeenProgress } from '../support/progress-checks.js';

let cluster: Cluster;
const clients: Client[] = [];
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});
afterAll(() => cluster.stop());

async function connect(mode: VersionNegotiationMode, options: ClientOptions = {}): Promise<Client> {
  const client = new Client({ name: 'sdk-v2-test', version: '1' }, { ...options, versionNegotiation: { mode } });
  clients.push(client);
  await client.connect(new StreamableHTTPClientTransport(new URL(cluster.url)));
  return client;
}

interface Part {
  readonly type: string;
  readonly text?: string;
}
const text = (result: { content: readonly unknown[] }): string =>
  (result.content as readonly Part[]).map((part) => part.text ?? `[${part.type}]`).join('');

const ERAS: readonly { name: string; mode: VersionNegotiationMode; revision: string }[] = [
  { name: 'auto', mode: 'auto', revision: '2026-07-28' },
  { name: '2026-07-28 only', mode: { pin: '2026-07-28' }, revision: '2026-07-28' },
  { name: 'legacy', mode: 'legacy', revision: '2025-11-25' },
];

describe.each(ERAS)('S19: the SDK’s v2 client, $name, through the manager', ({ mode, revision }) => {
  it('S02: agrees on the revision, lists and calls', async () => {
    const client = await connect(mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(revision);
    expect(client.getServerVersion()?.name).toBe('mcp-cluster');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'run_analysis', 'analyze_dataset']));
    expect(text(await client.callTool({ name: 'echo', arguments: { text: 'hello' } }))).toBe('hello');
    const read = await client.readResource({ uri: 'test://static-text' });
    expect(read.contents[0]).toMatchObject({ text: 'This is the content of the static text resource.' });
    const got = await client.getPrompt({ name: 'test_simple_prompt' });
    expect(got.messages.length).toBeGreaterThan(0);
  });

  it('S03, S06, S08: streams run_analysis: rising progress, the last at 100 %, none after the result', async () => {
    const client = await connect(mode);
    const rows = 100_000;
    const seen: SeenProgress[] = [];
    const onprogress = (progress: SeenProgress): unknown => seen.push(progress);
    const result = await client.callTool({ name: 'run_analysis', arguments: { rows } }, { onprogress });
    const before = seen.length;
    expectRisingTo(rows, seen);
    expect(result.structuredContent).toMatchObject({ metadata: { rowsProcessed: rows } });
    await client.listTools();
    expect(seen.length).toBe(before);
  });

  it('S03, S05: several progress messages come while a call runs, before its result', async () => {
    const client = await connect(mode);
    const seen: SeenProgress[] = [];
    let ended = false;
    const onprogress = (progress: SeenProgress): void => {
      expect(ended).toBe(false);
      seen.push(progress);
    };
    await client
      .callTool({ name: 'echo', arguments: { text: 'slow', delayMs: 600 } }, { onprogress })
      .finally(() => (ended = true));
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expectRisingTo(600, seen);
  });

  it('S16: an aborted call stops the tool', async () => {
    const client = await connect(mode);
    const stop = new AbortController();
    const call = client.callTool(
      { name: 'echo', arguments: { text: 'never', delayMs: 60_000 } },
      { signal: stop.signal },
    );
    const outcome = expect(call).rejects.toThrow();
    await cluster.running(1);
    stop.abort('changed my mind');
    await outcome;
    await cluster.running(0);
  });

  it('answers elicitation and sampling: in rounds (2026) or in the middle of the call (2025)', async () => {
    const client = await connect(mode, { capabilities: { elicitation: {}, sampling: {}, roots: {} } });
    const asked: string[] = [];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message);
      return { action: 'accept', content: { name: asked.length === 1 ? 'Ada' : 'green', color: 'green' } };
    });
    client.setRequestHandler('sampling/createMessage', () => {
      asked.push('sampling');
      return { model: 'test-model', role: 'assistant', content: { type: 'text', text: 'Good day' } };
    });
    client.setRequestHandler('roots/list', () => {
      asked.push('roots');
      return { roots: [{ uri: 'file:///one' }, { uri: 'file:///two' }] };
    });
    const call = (name: string) => client.callTool({ name: `test_input_required_result_${name}`, arguments: {} });

    expect(text(await call('elicitation'))).toBe('Hello, Ada!');
    expect(asked).toEqual(['What is your name?']);
    asked.length = 0;
    expect(text(await call('multi_round'))).toBe('Ada likes green');
    expect(asked).toEqual(['Step 1: What is your name?', 'Step 2: What is your favorite color?']);
    asked.length = 0;
    expect(text(await call('multiple_inputs'))).toBe('Good day Ada, 2 roots');
    expect(asked.toSorted()).toEqual(['What is your name?', 'roots', 'sampling']);
  });

  it('an unknown tool is refused with a code, and the client goes on', async () => {
    const client = await connect(mode);
    await expect(client.callTool({ name: 'no_such_tool', arguments: {} })).rejects.toMatchObject({ code: -32602 });
    expect(text(await client.callTool({ name: 'echo', arguments: { text: 'goes on' } }))).toBe('goes on');
  });
});

it('MRTR: each round may land on any node (12 calls of two rounds at once)', async () => {
  const client = await connect('auto', { capabilities: { elicitation: {} } });
  client.setRequestHandler('elicitation/create', ({ params }) => ({
    action: 'accept',
    content: params.message.includes('name') ? { name: 'Ada' } : { color: 'green' },
  }));
  const call = () => client.callTool({ name: 'test_input_required_result_multi_round', arguments: {} });
  const results = await Promise.all(Array.from({ length: 12 }, call));
  expect(results.map(text)).toEqual(results.map(() => 'Ada likes green'));
  // Both nodes had a part in it: their counters say so.
  for (const { id } of await cluster.nodes()) {
    const metrics = await scrape(cluster.nodeManagementUrl(id));
    expect(metrics.sum('mcp_requests_total', { method: 'tools/call' })).toBeGreaterThan(0);
  }
});
