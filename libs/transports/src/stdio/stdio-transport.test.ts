import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { seededRng } from '@mcp-cluster/kernel';
import { CancelledError, type Params } from '@mcp-cluster/protocol';
import { testTool, TestNode, type WireMessage } from '@mcp-cluster/testkit/protocol';
import { envelope, HeldTool } from '@mcp-cluster/testkit/http';
import { describe, expect, it } from 'vitest';
import { StdioTransport } from './stdio-transport.js';

const echo = testTool('echo', (args, context) => `${context.revision} ${String(args['text'])}`);
const talking = testTool('talking', (_args, context) => {
  context.progress(1, 2, 'half');
  context.log('info', 'said');
  return 'done';
});

/** A client at the other end of the pipes. */
class StdioClient {
  readonly node = new TestNode();
  readonly input = new PassThrough();
  readonly output = new PassThrough();
  readonly running: Promise<void>;
  private text = '';

  constructor(...tools: (typeof echo)[]) {
    for (const tool of [echo, talking, ...tools]) this.node.registry.tool(tool);
    this.output.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    const { dispatcher } = this.node;
    this.running = new StdioTransport({ dispatcher, rng: seededRng(3), input: this.input, output: this.output }).run();
  }

  send(...messages: unknown[]): void {
    this.input.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  }

  /** Every line of the output so far, each of which must be one JSON-RPC message, once there are `count`. */
  async lines(count: number): Promise<WireMessage[]> {
    for (let turns = 0; turns < 1_000 && this.text.split('\n').length <= count; turns += 1) await turn();
    expect(this.text === '' || this.text.endsWith('\n')).toBe(true);
    const messages = this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as WireMessage);
    for (const message of messages) expect(message.jsonrpc).toBe('2.0');
    expect(messages).toHaveLength(count);
    return messages;
  }
}

const request = (id: string | number, method: string, params: Params = {}) => ({ jsonrpc: '2.0', id, method, params });
const stateless = (id: string | number, name: string, text = '', meta: Params = {}) =>
  request(id, 'tools/call', { name, arguments: { text }, _meta: envelope(meta) });
const initialize = request('init', 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'c', version: '1' },
});
const cancel = (requestId: unknown, reason?: string) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason },
});

describe('framing', () => {
  it('S01: a line in many chunks is one message, also when a chunk ends within a character', async () => {
    const client = new StdioClient();
    for (const byte of Buffer.from(`${JSON.stringify(stateless(1, 'echo', 'é😀'))}\n`))
      client.input.write(Buffer.of(byte));
    expect((await client.lines(1))[0]?.result).toMatchObject({ content: [{ text: '2026-07-28 é😀' }] });
  });

  it('S01: several lines in one chunk are several messages, CRLF and empty lines among them', async () => {
    const client = new StdioClient();
    const [first, second, third] = [1, 2, 3].map((id) => JSON.stringify(stateless(id, 'echo')));
    client.input.write(`${first ?? ''}\n\n${second ?? ''}\r\n \n${(third ?? '').slice(0, 20)}`);
    expect((await client.lines(2)).map(({ id }) => id)).toEqual([1, 2]);
    client.input.write(`${(third ?? '').slice(20)}\n`);
    expect((await client.lines(3)).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('S01: what is no message is answered with its code, and the next line is read', async () => {
    const client = new StdioClient();
    client.input.write('{"jsonrpc":\nhello\n[]\n7\n{"jsonrpc":"1.0","id":"x","method":"ping"}\n');
    client.send(stateless('after', 'echo'));
    const lines = await client.lines(6);
    expect(lines.map(({ id, error }) => [id, error?.code])).toEqual([
      [null, -32700],
      [null, -32700],
      [null, -32600],
      [null, -32600],
      ['x', -32600],
      ['after', undefined],
    ]);
  });

  it('S01: a line of more than 4 MiB ends the connection with an error', async () => {
    const client = new StdioClient();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 5; sent += 1) client.input.write(chunk);
    await client.running;
    expect(await client.lines(1)).toMatchObject([{ id: null, error: { code: -32700 } }]);
  });

  it('S01: a line that is not UTF-8, or nested without end, is refused as a body would be', async () => {
    const client = new StdioClient();
    client.input.write(Buffer.from([0x22, 0xff, 0x22, 0x0a]));
    client.input.write(`${'['.repeat(100_000)}\n`);
    const lines = await client.lines(2);
    expect(lines.map(({ error }) => error?.code)).toEqual([-32700, -32600]);
  });

  it('S01: a result with line breaks stays one line', async () => {
    const client = new StdioClient();
    client.send(stateless(1, 'echo', 'a\nb\r\nc'));
    expect((await client.lines(1))[0]?.result).toMatchObject({ content: [{ text: '2026-07-28 a\nb\r\nc' }] });
  });

  it('S01: an unfinished line at the end is nothing', async () => {
    const client = new StdioClient();
    client.input.end('{"jsonrpc":"2.0"');
    await client.running;
    await client.lines(0);
  });
});

describe('both eras', () => {
  it('S01: a session begins with initialize and needs no header', async () => {
    const client = new StdioClient();
    client.send(initialize, { jsonrpc: '2.0', method: 'notifications/initialized' });
    client.send(request(1, 'tools/call', { name: 'echo', arguments: { text: 'hi' } }), request(2, 'ping'));
    const [first, second, third] = await client.lines(3);
    expect(first?.result).toMatchObject({ protocolVersion: '2025-11-25' });
    expect(second?.result).toMatchObject({ content: [{ text: '2025-11-25 hi' }] });
    expect(third).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });

  it('S01: a request before either is refused', async () => {
    const client = new StdioClient();
    client.send(request(1, 'tools/list'));
    expect(await client.lines(1)).toMatchObject([{ id: 1, error: { code: -32600 } }]);
  });

  it('S01: progress, log messages and changes are lines between the answers', async () => {
    const client = new StdioClient();
    client.send(initialize, request(1, 'tools/call', { name: 'talking', _meta: { progressToken: 't' } }));
    await client.lines(4);
    client.node.bus.publish({ type: 'list-changed', kind: 'tools' });
    expect((await client.lines(5)).map(({ id, method }) => id ?? method)).toEqual([
      'init',
      'notifications/progress',
      'notifications/message',
      1,
      'notifications/tools/list_changed',
    ]);
  });

  it('S01: a second initialize takes the place of the first session', async () => {
    const client = new StdioClient();
    client.send(initialize, initialize);
    await client.lines(2);
    expect(client.node.dispatcher.sessions.size).toBe(1);
    client.node.bus.publish({ type: 'list-changed', kind: 'tools' });
    await client.lines(3);
  });
});

describe('cancellation', () => {
  it('S01, S16: a stateless id that is still being answered is refused, and the first call can still be cancelled', async () => {
    const held = new HeldTool();
    const client = new StdioClient(held.definition);
    client.send(stateless('c', 'held'));
    await held.started;
    client.send(stateless('c', 'echo'));
    expect(await client.lines(1)).toMatchObject([{ id: 'c', error: { code: -32600 } }]);
    client.send(cancel('c', 'enough'));
    expect(await held.cancelled).toEqual(new CancelledError('enough'));
  });

  it('S01, S16: notifications/cancelled stops a call of either era, which gets no answer', async () => {
    for (const era of ['session', 'stateless'] as const) {
      const held = new HeldTool();
      const client = new StdioClient(held.definition);
      client.send(initialize);
      client.send(era === 'session' ? request('c', 'tools/call', { name: 'held' }) : stateless('c', 'held'));
      await held.started;
      client.send(cancel('other'), cancel(undefined), cancel('c', 'enough'));
      expect(await held.cancelled).toEqual(new CancelledError('enough'));
      client.send(stateless('after', 'echo'));
      expect((await client.lines(2)).map(({ id }) => id)).toEqual(['init', 'after']);
    }
  });

  it('S01, S16: a call that has ended is not there to be cancelled', async () => {
    const client = new StdioClient();
    client.send(stateless(1, 'echo'), cancel(1), stateless(2, 'echo'));
    expect((await client.lines(2)).map(({ id }) => id)).toEqual([1, 2]);
  });

  it('S01, S16: the id of a call that has ended may be another call’s, which can be cancelled', async () => {
    const [first, second] = [new HeldTool('first'), new HeldTool('second')];
    const client = new StdioClient(first.definition, second.definition);
    client.send(initialize, stateless('c', 'first'));
    await first.started;
    first.release();
    await client.lines(2);
    client.send(request('c', 'tools/call', { name: 'second' }));
    await second.started;
    client.send(cancel('c', 'enough'), stateless('after', 'echo'));
    await client.lines(3);
    expect(client.node.ended.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'cancelled', 'ok']);
  });

  it('S01, S16: the end of the input ends it, and cancels what is under way in both eras', async () => {
    const [one, other] = [new HeldTool('one'), new HeldTool('other')];
    const client = new StdioClient(one.definition, other.definition);
    client.send(initialize, request(1, 'tools/call', { name: 'one' }), stateless(2, 'other'));
    await Promise.all([one.started, other.started]);
    client.input.end();
    await client.running;
    expect([await one.cancelled, await other.cancelled]).toEqual(Array(2).fill(new CancelledError('the input ended')));
    expect(client.node.dispatcher.inFlight).toBe(0);
    await client.lines(1);
  });
});
