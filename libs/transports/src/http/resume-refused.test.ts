import { testTool } from '@mcp-cluster/testkit/protocol';
import { HttpNode, InterruptedCall, type HttpAnswer } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_ENDED_STREAMS } from './session-streams.js';
import { SHELF_LIFE_MS } from './stream-shelf.js';

const echo = testTool('echo', (args) => String(args['text']));
const released = { result: { content: [{ text: 'released' }] } };
const UNKNOWN = 'Invalid Request: Last-Event-ID: no such event in this session, or not any more';

const begin = () => InterruptedCall.begin(onTestFinished);
const messages = async (answer: HttpAnswer) => (await answer.frames()).flatMap(({ message }) => message ?? []);
const refusal = async (answer: HttpAnswer) => [answer.status, (await answer.json()).error?.message];

describe('a cursor that names nothing', () => {
  it.each(['0', 'x', '-1', '.', '999999999999999', '1e2', '__proto__', 'a'.repeat(4_000)])(
    'S16: the place %j is refused, and nothing is said of the stream',
    async (seq) => {
      const call = await begin();
      const { node, session } = call;
      const given = seq === '0' ? call.place.replace(/.\./, (end) => (end === 'A.' ? 'B.' : 'A.')) : call.at(seq);
      const answer = await node.listen(session, given);
      const text = await answer.text();
      expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/json']);
      expect(JSON.parse(text)).toMatchObject({ id: null, error: { code: -32600 } });
      expect(text).not.toContain('held');
      expect([node.record.resumptions, node.transport.streams]).toEqual([['refused'], 1]);
    },
  );

  it('S16: another session gets nothing for the cursor of this one, and this one keeps its stream', async () => {
    const call = await begin();
    const { held, node, answer } = call;
    const other = await node.session();
    expect(await refusal(await node.listen(other, call.place))).toEqual([400, UNKNOWN]);
    held.release();
    expect(await refusal(await node.listen(other, call.place))).toEqual([400, UNKNOWN]);
    expect((await messages(answer)).at(-1)).toMatchObject(released);
  });

  it('S16: a cursor without a session is refused as every GET is', async () => {
    const call = await begin();
    const { node } = call;
    expect((await node.listen({}, call.place)).status).toBe(405);
    expect((await node.listen({ 'mcp-session-id': 'nobody' }, call.place)).status).toBe(404);
  });

  it('S16: nothing of a session stays when it has ended', async () => {
    const call = await begin();
    const { node, session } = call;
    await call.leave();
    await (await node.send('DELETE', session)).text();
    expect((await call.resume()).status).toBe(404);
    expect(node.transport.readStreams().logBytes).toBe(0);
  });

  it('S16: a cancelled call has nothing to come back for', async () => {
    const call = await begin();
    const { held, node, session } = call;
    await call.leave();
    await node.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'call' } }, session);
    await held.cancelled;
    expect(await refusal(await call.resume())).toEqual([400, UNKNOWN]);
    expect(node.transport.readStreams().logBytes).toBe(0);
  });
});

describe('how long answers are kept', () => {
  it('S16: 5 min after the end, not a sweep longer', async () => {
    const call = await begin();
    const { held, node } = call;
    await call.leave();
    held.release();
    await node.clock.advance(SHELF_LIFE_MS - 1);
    await (await call.resume(call.at(1))).text();
    await node.clock.advance(10_001);
    expect(await refusal(await call.resume())).toEqual([400, UNKNOWN]);
    expect(node.transport.readStreams().logBytes).toBe(0);
  });

  it('S16: a call that takes longer is kept as long as it takes', async () => {
    const call = await begin();
    const { held, node } = call;
    await call.leave();
    await node.clock.advance(3 * SHELF_LIFE_MS);
    const back = await call.resume();
    held.release();
    expect(await messages(back)).toMatchObject([released]);
  });

  it('S16: the newest of a session, and the others are counted', async () => {
    const node = await HttpNode.serve(onTestFinished, echo);
    const session = await node.session();
    const first: string[] = [];
    for (let n = 0; n < MAX_ENDED_STREAMS + 2; n += 1) {
      const call = node.message('tools/call', { name: 'echo', arguments: { text: 'x' }, _meta: { progressToken: n } });
      const [begun] = await (await node.post(call, session)).frames();
      first.push(begun?.id ?? '');
    }
    const [gone, alsoGone, kept] = first;
    for (const id of [gone, alsoGone]) expect((await node.listen(session, id)).status).toBe(400);
    expect(await messages(await node.listen(session, kept))).toHaveLength(1);
    expect(node.record.evictions).toEqual(['session', 'session']);
  });
});
