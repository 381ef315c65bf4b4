import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Client as ClientV2, type JSONRPCMessage } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { afterEach, describe, expect, it } from 'vitest';
import { expectRisingTo, type SeenProgress } from '../support/progress-checks.js';
import { NODE, ROOT, Running, runs, eventually } from '../support/running.mjs';

/** As a person writes it, and as a client's configuration should have it: npm then adds no banner to stdout. */
const COMMANDS = [
  { name: 'npm run node -- --stdio', command: 'npm', args: ['run', 'node', '--', '--stdio'] },
  { name: 'npm run --silent node -- --stdio', command: 'npm', args: ['run', '--silent', 'node', '--', '--stdio'] },
];

/** npm, the build's look at what has changed, and the node: on two busy cores that takes a while. */
const timeout = 60_000;
const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
});

describe.each(COMMANDS)('S01: $name', ({ command, args }) => {
  const parameters = { command, args, cwd: ROOT, stderr: 'pipe' as const, env: environment() };

  it('serves the SDK’s v1 stdio client', async () => {
    const client = new ClientV1({ name: 'stdio-test', version: '1' });
    toClose.push(() => client.close());
    const transport = new StdioV1(parameters);
    await client.connect(transport, { timeout });
    expect(client.getServerVersion()?.name).toBe('mcp-cluster');
    const messages = tap(transport);
    const rows = 100_000;
    const onprogress = (): void => undefined;
    const result = await client.callTool({ name: 'run_analysis', arguments: { rows } }, undefined, { onprogress });
    expect(result.structuredContent).toMatchObject({ metadata: { rowsProcessed: rows } });
    expectProgressThenResult(rows, messages);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('echo');
  });

  it.each(['auto', 'legacy'] as const)('serves the SDK’s v2 stdio client, %s', async (mode) => {
    const client = new ClientV2({ name: 'stdio-test', version: '1' }, { versionNegotiation: { mode } });
    toClose.push(() => client.close());
    const transport = new StdioV2(parameters);
    await client.connect(transport, { timeout });
    expect(client.getNegotiatedProtocolVersion()).toBe(mode === 'auto' ? '2026-07-28' : '2025-11-25');
    const messages = tap(transport);
    const onprogress = (): void => undefined;
    const result = await client.callTool({ name: 'echo', arguments: { text: 'piped', delayMs: 400 } }, { onprogress });
    expect(result.content).toEqual([{ type: 'text', text: 'piped' }]);
    expectProgressThenResult(400, messages);
  });
});

describe('S01: a node on stdin and stdout', () => {
  const start = (...flags: string[]) =>
    new Running(NODE, [`${ROOT}apps/node/dist/main.js`, '--stdio', ...flags], {
      stdin: 'pipe',
      env: { LOG_LEVEL: 'debug' },
    });
  const send = (node: Running, message: object) => node.child.stdin?.write(`${JSON.stringify(message)}\n`);
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  };
  const answerTo = (node: Running, id: number) =>
    node
      .line((line) => (JSON.parse(line) as { id?: number }).id === id, { what: `answer ${String(id)}` })
      .then((line) => JSON.parse(line) as { result?: unknown; error?: { code: number } });

  it('writes nothing but messages to stdout, one a line; the log goes to stderr', async () => {
    const node = start();
    send(node, initialize);
    expect(await answerTo(node, 1)).toMatchObject({ result: { serverInfo: { name: 'mcp-cluster' } } });
    send(node, { jsonrpc: '2.0', method: 'notifications/initialized' });
    send(node, { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'echo', arguments: { text: 'a\nb' } } });
    expect(await answerTo(node, 2)).toMatchObject({ result: { content: [{ text: 'a\nb' }] } });
    await node.line((line) => line.includes('"tools/call"'), { of: 'stderr', what: 'log line of the call' });
    node.child.stdin?.end();
    expect(await node.end()).toMatchObject({ code: 0 });
    for (const line of node.stdout) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
  });

  it('answers a broken line with a parse error and goes on', async () => {
    const node = start();
    node.child.stdin?.write('{"jsonrpc": nonsense}\n');
    await node.line((line) => line.includes('-32700'), { what: 'parse error' });
    send(node, initialize);
    expect(await answerTo(node, 1)).toHaveProperty('result');
    node.child.stdin?.end();
    await node.end();
  });

  it('S16: ends when stdin ends, although a call runs', async () => {
    const node = start();
    send(node, initialize);
    await answerTo(node, 1);
    const params = { name: 'echo', arguments: { text: 'x', delayMs: 60_000 }, _meta: { progressToken: 1 } };
    send(node, { jsonrpc: '2.0', id: 2, method: 'tools/call', params });
    await node.line((line) => line.includes('notifications/progress'), { what: 'progress of the call' });
    node.child.stdin?.end();
    expect(await node.end(5_000)).toMatchObject({ code: 0 });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends on %s', async (signal) => {
    const node = start();
    send(node, initialize);
    await answerTo(node, 1);
    const pid = node.pid ?? 0;
    node.kill(signal);
    await node.end(5_000);
    await eventually('the process is gone', () => (runs(pid) ? undefined : true));
  });
});

/**
 * What comes over the pipe. Not what the SDK's clients tell `onprogress`: they handle a result at once and a
 * notification a moment later, so they forget progress that came in the same read as the result.
 */
function tap(transport: StdioV1 | StdioV2): object[] {
  const messages: object[] = [];
  const handle = transport.onmessage?.bind(transport);
  transport.onmessage = (message: JSONRPCMessage) => {
    messages.push(message);
    handle?.(message);
  };
  return messages;
}

/** S03, S06 on the wire. */
function expectProgressThenResult(total: number, messages: readonly object[]): void {
  expect(messages.findIndex((message) => 'result' in message)).toBe(messages.length - 1);
  const progress = messages.slice(0, -1) as { params: SeenProgress }[];
  expectRisingTo(
    total,
    progress.map(({ params }) => params),
  );
}

/** The SDKs pass on only a few variables; npm needs the rest of ours. */
function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
