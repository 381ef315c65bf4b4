import { testTool } from '@mcp-cluster/testkit/protocol';
import { HttpNode } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';

const echo = testTool('echo', (args) => String(args['text']));
const serve = () => HttpNode.serve(onTestFinished, echo);

describe('what is refused before the body', () => {
  it.each([undefined, 'text/plain', 'application/jsonp', 'application/x-www-form-urlencoded'])(
    'S02: 415 for the content type %j',
    async (type) => {
      const node = await serve();
      const answer = await node.stateless('tools/list', {}, { 'content-type': type });
      expect(answer.status).toBe(415);
      const got = type === undefined ? 'nothing' : JSON.stringify(type);
      expect((await answer.json()).error?.message).toContain(`Content-Type: expected application/json, got ${got}`);
    },
  );

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
    'application/json ;a=b',
  ])('S02: the content type %j is taken', async (type) => {
    const node = await serve();
    expect((await node.stateless('tools/list', {}, { 'content-type': type })).status).toBe(200);
  });

  it.each(['PUT', 'PATCH', 'OPTIONS'])('S02: 405 with Allow for %s', async (method) => {
    const node = await serve();
    const answer = await node.send(method, {});
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
    expect((await answer.json()).error?.message).toContain(method);
  });

  it.each(['GET', 'DELETE'])('S02: 405 with Allow for %s outside a session', async (method) => {
    const node = await serve();
    const session = await node.session();
    for (const headers of [{}, { ...session, 'mcp-protocol-version': '2026-07-28' }]) {
      const answer = await node.send(method, { accept: 'text/event-stream', ...headers });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
      await answer.text();
    }
    expect(node.node.dispatcher.sessions.size).toBe(1);
  });

  it('S02: only the MCP path is served, with or without a query', async () => {
    const node = await serve();
    const json = { 'content-type': 'application/json' };
    expect((await node.send('POST', json, '{}', '/mcp?x=1')).status).toBe(400);
    for (const path of ['/', '/mcp/', '/mcpx', '/mcp/x?mcp'])
      expect(await (await node.send('POST', json, '{}', path)).text()).toBe('the router');
    expect(node.responses).toHaveLength(1);
  });
});

describe('sessions', () => {
  it('S02: initialize names the session in a header, and a call may use it', async () => {
    const node = await serve();
    const session = await node.session('2025-06-18');
    const answer = await node.post(node.message('tools/call', { name: 'echo', arguments: { text: 'hi' } }), session);
    expect(answer.status).toBe(200);
    expect((await answer.json()).result).toEqual({ content: [{ type: 'text', text: 'hi' }] });
  });

  it('S02: 400 when the session header is missing, 404 when no such session is known', async () => {
    const node = await serve();
    const missing = await node.post(node.message('tools/list', {}, 'm'));
    expect(missing.status).toBe(400);
    expect(await missing.json()).toMatchObject({
      id: 'm',
      error: { code: -32600, message: expect.stringContaining('Mcp-Session-Id') as string },
    });
    const { 'mcp-session-id': id = '' } = await node.session();
    for (const foreign of ['nobody', `${id}x`, id.slice(0, -4)]) {
      const answer = await node.post(node.message('tools/list', {}, 'u'), { 'mcp-session-id': foreign });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ id: 'u', error: { code: -32600 } });
    }
  });

  it('S02: a notification and an answer are taken with 202 and an empty body', async () => {
    const node = await serve();
    const session = await node.session();
    const messages = [
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', method: 'notifications/unheard-of', params: {} },
      { jsonrpc: '2.0', id: 'nobody waits', result: {} },
    ];
    for (const message of messages) {
      const answer = await node.post(message, session);
      expect([answer.status, await answer.text()]).toEqual([202, '']);
    }
  });

  it('S02: a refused initialize makes no session', async () => {
    const node = await serve();
    const answer = await node.post(node.message('initialize', { protocolVersion: 7 }));
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    expect((await answer.json()).error?.code).toBe(-32602);
    expect(node.node.dispatcher.sessions.size).toBe(0);
  });
});

describe('X-Request-Id', () => {
  it.each(['abc', 'A.b_c-9', 'x'.repeat(64)])('the id %j of the client is kept and given to the tool', async (id) => {
    let seen = '';
    const tool = testTool('look', (_args, context) => (seen = context.requestId));
    const node = await HttpNode.serve(onTestFinished, tool);
    const answer = await node.stateless('tools/call', { name: 'look' }, { 'x-request-id': id });
    expect([answer.headers['x-request-id'], seen]).toEqual([id, id]);
  });

  it.each([undefined, '', 'a b', 'x'.repeat(65), 'a"b', 'a,b', 'é'])('the id %j is replaced', async (id) => {
    const node = await serve();
    const ids = new Set<unknown>();
    for (let round = 0; round < 2; round += 1) {
      const answer = await node.stateless('tools/list', {}, { 'x-request-id': id });
      ids.add(answer.headers['x-request-id']);
      await answer.text();
    }
    expect(ids.size).toBe(2);
    for (const given of ids) expect(given).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
  });

  it('every answer has one: results, streams, 202 and refusals', async () => {
    const node = await serve();
    const session = await node.session();
    const id = { 'x-request-id': 'mine' };
    const answers = [
      await node.stateless('tools/list', {}, id),
      await node.stateless('tools/list', { _meta: { progressToken: 1 } }, id),
      await node.stateless('tools/list', {}, { ...id, accept: 'text/html' }),
      await node.stateless('tools/list', {}, { ...id, 'content-type': 'text/html' }),
      await node.stateless('tools/list', {}, { ...id, host: 'evil.example' }),
      await node.stateless('nobody', {}, id),
      await node.post('{', id),
      await node.send('PUT', id),
      await node.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, { ...session, ...id }),
      await node.send('GET', { ...session, ...id }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 406, 415, 403, 404, 400, 405, 202, 200]);
    expect(new Set(answers.map(({ headers }) => headers['x-request-id']))).toEqual(new Set(['mine']));
  });
});
