import { HttpNode } from '@mcp-cluster/testkit/http';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';

const serve = () => HttpNode.serve(onTestFinished);
const sse = { accept: 'text/event-stream' };
const changed = { type: 'list-changed', kind: 'tools' } as const;

it('S02: GET opens the stream of a session, its headers at once and then its events', async () => {
  const node = await serve();
  const session = await node.session();
  const stream = await node.send('GET', { ...session, ...sse });
  expect([stream.status, stream.isStream, stream.headers['x-accel-buffering']]).toEqual([200, true, 'no']);
  expect(node.transport.streams).toBe(1);
  node.node.bus.publish(changed);
  const text = await stream.until('list_changed"}\n\n');
  const [id] = /s[\w-]{30}/.exec(text) ?? [''];
  expect(text).toBe(
    `id: ${id}.1.0\nretry: 500\ndata: \n\n` +
      `id: ${id}.1.1\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n`,
  );
});

it('S02: clients of older revisions get ids, and no event without data', async () => {
  const node = await serve();
  const stream = await node.listen(await node.session('2025-06-18'));
  node.node.bus.publish(changed);
  expect(await stream.until('\n\n')).toMatch(
    /^id: s[\w-]{30}\.1\.1\nevent: message\ndata: \{[^\n]*list_changed"\}\n\n$/,
  );
});

it('S02: a second GET is 409, and the first stream keeps working', async () => {
  const node = await serve();
  const headers = { ...(await node.session()), ...sse };
  const first = await node.send('GET', headers);
  const second = await node.send('GET', headers);
  expect(second.status).toBe(409);
  expect((await second.json()).error?.message).toContain('stream open already');
  node.node.bus.publish(changed);
  await first.until('list_changed');
});

it('S02: after its stream broke a session may open another one', async () => {
  const node = await serve();
  const headers = { ...(await node.session()), ...sse };
  const first = await node.send('GET', headers);
  const gone = once(node.lastResponse, 'close');
  first.disconnect();
  await gone;
  expect(node.transport.streams).toBe(0);
  const second = await node.send('GET', headers);
  expect(second.status).toBe(200);
  node.node.bus.publish(changed);
  await second.until('list_changed');
});

it('S02: two sessions have a stream each', async () => {
  const node = await serve();
  const streams = [
    await node.send('GET', { ...(await node.session()), ...sse }),
    await node.send('GET', { ...(await node.session()), ...sse }),
  ];
  node.node.bus.publish(changed);
  for (const stream of streams) await stream.until('list_changed');
});

it('S02: GET is 406 for a client that takes no stream', async () => {
  const node = await serve();
  const answer = await node.send('GET', { ...(await node.session()), accept: 'application/json' });
  expect(answer.status).toBe(406);
  expect((await answer.json()).error?.message).toContain('Accept: expected text/event-stream, got "application/json"');
  expect(node.transport.streams).toBe(0);
});

it('S02: GET and DELETE of an unknown session are 404', async () => {
  const node = await serve();
  for (const method of ['GET', 'DELETE']) {
    const answer = await node.send(method, { 'mcp-session-id': 'nobody', ...sse });
    expect([answer.status, (await answer.json()).error?.code]).toEqual([404, -32600]);
  }
});

it('S02: DELETE ends the session and its stream; what names it afterwards is 404', async () => {
  const node = await serve();
  const session = await node.session();
  const stream = await node.send('GET', { ...session, ...sse });
  const ended = await node.send('DELETE', session);
  expect([ended.status, await ended.text()]).toEqual([200, '']);
  expect(await stream.events()).toEqual([]);
  expect(node.record.closings).toEqual([['session', 'session_ended']]);
  const after = [
    await node.post(node.message('tools/list'), session),
    await node.send('GET', { ...session, ...sse }),
    await node.send('DELETE', session),
  ];
  expect(after.map(({ status }) => status)).toEqual([404, 404, 404]);
  expect(node.node.dispatcher.sessions.size).toBe(0);
});
