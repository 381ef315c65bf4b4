import { testTool } from '@mcp-cluster/testkit/protocol';
import { envelope, HttpNode } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';

const echo = testTool('echo', (_args, context) => context.revision);
const serve = () => HttpNode.serve(onTestFinished, echo);
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const SESSION_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26'];

describe('2026-07-28', () => {
  it('S02: is served without a session', async () => {
    const node = await serve();
    const answer = await node.stateless('tools/call', { name: 'echo' });
    expect((await answer.json()).result).toMatchObject({ content: [{ text: '2026-07-28' }] });
    expect(node.node.dispatcher.sessions.size).toBe(0);
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
  });

  it('S02: an unknown version is -32022 with the list of those served', async () => {
    const node = await serve();
    for (const header of ['2099-01-01', undefined]) {
      const answer = await node.stateless(
        'tools/list',
        { _meta: { [VERSION]: '2099-01-01' } },
        { 'mcp-protocol-version': header },
      );
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        error: { code: -32022, data: { supported: ['2026-07-28'], requested: '2099-01-01' } },
      });
    }
  });

  it.each(['2025-11-25', '2099-01-01', '', ['2026-07-28', '2026-07-28']])(
    'S02: a version header %j that disagrees with the body is -32020',
    async (header) => {
      const node = await serve();
      const answer = await node.stateless('tools/list', {}, { 'mcp-protocol-version': header });
      expect(answer.status).toBe(400);
      const { error } = await answer.json();
      expect(error?.code).toBe(-32020);
      expect(error?.message).toContain('MCP-Protocol-Version: expected "2026-07-28" as in the body');
    },
  );

  it('S02: a missing version header is -32020', async () => {
    const node = await serve();
    const answer = await node.stateless('tools/list', {}, { 'mcp-protocol-version': undefined });
    expect([answer.status, (await answer.json()).error?.code]).toEqual([400, -32020]);
  });

  it.each([
    ['no params', undefined, 'params._meta: expected an object'],
    ['no _meta', {}, 'params._meta: expected an object'],
    ['a _meta that is no object', { _meta: [] }, 'params._meta: expected an object'],
    ['no version', { _meta: { ...envelope(), [VERSION]: undefined } }, `params._meta[${VERSION}]: expected a string`],
    ['no capabilities', { _meta: { [VERSION]: '2026-07-28' } }, 'clientCapabilities]: expected an object'],
    ['an odd client', { _meta: envelope({ 'io.modelcontextprotocol/clientInfo': {} }) }, 'clientInfo]'],
    [
      'an odd log level',
      { _meta: envelope({ 'io.modelcontextprotocol/logLevel': 'loud' }) },
      'logLevel]: expected one of',
    ],
  ])('S02: an envelope with %s is -32602 with HTTP 400 and names the field', async (_case, params, named) => {
    const node = await serve();
    const message = { jsonrpc: '2.0', id: 'e', method: 'tools/list', params };
    const answer = await node.post(message, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' });
    expect(answer.status).toBe(400);
    const { id, error } = await answer.json();
    expect([id, error?.code]).toEqual(['e', -32602]);
    expect(error?.message).toContain(named);
  });

  it('S02: knows no initialize, no ping and no answers of clients', async () => {
    const node = await serve();
    const header = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'initialize' };
    const initialize = await node.post(node.message('initialize'), header);
    expect([initialize.status, (await initialize.json()).error?.code]).toEqual([400, -32020]);
    const response = await node.post({ jsonrpc: '2.0', id: 1, result: {} }, header);
    expect([response.status, (await response.json()).error?.code]).toEqual([400, -32600]);
    for (const method of ['ping', 'initialize', 'logging/setLevel', 'resources/subscribe']) {
      const answer = await node.stateless(method);
      expect([method, answer.status, (await answer.json()).error?.code]).toEqual([method, 404, -32601]);
    }
  });

  it('S02: a notification is taken with 202', async () => {
    const node = await serve();
    const answer = await node.post(
      { jsonrpc: '2.0', method: 'notifications/cancelled' },
      { 'mcp-protocol-version': '2026-07-28' },
    );
    expect([answer.status, await answer.text()]).toEqual([202, '']);
  });
});

describe('the session era', () => {
  it.each(SESSION_REVISIONS)('S02: %s is served, with its header and without', async (revision) => {
    const node = await serve();
    const session = await node.session(revision);
    for (const headers of [session, { ...session, 'mcp-protocol-version': undefined }]) {
      const answer = await node.post(node.message('tools/call', { name: 'echo' }), headers);
      expect((await answer.json()).result).toMatchObject({ content: [{ text: revision }] });
    }
  });

  it('S02: an unknown version header is -32022 with the list of those served, for each HTTP method', async () => {
    const node = await serve();
    const session = { ...(await node.session()), 'mcp-protocol-version': '1999-01-01' };
    const answers = [
      await node.post(node.message('tools/list'), session),
      await node.send('GET', { ...session, accept: 'text/event-stream' }),
      await node.send('DELETE', session),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect((await answer.json()).error).toMatchObject({
        code: -32022,
        data: { supported: SESSION_REVISIONS, requested: '1999-01-01' },
      });
    }
    expect(node.node.dispatcher.sessions.size).toBe(1);
  });

  it('S02: an unknown method is an answer with status 200; in 2026-07-28 it is 404', async () => {
    const node = await serve();
    const inSession = await node.post(node.message('tools/cull', {}, 'x'), await node.session());
    expect(inSession.status).toBe(200);
    expect(await inSession.json()).toMatchObject({ id: 'x', error: { code: -32601 } });
    const stateless = await node.stateless('tools/cull');
    expect(stateless.status).toBe(404);
    expect(await stateless.json()).toMatchObject({ error: { code: -32601 } });
  });
});
