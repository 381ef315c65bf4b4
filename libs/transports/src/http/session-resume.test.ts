import { once } from 'node:events';
import { HttpNode, readFrames, type HttpAnswer } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';
import { SHELF_LIFE_MS } from './stream-shelf.js';

const LISTS = ['tools', 'prompts', 'resources'] as const;
const method = (list: string) => `notifications/${list}/list_changed`;

async function open() {
  const node = await HttpNode.serve(onTestFinished);
  const session = await node.session();
  const stream = await node.listen(session);
  await stream.until('\n\n');
  const change = (kind: (typeof LISTS)[number]) => {
    node.node.bus.publish({ type: 'list-changed', kind });
  };
  const leave = async (answer: HttpAnswer) => {
    const gone = once(node.lastResponse, 'close');
    answer.disconnect();
    await gone;
  };
  return { node, session, stream, change, leave };
}

const place = (answer: HttpAnswer) => readFrames(answer.soFar).at(-1)?.id ?? '';
const methods = (text: string) => readFrames(text).flatMap(({ message }) => message?.method ?? []);

it('S16: a client that comes back hears of what changed while it was away, once, and then of the rest', async () => {
  const { node, session, stream, change, leave } = await open();
  change('tools');
  await stream.until(method('tools'));
  await leave(stream);
  for (let n = 0; n < 500; n += 1) change('prompts');
  change('resources');
  const back = await node.listen(session, place(stream));
  change('tools');
  expect(methods(await back.until(method('tools')))).toEqual(['prompts', 'resources', 'tools'].map(method));
  expect(node.record.resumptions).toEqual(['replayed']);
});

it('S16: one that comes back without its place hears of what was never sent to it', async () => {
  const { node, session, stream, change, leave } = await open();
  change('tools');
  await stream.until(method('tools'));
  await leave(stream);
  change('prompts');
  const back = await node.listen(session);
  expect(methods(await back.until(method('prompts')))).toEqual([method('prompts')]);
});

it('S16: the stream is taken over by who knows its place; nobody else gets it while it is open', async () => {
  const { node, session, stream, change } = await open();
  expect((await node.listen(session)).status).toBe(409);
  expect((await node.listen(session, `s${'A'.repeat(30)}.1.1`)).status).toBe(409);
  change('tools');
  await stream.until(method('tools'));
  const back = await node.listen(session, place(stream));
  await stream.text();
  change('prompts');
  expect(methods(await back.until(method('prompts')))).toEqual([method('prompts')]);
  expect(node.record.closings).toEqual([['session', 'resumed_elsewhere']]);
  expect(node.transport.streams).toBe(1);
});

it.each([
  ['of another node', () => `s${'A'.repeat(30)}.1.17`],
  ['of this stream, but kept no more', (given: string) => given],
])('S16: a place %s begins a new stream, with a change of all that may have been missed', async (which, make) => {
  const { node, session, stream, leave } = await open();
  await leave(stream);
  for (const one of node.node.dispatcher.sessions) one.subscriptions.add('test://a');
  await node.clock.advance(SHELF_LIFE_MS + 10_000);
  const [held] = [...node.node.dispatcher.sessions];
  expect(held?.stream).toBeUndefined();
  const back = await node.listen(session, make(place(stream)));
  const text = await back.until('test://a');
  expect(methods(text)).toEqual([...LISTS.map(method), 'notifications/resources/updated']);
  expect(readFrames(text)[0]?.id).not.toContain(place(stream).split('.')[0]);
  expect([which, node.record.resumptions]).toEqual([which, ['fresh']]);
});

it('S16: another session gets nothing of it', async () => {
  const { node, stream, change } = await open();
  change('tools');
  await stream.until(method('tools'));
  const other = await node.session();
  const back = await node.listen(other, place(stream));
  const text = await back.until(method('resources'));
  expect(text).not.toContain(place(stream).split('.')[0]);
  change('prompts');
  await stream.until(method('prompts')); // the first keeps its stream
});

it('S16: a place beyond its end is refused', async () => {
  const { node, session, stream } = await open();
  const given = place(stream).replace(/\d+$/, '5');
  expect((await node.listen(session, given)).status).toBe(400);
  expect([node.transport.streams, node.record.resumptions]).toEqual([1, ['refused']]);
});

it('S14: a node that drains ends it in good order, and its client comes back', async () => {
  const { node, session, stream } = await open();
  for (const one of node.node.dispatcher.sessions) one.stream?.close();
  const [primed, ...rest] = await stream.frames();
  expect([primed?.retry, rest, node.record.closings]).toEqual([500, [], [['session', 'drained']]]);
  const back = await node.listen(session, primed?.id);
  await back.until(method('tools')); // to this node or another: its place is known no more
});

it('S15: a session is not idle while its client may come back, and is afterwards', async () => {
  const { node, stream, leave } = await open();
  await leave(stream);
  const [held] = [...node.node.dispatcher.sessions];
  expect(held?.idle).toBe(false);
  await node.clock.advance(SHELF_LIFE_MS + 10_000);
  expect(held?.idle).toBe(true);
});
