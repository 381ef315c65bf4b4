import { LocalError } from '@mcp-cluster/kernel';
import { LocalBus, MemorySessionStore, MemoryStreamArchive, type ToolDefinition } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { HeldTool, HttpNode, readFrames, type HttpAnswer } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const UNKNOWN = { error: { code: -32603, data: { outcome: 'unknown' } } };
const READ_ONLY = { readOnlyHint: true };

/** Nodes that share a session store, an archive, a bus and a clock; each with the same tool. */
async function cluster(annotations: ToolDefinition['annotations'] = READ_ONLY) {
  const clock = new VirtualClock();
  const archive = new MemoryStreamArchive(clock);
  const shared = { clock, bus: new LocalBus(), sessionStore: new MemorySessionStore() };
  const serve = async (nodeId: string, seed: number) => {
    const held = new HeldTool();
    const view = archive.as(nodeId);
    const http = await HttpNode.start({
      tools: [{ ...held.definition, annotations }],
      archive: view,
      node: { ...shared, nodeId, seed },
    });
    onTestFinished(() => http.stop());
    return { held, http, view, id: nodeId };
  };
  const [a, b, c] = [await serve('a', 1), await serve('b', 2), await serve('c', 3)];
  return { clock, archive, a, b, c };
}

type Node = Awaited<ReturnType<typeof cluster>>['a'];

/** A call on `node` of which the client has one progress. */
async function begin(node: Node) {
  const session = await node.http.session();
  const params = { name: 'held', _meta: { progressToken: 1 } };
  const answering = node.http.post(node.http.message('tools/call', params, 'call'), session);
  const context = await node.held.started;
  context.progress(2, 4, 'two');
  const answer = await answering;
  await answer.until('"two"');
  return { session, answer, context };
}

const frames = (answer: HttpAnswer) => readFrames(answer.soFar);
const place = (answer: HttpAnswer) => frames(answer).at(-1)?.id ?? '';
const messages = async (answer: HttpAnswer) => (await answer.frames()).flatMap(({ message }) => message ?? []);
const order = (id: string | undefined) => (id ?? '').split('.').slice(1).map(Number);

describe('a stream whose node is gone', () => {
  it('S16: goes on at the node where its client comes back: rising progress, rising ids, one answer', async () => {
    const { archive, a, b } = await cluster();
    const { session, answer } = await begin(a);
    archive.lose('a');
    const back = await b.http.listen(session, place(answer));
    const again = await b.held.started;
    again.progress(1, 4, 'one');
    again.progress(2, 4, 'two again');
    again.progress(3, 4, 'three');
    b.held.release();
    const rest = await back.frames();
    expect(rest.flatMap(({ message }) => message ?? [])).toMatchObject([
      { params: { progress: 3, message: 'three' } },
      { id: 'call', result: { content: [{ text: 'released' }] } },
    ]);
    expect(rest.map(({ id }) => order(id))).toEqual([
      [1, 1],
      [2, 2],
      [2, 3],
    ]);
    expect(b.http.record.resumptions).toEqual(['taken_over']);
  });

  it('S16: a call that may not run twice ends with one error, and does not run again', async () => {
    const { archive, a, b } = await cluster({});
    const { session, answer } = await begin(a);
    archive.lose('a');
    const back = await b.http.listen(session, place(answer));
    expect(await messages(back)).toMatchObject([{ id: 'call', ...UNKNOWN }]);
    expect(b.http.node.ended).toEqual([]);
    // And the answer stays the same, wherever it is asked for: by a node that hung meanwhile at the second try.
    expect(await messages(await a.http.listen(session, place(answer)))).toEqual([]);
    expect(await messages(await a.http.listen(session, place(answer)))).toMatchObject([{ id: 'call', ...UNKNOWN }]);
  });

  it('S16: an archive that goes away in the middle of a takeover loses nothing: the client comes again', async () => {
    const { archive, a, b } = await cluster();
    const { session, answer } = await begin(a);
    archive.lose('a');
    const read = vi.spyOn(b.view, 'read');
    const away = () => Promise.reject(new LocalError('store_unavailable', 'away'));
    read.mockImplementationOnce(away);
    expect((await b.http.listen(session, place(answer))).status).toBe(503);
    const real = archive.as('b');
    read.mockImplementationOnce((...asked) => real.read(...asked)).mockImplementationOnce(away);
    await expect((await b.http.listen(session, place(answer))).text()).rejects.toThrow();
    // Nothing is read any more once the stream is this node's.
    read.mockRestore();
    const claim = b.view.claim.bind(b.view);
    vi.spyOn(b.view, 'claim').mockImplementationOnce(async (...asked) => {
      const claimed = await claim(...asked);
      vi.spyOn(b.view, 'read').mockImplementation(away);
      return claimed;
    });
    const back = await b.http.listen(session, place(answer));
    await b.held.started;
    b.held.release();
    expect((await messages(back)).at(-1)).toMatchObject({ id: 'call', result: {} });
  });

  it('S16: one node goes on with it, however many are asked', async () => {
    const { archive, clock, a, b, c } = await cluster();
    const { session, answer } = await begin(a);
    archive.lose('a');
    const [one, other] = await Promise.all([b, c].map((node) => node.http.listen(session, place(answer))));
    const ran = await Promise.race([b.held.started.then(() => b), c.held.started.then(() => c)]);
    ran.held.release();
    await clock.advance(1_000);
    const answers = await Promise.all([messages(one!), messages(other!)]);
    for (const got of answers) expect(got).toMatchObject([{ id: 'call', result: {} }]);
    expect([...b.http.node.ended, ...c.http.node.ended].filter(({ method }) => method === 'tools/call')).toHaveLength(
      1,
    );
  });

  it('S16: a call that has cost three nodes is not given a fourth', async () => {
    const { archive, a, b, c } = await cluster();
    const { session, answer } = await begin(a);
    const lives = ['a', 'b', 'c'];
    for (const [at, node] of [b, c].entries()) {
      archive.lose(lives[at]!);
      void node.http.listen(session, place(answer));
      await node.held.started;
    }
    archive.lose('c');
    const [d] = await Promise.all([
      HttpNode.start({ archive: archive.as('d'), node: { clock: a.http.clock, seed: 9 } }),
    ]);
    onTestFinished(() => d.stop());
    expect(await messages(await d.listen(session, place(answer)))).toMatchObject([{ id: 'call', ...UNKNOWN }]);
  });

  it('S16: what it wrote without having been read is replayed', async () => {
    const { archive, a, b } = await cluster();
    const { session, answer } = await begin(a);
    const primed = frames(answer)[0]?.id;
    a.held.release();
    await answer.text();
    archive.lose('a');
    expect(await messages(await b.http.listen(session, primed))).toMatchObject([
      { params: { progress: 2 } },
      { id: 'call', result: {} },
    ]);
  });
});

describe('a node that has lost its lease and lives', () => {
  it('S16: says nothing more for a stream that another node has taken over, and stops its call', async () => {
    const { archive, clock, a, b } = await cluster();
    const { session, answer, context } = await begin(a);
    archive.lose('a');
    const back = await b.http.listen(session, place(answer));
    await b.held.started;
    await clock.advance(200);
    context.progress(4, 4, 'late');
    expect(await a.held.cancelled).toMatchObject({ message: 'another node has taken the call over' });
    expect(await answer.text()).not.toContain('late');
    b.held.release();
    expect(JSON.stringify(await messages(back))).not.toContain('late');
  });
});

describe('a stream whose node lives', () => {
  it('S16: is passed on by another node to which its client comes back', async () => {
    const { clock, a, b } = await cluster();
    const { session, answer, context } = await begin(a);
    const back = await b.http.listen(session, place(answer));
    await clock.advance(300);
    context.progress(3, 4, 'three');
    a.held.release();
    await clock.advance(300);
    expect(await messages(back)).toMatchObject([{ params: { progress: 3 } }, { id: 'call', result: {} }]);
    expect(b.http.record.resumptions).toEqual(['followed']);
    expect(b.http.node.ended.map(({ method }) => method)).not.toContain('tools/call');
  });

  it('S16: another session gets nothing of it', async () => {
    const { a, b } = await cluster();
    const { answer } = await begin(a);
    const other = await b.http.session();
    const back = await b.http.listen(other, place(answer));
    expect([back.status, (await back.json()).error?.code]).toEqual([400, -32600]);
  });
});

describe('a stream that is closed for a while', () => {
  it('S16: tells its client its place first, also when it is closed before others can know of it', async () => {
    const { a, b } = await cluster();
    const session = await a.http.session();
    const params = { name: 'held', _meta: { progressToken: 1 } };
    const answering = a.http.post(a.http.message('tools/call', params, 'call'), session);
    const context = await a.held.started;
    expect(context.closeStream()).toBe(true);
    const answer = await answering;
    await answer.text();
    expect(frames(answer)).toMatchObject([{ id: expect.stringMatching(/\.1\.0$/) as string, message: undefined }]);
    a.held.release();
    expect(await messages(await b.http.listen(session, place(answer)))).toMatchObject([{ id: 'call', result: {} }]);
  });
});

describe('a session', () => {
  it('S15: goes on at any node, with its log level and its subscriptions; and ends everywhere', async () => {
    const { a, b } = await cluster();
    const session = await a.http.session();
    await (await a.http.post(a.http.message('logging/setLevel', { level: 'error' }), session)).text();
    await (await b.http.post(b.http.message('ping'), session)).text();
    const [adopted] = [...b.http.node.dispatcher.sessions];
    expect(adopted?.logLevel).toBe('error');
    await (await b.http.post(b.http.message('logging/setLevel', { level: 'debug' }), session)).text();
    await b.http.clock.advance(0);
    expect([...a.http.node.dispatcher.sessions][0]?.logLevel).toBe('debug');
    expect((await b.http.send('DELETE', session)).status).toBe(200);
    for (const node of [a, b]) expect((await node.http.post(node.http.message('ping'), session)).status).toBe(404);
  });
});
