import { RecordingReply, TestNode, testTool } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../exchange/context.js';
import type { ClusterEvent } from '../cluster/bus.js';
import { sessionMark } from '../session/session-seal.js';
import type { Session } from '../session/session.js';
import { STATELESS_REVISIONS } from '../wire/revision.js';

const SHARED: Record<string, Record<string, unknown>> = {
  'tools/list': {},
  'tools/call': { name: 'tool', arguments: {} },
  'prompts/list': {},
  'prompts/get': { name: 'prompt' },
  'resources/list': {},
  'resources/templates/list': {},
  'resources/read': { uri: 'test://a' },
  'completion/complete': { ref: { type: 'ref/prompt', name: 'prompt' }, argument: { name: 'a', value: '' } },
};
const SESSION_ONLY: Record<string, Record<string, unknown>> = {
  ping: {},
  'resources/subscribe': { uri: 'test://a' },
  'resources/unsubscribe': { uri: 'test://a' },
  'logging/setLevel': { level: 'info' },
};
const UNKNOWN = [
  '',
  'none',
  'tools/Call',
  'tools/call ',
  '__proto__',
  'constructor',
  'toString',
  'notifications/cancelled',
  'tasks/list',
];

function equipped(): TestNode {
  const node = new TestNode();
  node.registry.tool(testTool('tool', () => 'done'));
  node.registry.prompt({ name: 'prompt', description: 'P.', handler: () => 'say' });
  node.registry.resource({ uri: 'test://a', name: 'a', description: 'A.', handler: () => 'text' });
  return node;
}

async function answered(sent: ReturnType<TestNode['stateless']>, node: TestNode) {
  await node.clock.advance(0);
  return sent.reply.answer;
}

describe('2026-07-28 has', () => {
  it.each(Object.entries(SHARED))('%s', async (method, params) => {
    const node = equipped();
    const answer = await answered(node.stateless(method, params, { id: 'id-1' }), node);
    expect(answer).toMatchObject({ id: 'id-1', result: { resultType: 'complete' } });
    expect(answer?.result?.['_meta']).toEqual({
      'io.modelcontextprotocol/serverInfo': { name: 'test', version: '1.2.3' },
    });
  });

  it('server/discover, which says what is served', () => {
    const { reply } = equipped().stateless('server/discover');
    expect(reply.answer?.result).toMatchObject({
      supportedVersions: STATELESS_REVISIONS,
      capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
      instructions: 'For tests.',
      ttlMs: 300_000,
      cacheScope: 'public',
    });
  });

  it.each(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'])(
    'a time to live for %s',
    (method) => {
      expect(equipped().stateless(method).reply.answer?.result).toMatchObject({ ttlMs: 300_000, cacheScope: 'public' });
    },
  );

  it.each([...Object.keys(SESSION_ONLY), 'initialize', ...UNKNOWN])('no method %j: -32601', (method) => {
    const { reply } = equipped().stateless(method, SESSION_ONLY[method]);
    expect(reply.answer?.error?.code).toBe(-32601);
    expect(reply.error?.origin).toBe('gate');
  });
});

describe('a session has', () => {
  it.each([...Object.entries(SHARED), ...Object.entries(SESSION_ONLY)])('%s', async (method, params) => {
    const node = equipped();
    const answer = await answered(node.inSession(node.session(), method, params, { id: 7 }), node);
    expect(answer).toMatchObject({ id: 7, result: {} });
    for (const member of ['resultType', 'ttlMs', 'cacheScope', '_meta'])
      expect(answer?.result).not.toHaveProperty(member);
  });

  it.each(['server/discover', 'subscriptions/listen', 'initialize', ...UNKNOWN])('no method %j: -32601', (method) => {
    const node = equipped();
    expect(node.inSession(node.session(), method).reply.answer?.error?.code).toBe(-32601);
  });
});

describe('initialize', () => {
  const PARAMS = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };

  function initialize(params: Record<string, unknown>) {
    const node = equipped();
    const reply = new RecordingReply();
    let session: Session | undefined;
    const message = { kind: 'request', id: 1, method: 'initialize', params } as const;
    node.dispatcher.initialize(message, ANONYMOUS, reply, 'r', (made) => {
      expect(reply.done).toBe(false);
      session = made;
    });
    return { node, reply, session };
  }

  it.each([
    ['2025-11-25', '2025-11-25'],
    ['2025-06-18', '2025-06-18'],
    ['2025-03-26', '2025-03-26'],
    ['2024-11-05', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
    ['2099-01-01', '2025-11-25'],
    ['nonsense', '2025-11-25'],
  ])('asked for %s agrees on %s', (asked, agreed) => {
    const { reply, session } = initialize({ ...PARAMS, protocolVersion: asked });
    expect(session?.revision).toBe(agreed);
    expect(reply.answer?.result).toMatchObject({
      protocolVersion: agreed,
      serverInfo: { name: 'test', version: '1.2.3' },
      capabilities: { tools: {}, prompts: {}, resources: {}, logging: {}, completions: {} },
      instructions: 'For tests.',
    });
  });

  it.each([
    [{}, 'protocolVersion'],
    [{ ...PARAMS, protocolVersion: 7 }, 'protocolVersion'],
    [{ ...PARAMS, capabilities: undefined }, 'capabilities'],
    [{ ...PARAMS, clientInfo: { name: 'c' } }, 'clientInfo.version'],
    [{ ...PARAMS, clientInfo: { name: 'x'.repeat(4_000), version: '1' } }, 'at most 3072 characters'],
  ])('%.70j is refused, naming the field, and makes no session', (params, field) => {
    const { node, reply, session } = initialize(params);
    expect(reply.answer?.error).toMatchObject({ code: -32602, message: expect.stringContaining(field) as string });
    expect(session).toBeUndefined();
    expect(node.dispatcher.sessions.size).toBe(0);
    expect(node.dispatcher.inFlight).toBe(0);
  });

  it('gives an id that fits a header even for the longest self-description', () => {
    const { session } = initialize({ ...PARAMS, clientInfo: { name: 'x'.repeat(3_000), version: '1' } });
    expect(session?.id.length).toBeLessThan(8_192);
  });

  it.each(['loud', 7, undefined])('logging/setLevel refuses the level %j', (level) => {
    const node = equipped();
    const session = node.session();
    expect(node.inSession(session, 'logging/setLevel', { level }).reply.answer?.error).toMatchObject({ code: -32602 });
    expect(session.logLevel).toBe('info');
  });
});

it.each(['x', '', 7, null])('a cursor of %j is refused: lists are given whole', (cursor) => {
  expect(equipped().stateless('tools/list', { cursor }).reply.answer?.error).toMatchObject({ code: -32602 });
});

it('counts what is under way, and each end once', async () => {
  const node = equipped();
  const gate = Promise.withResolvers<string>();
  node.registry.tool(testTool('wait', () => gate.promise));
  node.stateless('tools/call', { name: 'wait' });
  node.stateless('none');
  expect(node.dispatcher.inFlight).toBe(1);
  gate.resolve('');
  await node.clock.advance(0);
  expect(node.dispatcher.inFlight).toBe(0);
  expect(node.ended.map(({ outcome }) => outcome)).toEqual(['-32601', 'ok']);
});

it('notifications that it does not know change nothing', () => {
  const node = equipped();
  const session = node.session();
  for (const method of ['notifications/initialized', 'notifications/progress', 'none', '__proto__'])
    node.dispatcher.notification({ kind: 'notification', method, params: {} }, session);
  expect(node.ended).toEqual([]);
});

it('a response that nobody waits for here is told to the other nodes', () => {
  const node = equipped();
  const told: ClusterEvent[] = [];
  node.bus.subscribe((event) => told.push(event));
  const session = node.session();
  for (const id of ['node-1.1', '', 0, '__proto__']) {
    const message = { kind: 'response', id, result: {} } as const;
    node.dispatcher.response(message, session);
    expect(told.splice(0)).toEqual([{ type: 'ask-answered', session: sessionMark(session.id), message }]);
  }
});
