import { once } from 'node:events';
import { testTool } from '@mcp-cluster/testkit/protocol';
import { HeldTool, HttpNode } from '@mcp-cluster/testkit/http';
import { CancelledError } from '@mcp-cluster/protocol';
import { request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';

const params = { name: 'held', _meta: { progressToken: 1 } };

/** Sends a call and goes away as soon as the tool runs, before there is an answer. */
async function leave(node: HttpNode, held: HeldTool, headers: Record<string, string>, body: unknown): Promise<void> {
  const client = request({
    port: node.port,
    host: '127.0.0.1',
    path: '/mcp',
    method: 'POST',
    headers: {
      host: 'localhost',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  });
  client.on('error', () => undefined); // our own going away
  client.end(JSON.stringify(body));
  await held.started;
  const gone = once(node.lastResponse, 'close');
  client.destroy();
  await gone;
}

it('S16: notifications/cancelled stops a call of the session, and its stream ends without an answer', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const session = await node.session();
  const answering = node.post(node.message('tools/call', params, 'c'), session);
  (await held.started).progress(1, 2, 'half');
  const answer = await answering;
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'c', reason: 'enough' } };
  expect((await node.post(cancel, session)).status).toBe(202);
  expect(await held.cancelled).toEqual(new CancelledError('enough'));
  expect(await answer.events()).toMatchObject([{ method: 'notifications/progress' }]);
  expect(node.node.ended.at(-1)).toMatchObject({ method: 'tools/call', outcome: 'cancelled' });
});

it('S16: a cancelled call that has said nothing is answered with 202 and nothing', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const session = await node.session();
  const answering = node.post(node.message('tools/call', { name: 'held' }, 7), session);
  await held.started;
  await node.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } }, session);
  const answer = await answering;
  expect([answer.status, await answer.text()]).toEqual([202, '']);
});

it('S16: a session cannot cancel the calls of another one', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const answering = node.post(node.message('tools/call', { name: 'held' }, 7), await node.session());
  const context = await held.started;
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } };
  await node.post(cancel, await node.session());
  expect(context.signal.aborted).toBe(false);
  held.release();
  expect((await (await answering).json()).result).toMatchObject({ content: [{ text: 'released' }] });
});

it('S16: a client of 2026-07-28 that closes its stream cancels the call', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const answering = node.stateless('tools/call', params);
  (await held.started).progress(1, 2, 'half');
  const answer = await answering;
  await answer.until('half');
  answer.disconnect();
  expect(await held.cancelled).toEqual(new CancelledError('the client closed the response stream'));
  expect(node.node.ended.at(-1)).toMatchObject({ outcome: 'cancelled' });
  expect(node.node.dispatcher.inFlight).toBe(0);
});

it('S16: a client of 2026-07-28 that goes away before any answer cancels the call', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'held' };
  await leave(node, held, headers, node.message('tools/call', { name: 'held', _meta: meta }));
  expect(await held.cancelled).toBeInstanceOf(CancelledError);
});

it('S16: a client of a session that goes away does not cancel: the call ends as ever', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  await leave(node, held, await node.session(), node.message('tools/call', { name: 'held' }));
  const context = await held.started;
  expect([context.signal.aborted, node.node.dispatcher.inFlight]).toEqual([false, 1]);
  held.release();
  await node.clock.advance(0);
  expect(node.node.ended.at(-1)).toMatchObject({ method: 'tools/call', outcome: 'ok' });
});

it('S16: what a call says to a client that has gone opens no stream', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  await leave(node, held, await node.session(), node.message('tools/call', params));
  (await held.started).progress(1, 2, 'to nobody');
  expect(node.transport.streams).toBe(0);
  held.release();
  await node.clock.advance(0);
  expect(node.node.ended.at(-1)).toMatchObject({ outcome: 'ok' });
  expect(node.transport.streams).toBe(0);
});

it('S16: a tool that has ended is not cancelled by its connection closing', async () => {
  let aborted = false;
  const tool = testTool('quick', (_args, context) => {
    context.signal.addEventListener('abort', () => (aborted = true));
    return 'done';
  });
  const node = await HttpNode.serve(onTestFinished, tool);
  const answer = await node.stateless('tools/call', { name: 'quick' }, { connection: 'close' });
  const closed = node.lastResponse.closed ? Promise.resolve() : once(node.lastResponse, 'close');
  await answer.text();
  await closed;
  expect(aborted).toBe(false);
  expect(node.node.ended).toMatchObject([{ outcome: 'ok' }]);
});
