import { testTool } from '@mcp-cluster/testkit/protocol';
import { HeldTool, HttpNode } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';

const echo = testTool('echo', (args) => String(args['text']));
const stepping = testTool('stepping', (_args, context) => {
  context.progress(1, 2, 'one of two');
  return 'stepped';
});
const logging = testTool('logging', (_args, context) => {
  context.log('info', 'said');
  return 'logged';
});
const failing = testTool('failing', () => {
  throw new Error('the reason');
});

const serve = () => HttpNode.serve(onTestFinished, echo, stepping, logging, failing);
const call = (name: string, more = {}) => ({ name, arguments: { text: 'hi' }, ...more });
const token = { _meta: { progressToken: 'p' } };

it('S02: a call without a progress token is answered as one JSON body', async () => {
  const node = await serve();
  const answer = await node.stateless('tools/call', call('echo'));
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
  const text = await answer.text();
  expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(text)));
  expect(JSON.parse(text)).toMatchObject({
    jsonrpc: '2.0',
    id: 1,
    result: { content: [{ type: 'text', text: 'hi' }] },
  });
});

it('S02: progress that nobody asked for does not make a stream', async () => {
  const node = await serve();
  const answer = await node.stateless('tools/call', call('stepping'));
  expect(answer.isStream).toBe(false);
  expect((await answer.json()).result).toMatchObject({ content: [{ text: 'stepped' }] });
});

it('S02: a progress token makes it a stream: progress, then the answer, then the end', async () => {
  const node = await serve();
  const answer = await node.stateless('tools/call', call('stepping', token));
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
  expect(await answer.events()).toMatchObject([
    { method: 'notifications/progress', params: { progressToken: 'p', progress: 1, total: 2, message: 'one of two' } },
    { id: 1, result: { content: [{ text: 'stepped' }] } },
  ]);
});

it('S02: a progress token makes it a stream even when there is no progress', async () => {
  const node = await serve();
  const answer = await node.stateless('tools/call', call('echo', token));
  expect(answer.isStream).toBe(true);
  expect(await answer.events()).toMatchObject([{ id: 1, result: { content: [{ text: 'hi' }] } }]);
});

it('S02: a log message in a session makes it a stream', async () => {
  const node = await serve();
  const session = await node.session();
  const answer = await node.post(node.message('tools/call', call('logging'), 'a'), session);
  expect(answer.isStream).toBe(true);
  expect(await answer.events()).toMatchObject([
    { method: 'notifications/message', params: { level: 'info', data: 'said' } },
    { id: 'a', result: { content: [{ text: 'logged' }] } },
  ]);
});

it('S02: a log message is not sent without a log level in the envelope, and the answer stays JSON', async () => {
  const node = await serve();
  const silent = await node.stateless('tools/call', call('logging'));
  expect(silent.isStream).toBe(false);
  const level = { _meta: { 'io.modelcontextprotocol/logLevel': 'info' } };
  const told = await node.stateless('tools/call', call('logging', level));
  expect(await told.events()).toHaveLength(2);
});

it('S02: an error of the gate is JSON with its status, whatever was asked for', async () => {
  const node = await serve();
  const answer = await node.stateless('tools/cull', token);
  expect([answer.status, answer.isStream]).toEqual([404, false]);
  expect((await answer.json()).error).toMatchObject({ code: -32601 });
});

it('S02: an error of a handler is an answer with status 200', async () => {
  const node = await serve();
  const failed = await node.stateless('tools/call', call('failing'));
  expect(failed.status).toBe(200);
  expect((await failed.json()).result).toMatchObject({ isError: true, content: [{ text: 'the reason' }] });
  const unknown = await node.stateless('tools/call', call('nobody'));
  expect(unknown.status).toBe(200);
  expect((await unknown.json()).error).toMatchObject({
    code: -32602,
    message: expect.stringContaining('"nobody"') as string,
  });
});

it('S02, S14: a stream tells proxies not to hold events back, a JSON answer does not', async () => {
  const node = await serve();
  const stream = await node.stateless('tools/call', call('stepping', token));
  expect(stream.headers).toMatchObject({ 'x-accel-buffering': 'no', 'cache-control': 'no-cache, no-transform' });
  await stream.text();
  const json = await node.stateless('tools/call', call('stepping'));
  expect(json.headers).not.toHaveProperty('x-accel-buffering');
  await json.text();
});

it('S02: an event goes out when it is said, not with the answer', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const answering = node.stateless('tools/call', { name: 'held', _meta: { progressToken: 1 } });
  (await held.started).progress(1, 2, 'half way');
  const answer = await answering;
  await answer.until('half way');
  expect(node.transport.streams).toBe(1);
  held.release();
  expect(await answer.events()).toHaveLength(2);
});
