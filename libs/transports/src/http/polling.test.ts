import { sleep } from '@mcp-cluster/kernel';
import type { ExchangeContext } from '@mcp-cluster/protocol';
import { testTool } from '@mcp-cluster/testkit/protocol';
import { HeldTool, HttpNode } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';

const released = { id: 'call', result: { content: [{ text: 'released' }] } };
const call = (node: HttpNode, more = {}) => node.message('tools/call', { name: 'held', ...more }, 'call');

it('S16: a tool closes its connection, and its client comes back for the answer', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const session = await node.session();
  const answering = node.post(call(node), session);
  const context = await held.started;
  expect(context.closeStream()).toBe(true);
  const frames = await (await answering).frames();
  expect(frames).toMatchObject([{ retry: 500, message: undefined }]);
  expect([context.signal.aborted, node.record.closings]).toEqual([false, [['call', 'polling']]]);
  context.log('info', 'while polling');
  held.release();
  await node.clock.advance(0);
  expect(await (await node.listen(session, frames[0]?.id)).events()).toMatchObject([
    { method: 'notifications/message' },
    released,
  ]);
});

it('S16: the test_reconnection sequence: close, wait, answer, again and again', async () => {
  const started = Promise.withResolvers<HttpNode>();
  const polled = testTool('polled', async (_args, context) => {
    for (let round = 0; round < 3; round += 1) {
      expect(context.closeStream()).toBe(true);
      await sleep((await started.promise).clock, 100, context.signal);
    }
    return 'released';
  });
  const node = await HttpNode.serve(onTestFinished, polled);
  started.resolve(node);
  const session = await node.session();
  const first = await node.post(node.message('tools/call', { name: 'polled' }, 'call'), session);
  let place = (await first.frames()).at(-1)?.id;
  for (let round = 0; round < 2; round += 1) {
    const back = await node.listen(session, place);
    await node.clock.advance(100);
    // Each connection names the place anew: a client that forgot it would open another stream.
    const [frame] = await back.frames();
    expect(frame).toEqual({ id: place, retry: 500, message: undefined });
    place = frame?.id;
  }
  await node.clock.advance(100);
  expect(await (await node.listen(session, place)).events()).toMatchObject([released]);
});

it('S16: what was sent before the connection is closed still arrives', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const session = await node.session();
  const answering = node.post(call(node, { _meta: { progressToken: 1 } }), session);
  const context = await held.started;
  context.progress(1, 2, 'half');
  context.closeStream();
  expect(await (await answering).events()).toMatchObject([{ params: { message: 'half' } }]);
});

it('S16: a client that is away already stays away, and its tool may know', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const session = await node.session();
  const answering = node.post(call(node), session);
  const context = await held.started;
  expect([context.closeStream(), context.closeStream()]).toEqual([true, true]);
  await (await answering).text();
  held.release();
  await node.clock.advance(0);
  expect(context.closeStream()).toBe(false);
});

async function tries(send: (node: HttpNode) => Promise<unknown>): Promise<boolean> {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const sending = send(node);
  const context: ExchangeContext = await held.started;
  const closed = context.closeStream();
  held.release();
  await sending;
  return closed;
}

it('S16: a connection that cannot be resumed is not closed', async () => {
  const json = { accept: 'application/json' };
  expect(await tries((node) => node.stateless('tools/call', { name: 'held' }))).toBe(false);
  expect(await tries(async (node) => node.post(call(node), await node.session('2025-06-18')))).toBe(false);
  expect(await tries(async (node) => node.post([call(node)], await node.session('2025-03-26')))).toBe(false);
  expect(await tries(async (node) => node.post(call(node), { ...(await node.session()), ...json }))).toBe(false);
});

it('S16: a call that says nothing and never had a stream is answered with JSON as ever', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const session = await node.session();
  const answering = node.post(call(node), session);
  await held.started;
  held.release();
  const answer = await answering;
  expect([answer.isStream, await answer.json()]).toMatchObject([false, released]);
});
