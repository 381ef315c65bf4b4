import { testTool } from '@mcp-cluster/testkit/protocol';
import { HeldTool, HttpNode, type HttpAnswer } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';

const echo = testTool('echo', (args) => String(args['text']));
const logging = testTool('logging', (_args, context) => {
  context.log('info', 'said');
  return 'logged';
});

const serve = (...more: (typeof echo)[]) => HttpNode.serve(onTestFinished, echo, logging, ...more);
const call = (id: string, name: string, text = id) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: { text } },
});
const ids = async (answer: HttpAnswer) => (JSON.parse(await answer.text()) as { id: string }[]).map(({ id }) => id);
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

describe('which revision has batches', () => {
  it('S02: 2025-03-26 answers one array', async () => {
    const node = await serve();
    const session = await node.session('2025-03-26');
    const answer = await node.post([call('a', 'echo'), initialized, call('b', 'echo')], session);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(await answer.text())).toEqual([
      { jsonrpc: '2.0', id: 'a', result: { content: [{ type: 'text', text: 'a' }] } },
      { jsonrpc: '2.0', id: 'b', result: { content: [{ type: 'text', text: 'b' }] } },
    ]);
  });

  it.each(['2025-06-18', '2025-11-25'])('S02: %s has none', async (revision) => {
    const node = await serve();
    const answer = await node.post([call('a', 'echo')], await node.session(revision));
    expect(answer.status).toBe(400);
    expect((await answer.json()).error).toMatchObject({
      code: -32600,
      message: `Invalid Request: batch: ${revision} has no batches`,
    });
    expect(node.node.ended.map(({ method }) => method)).toEqual(['initialize']);
  });

  it('S02: 2026-07-28 has none, and initialize is no part of one', async () => {
    const node = await serve();
    const session = await node.session('2025-03-26');
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    const stateless = { ...call('a', 'echo'), params: { name: 'echo', _meta: meta } };
    const version = { 'mcp-protocol-version': '2026-07-28' };
    for (const [body, headers] of [
      [[stateless], version],
      [[initialized], version],
      [[call('b', 'echo'), node.message('initialize')], session],
    ] as const) {
      const answer = await node.post(body, headers);
      expect([answer.status, (await answer.json()).error?.code]).toEqual([400, -32600]);
    }
  });

  it('S02: one without a session is refused', async () => {
    const node = await serve();
    expect((await node.post([call('a', 'echo')])).status).toBe(400);
    expect((await node.post([call('a', 'echo')], { 'mcp-session-id': 'x' })).status).toBe(404);
  });
});

describe('bounds', () => {
  it('S02: 100 messages are answered, 101 and none are refused', async () => {
    const node = await serve();
    const session = await node.session('2025-03-26');
    const messages = Array.from({ length: 101 }, (_, index) => call(`c${String(index)}`, 'echo'));
    const hundred = await node.post(messages.slice(1), session);
    expect([hundred.status, (await ids(hundred)).length]).toEqual([200, 100]);
    const more = await node.post(messages, session);
    expect(more.status).toBe(400);
    expect((await more.json()).error?.message).toContain('expected at most 100 messages, got 101');
    const none = await node.post([], session);
    expect([none.status, (await none.json()).error?.code]).toEqual([400, -32600]);
  });

  it('S02: one message that is none refuses the batch before anything is done', async () => {
    const node = await serve();
    const session = await node.session('2025-03-26');
    const answer = await node.post([call('a', 'echo'), { jsonrpc: '1.0', id: 'b', method: 'x' }], session);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ id: 'b', error: { code: -32600 } });
    expect(node.node.ended.map(({ method }) => method)).toEqual(['initialize']);
  });

  it('S02: notifications and answers alone are taken with 202', async () => {
    const node = await serve();
    const session = await node.session('2025-03-26');
    const answer = await node.post([initialized, { jsonrpc: '2.0', id: 9, result: {} }], session);
    expect([answer.status, await answer.text()]).toEqual([202, '']);
  });
});

describe('the form of the answer', () => {
  it('S02: errors are parts of the array, which keeps status 200', async () => {
    const node = await serve();
    const answer = await node.post([call('a', 'nobody'), call('b', 'echo')], await node.session('2025-03-26'));
    expect(answer.status).toBe(200);
    expect(JSON.parse(await answer.text())).toMatchObject([
      { id: 'a', error: { code: -32602 } },
      { id: 'b', result: {} },
    ]);
  });

  it('S02: the array waits for the slowest', async () => {
    const held = new HeldTool();
    const node = await serve(held.definition);
    const answering = node.post([call('slow', 'held'), call('fast', 'echo')], await node.session('2025-03-26'));
    await held.started;
    expect(node.lastResponse.headersSent).toBe(false);
    held.release();
    expect(await ids(await answering)).toEqual(['fast', 'slow']);
  });

  it('S02: a message before the answers makes it a stream, with all answers and an end', async () => {
    const held = new HeldTool();
    const node = await serve(held.definition);
    const session = await node.session('2025-03-26');
    const answer = await node.post([call('first', 'echo'), call('slow', 'held'), call('talks', 'logging')], session);
    expect(answer.isStream).toBe(true);
    await answer.until('logged');
    held.release();
    expect(await answer.events()).toMatchObject([
      { id: 'first' },
      { method: 'notifications/message' },
      { id: 'talks' },
      { id: 'slow', result: { content: [{ text: 'released' }] } },
    ]);
  });

  it('S02, S16: a cancelled part is left out, in an array and in a stream', async () => {
    for (const other of ['echo', 'logging']) {
      const held = new HeldTool();
      const node = await serve(held.definition);
      const session = await node.session('2025-03-26');
      const answering = node.post([call('slow', 'held'), call('other', other)], session);
      await held.started;
      await node.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } }, session);
      const answer = await answering;
      const answered = answer.isStream ? (await answer.events()).flatMap(({ id }) => id ?? []) : await ids(answer);
      expect(answered).toEqual(['other']);
    }
  });

  it('S16: when every part is cancelled there is nothing to answer', async () => {
    const held = new HeldTool();
    const node = await serve(held.definition);
    const session = await node.session('2025-03-26');
    const answering = node.post([call('slow', 'held')], session);
    await held.started;
    await node.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } }, session);
    const answer = await answering;
    expect([answer.status, await answer.text()]).toEqual([202, '']);
  });
});
