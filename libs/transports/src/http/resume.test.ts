import { once } from 'node:events';
import { testTool } from '@mcp-cluster/testkit/protocol';
import { HeldTool, HttpNode, InterruptedCall, readFrames, type HttpAnswer } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';

const echo = testTool('echo', (args) => String(args['text']));
const params = { name: 'held', _meta: { progressToken: 1 } };
const progress = { method: 'notifications/progress' };
const released = { result: { content: [{ text: 'released' }] } };
const UNKNOWN = 'Invalid Request: Last-Event-ID: no such event in this session, or not any more';

const begin = (revision = '2025-11-25') => InterruptedCall.begin(onTestFinished, { revision, tools: [echo] });

const messages = async (answer: HttpAnswer) => (await answer.frames()).flatMap(({ message }) => message ?? []);
const refusal = async (answer: HttpAnswer) => [answer.status, (await answer.json()).error?.message];

describe('a call whose client goes away and comes back', () => {
  it('S16: goes on, and what was missed comes first, then what is new, then the answer and the end', async () => {
    const call = await begin();
    const { held, node, context } = call;
    await call.leave();
    expect([context.signal.aborted, node.node.dispatcher.inFlight]).toEqual([false, 1]);
    context.log('info', 'while away');
    const back = await call.resume();
    expect([back.status, back.isStream]).toEqual([200, true]);
    await back.until('while away');
    await node.clock.advance(1_000);
    context.progress(2, 4, 'two');
    held.release();
    const frames = await back.frames();
    expect(frames.map(({ id }) => Number(id?.split('.')[2]))).toEqual([1, 2, 3, 4]);
    expect(frames).toMatchObject([
      { id: call.place, retry: 500, message: undefined },
      { message: { method: 'notifications/message' } },
      { message: progress },
      { message: { id: 'call', ...released } },
    ]);
    expect(node.record.resumptions).toEqual(['replayed']);
    expect(node.record.closings).toEqual([
      ['call', 'client_closed'],
      ['call', 'answered'],
    ]);
    expect(node.transport.streams).toBe(0);
  });

  it('S16: that ended meanwhile is answered at once', async () => {
    const call = await begin();
    const { held, node } = call;
    await call.leave();
    held.release();
    await node.clock.advance(0);
    expect(await messages(await call.resume())).toMatchObject([{ id: 'call', ...released }]);
  });

  it('S16: can be resumed before it has said anything: a call with a progress token is primed when it begins', async () => {
    const held = new HeldTool();
    const node = await HttpNode.serve(onTestFinished, held.definition);
    const session = await node.session();
    const answer = await node.post(node.message('tools/call', params, 'call'), session);
    const [first] = readFrames(await answer.until('\n\n'));
    expect(first).toMatchObject({
      id: expect.stringMatching(/^c[\w-]{30}\.1\.0$/) as string,
      retry: 500,
      message: undefined,
    });
    const gone = once(node.lastResponse, 'close');
    answer.disconnect();
    await gone;
    held.release();
    await node.clock.advance(0);
    expect(await messages(await node.listen(session, first?.id))).toMatchObject([{ id: 'call', ...released }]);
  });

  it('S16: clients of older revisions resume too, and are sent no event without data', async () => {
    const call = await begin('2025-06-18');
    const { held, answer } = call;
    expect(readFrames(answer.soFar)).toMatchObject([{ id: call.at(1), retry: undefined, message: progress }]);
    await call.leave();
    const back = await call.resume();
    held.release();
    expect(await back.frames()).toMatchObject([{ id: call.at(2), retry: undefined, message: released }]);
  });

  it('S16: a progress is not repeated when there is a newer one', async () => {
    const call = await begin();
    const { held, node, context } = call;
    await call.leave();
    for (let step = 2; step <= 4; step += 1) {
      await node.clock.advance(1_000);
      context.progress(step, 4, `step ${String(step)}`);
    }
    held.release();
    await node.clock.advance(0);
    expect(await messages(await call.resume(call.at(0)))).toMatchObject([{ params: { progress: 4 } }, released]);
  });

  it('S16: asks its client on the new connection what it asked in vain on the old one', async () => {
    const asking = testTool('asking', async (_args, context) => {
      context.progress(1, 2, 'one');
      const { roots } = await context.ask({ roots: { method: 'roots/list' } });
      return `${String(roots.roots.length)} roots`;
    });
    const node = await HttpNode.serve(onTestFinished, asking);
    const initialize = {
      protocolVersion: '2025-11-25',
      capabilities: { roots: {} },
      clientInfo: { name: 'c', version: '1' },
    };
    const opened = await node.post(node.message('initialize', initialize));
    const session = { 'mcp-session-id': opened.headers['mcp-session-id'] as string };
    const answer = await node.post(
      node.message('tools/call', { name: 'asking', _meta: { progressToken: 1 } }, 'call'),
      session,
    );
    const [first] = readFrames(await answer.until('roots/list'));
    const gone = once(node.lastResponse, 'close');
    answer.disconnect();
    await gone;
    const back = await node.listen(session, first?.id);
    const question = readFrames(await back.until('roots/list')).at(-1)?.message;
    await node.post({ jsonrpc: '2.0', id: question?.id, result: { roots: [] } }, session);
    expect((await messages(back)).at(-1)).toMatchObject({ result: { content: [{ text: '0 roots' }] } });
  });

  it('S16: a batch can be resumed, each answer once', async () => {
    const held = new HeldTool();
    const node = await HttpNode.serve(onTestFinished, held.definition, echo);
    const session = await node.session('2025-03-26');
    const call = (id: string, name: string) =>
      node.message('tools/call', { name, arguments: { text: id }, _meta: { progressToken: id } }, id);
    const answering = node.post([call('slow', 'held'), call('fast', 'echo')], session);
    (await held.started).progress(1, 2, 'half');
    const answer = await answering;
    await answer.until('"fast"');
    const [first] = readFrames(answer.soFar);
    const gone = once(node.lastResponse, 'close');
    answer.disconnect();
    await gone;
    held.release();
    await node.clock.advance(0);
    const rest = await messages(await node.listen(session, first?.id));
    expect([first?.message?.id, ...rest.map(({ id }) => id)].filter((id) => id !== undefined)).toEqual([
      'fast',
      'slow',
    ]);
  });
});

describe('who has the stream', () => {
  it('S16: the new connection wins over one that is still open', async () => {
    const call = await begin();
    const { held, node, answer } = call;
    const back = await call.resume();
    expect(await messages(answer)).toMatchObject([{ params: { message: 'one' } }]);
    const again = await call.resume();
    expect(await messages(back)).toEqual([]);
    held.release();
    expect(await messages(again)).toMatchObject([{ id: 'call', ...released }]);
    expect(node.record.closings.map(([, reason]) => reason)).toEqual([
      'resumed_elsewhere',
      'resumed_elsewhere',
      'answered',
    ]);
    expect(node.record.resumptions).toEqual(['live', 'live']);
  });

  it('S16: one that is resumed twice at the same time has one reader, and both have an end', async () => {
    const call = await begin();
    const { held } = call;
    await call.leave();
    const both = await Promise.all([call.resume(), call.resume()]);
    held.release();
    const heard = await Promise.all(both.map((one) => messages(one)));
    expect(heard.filter((one) => one.length > 0)).toMatchObject([[{ id: 'call', ...released }]]);
  });

  it('S16: the answer is given again to a client that says it has not seen it', async () => {
    const call = await begin();
    const { held, answer } = call;
    held.release();
    const frames = await answer.frames();
    for (let round = 0; round < 2; round += 1)
      expect(await messages(await call.resume(call.at(1)))).toMatchObject([{ id: 'call', ...released }]);
    expect(frames.at(-1)?.id).toBe(call.at(2));
  });

  it('S16: a client that has the answer is told once that there is no more, and then refused', async () => {
    const call = await begin();
    const { held, node, answer } = call;
    held.release();
    await answer.text();
    const again = await call.resume();
    expect([again.status, again.isStream, await again.text()]).toEqual([200, true, '']);
    expect(await refusal(await call.resume())).toEqual([400, UNKNOWN]);
    expect(node.transport.readStreams().logBytes).toBe(0);
  });
});

it('S02: 2026-07-28 has no ids, no priming and no way back', async () => {
  const held = new HeldTool();
  const node = await HttpNode.serve(onTestFinished, held.definition);
  const answering = node.stateless('tools/call', params);
  (await held.started).progress(1, 2, 'half');
  held.release();
  const text = await (await answering).text();
  expect(text).toMatch(/^event: message\ndata: [^\n]*\n\nevent: message\ndata: [^\n]*\n\n$/);
  const version = { 'mcp-protocol-version': '2026-07-28' };
  expect((await node.listen(version, `c${'A'.repeat(30)}.1.0`)).status).toBe(405);
});
