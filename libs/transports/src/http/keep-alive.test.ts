import { HeldTool, HttpNode } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';

const COMMENT = ': keep-alive\n\n';

async function serve() {
  const held = new HeldTool();
  return { held, node: await HttpNode.serve(onTestFinished, held.definition) };
}

it('S14: a quiet stream gets a comment after 15 s, and again after 15 s', async () => {
  const { held, node } = await serve();
  const answering = node.stateless('tools/call', { name: 'held', _meta: { progressToken: 1 } });
  (await held.started).progress(1, 2, 'half');
  const answer = await answering;
  const said = await answer.until('\n\n');
  await node.clock.advance(14_999);
  expect(node.lastResponse.writableLength).toBe(0);
  await node.clock.advance(1);
  expect(await answer.until(COMMENT)).toBe(said + COMMENT);
  await node.clock.advance(15_000);
  await answer.until(COMMENT + COMMENT);
  held.release();
  const text = await answer.text();
  expect(text.startsWith(said + COMMENT + COMMENT + 'event: message')).toBe(true);
});

it('S14: what is said counts: the comment comes 15 s after the last event', async () => {
  const { held, node } = await serve();
  const answering = node.stateless('tools/call', { name: 'held', _meta: { progressToken: 1 } });
  const context = await held.started;
  context.progress(1, 3, 'one');
  const answer = await answering;
  await node.clock.advance(10_000);
  context.progress(2, 3, 'two');
  await node.clock.advance(14_000);
  context.progress(3, 3, 'three');
  expect(await answer.until('three')).not.toContain(COMMENT);
  await node.clock.advance(15_000);
  await answer.until(COMMENT);
});

it('S02, S14: a call that would be answered with JSON becomes a stream when it is silent for 15 s', async () => {
  const { held, node } = await serve();
  const answering = node.stateless('tools/call', { name: 'held' });
  await held.started;
  await node.clock.advance(14_999);
  expect(node.lastResponse.headersSent).toBe(false);
  await node.clock.advance(1);
  const answer = await answering;
  expect(answer.isStream).toBe(true);
  expect(await answer.until(COMMENT)).toBe(COMMENT);
  held.release();
  expect(await answer.events()).toMatchObject([{ id: 1, result: { content: [{ text: 'released' }] } }]);
});

it('S14: a client that takes only JSON is kept waiting and gets JSON', async () => {
  const { held, node } = await serve();
  const answering = node.stateless('tools/call', { name: 'held' }, { accept: 'application/json' });
  await held.started;
  await node.clock.advance(120_000);
  expect(node.lastResponse.headersSent).toBe(false);
  held.release();
  expect((await (await answering).json()).result).toMatchObject({ content: [{ text: 'released' }] });
});

it('S14: the stream of a session gets a comment after 15 s', async () => {
  const { node } = await serve();
  const stream = await node.send('GET', { ...(await node.session()), accept: 'text/event-stream' });
  const primed = await stream.until('\n\n');
  await node.clock.advance(15_000);
  expect(await stream.until(COMMENT)).toBe(primed + COMMENT);
});

it('S14: how long a stream may be quiet is a setting', async () => {
  const node = await HttpNode.start({ keepAliveMs: 100 });
  onTestFinished(() => node.stop());
  const stream = await node.listen(await node.session('2025-06-18'));
  await node.clock.advance(99);
  expect(node.lastResponse.writableLength).toBe(0);
  await node.clock.advance(1);
  expect(await stream.until('\n\n')).toBe(COMMENT);
});

it('S14: nothing is said after the answer', async () => {
  const { held, node } = await serve();
  const answering = node.stateless('tools/call', { name: 'held', _meta: { progressToken: 1 } });
  await held.started;
  held.release();
  const text = await (await answering).text();
  await node.clock.advance(60_000);
  expect(text).not.toContain(COMMENT);
  expect(node.transport.streams).toBe(0);
});
