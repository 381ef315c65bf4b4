import { TestNode } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { LocalBus } from '../cluster/bus.js';
import type { RequestId } from '../wire/message.js';
import { MAX_LISTENERS } from './subscriptions.js';

const ID = 'io.modelcontextprotocol/subscriptionId';
const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

function listening(notifications: Record<string, unknown>, id: RequestId = 'listen-1', node = new TestNode()) {
  const sent = node.stateless('subscriptions/listen', { notifications }, { id });
  const messages = () => sent.reply.notified.map(({ message }) => message);
  return { node, ...sent, messages, methods: () => messages().map(({ method }) => method) };
}

describe('a listen stream', () => {
  it('begins with what was agreed, and carries its id on every message', () => {
    const { node, messages } = listening({ ...ALL, resourceSubscriptions: ['test://a'], unknown: true });
    node.bus.publish({ type: 'list-changed', kind: 'tools' });
    node.bus.publish({ type: 'resource-updated', uri: 'test://a' });
    expect(messages()).toEqual([
      {
        jsonrpc: '2.0',
        method: 'notifications/subscriptions/acknowledged',
        params: { _meta: { [ID]: 'listen-1' }, notifications: { ...ALL, resourceSubscriptions: ['test://a'] } },
      },
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { _meta: { [ID]: 'listen-1' } } },
      {
        jsonrpc: '2.0',
        method: 'notifications/resources/updated',
        params: { _meta: { [ID]: 'listen-1' }, uri: 'test://a' },
      },
    ]);
  });

  it('that a manager brings from a lost node hears at once of all that it may have missed, and of nothing else', () => {
    const node = new TestNode();
    const notifications = { promptsListChanged: true, resourceSubscriptions: ['test://a'] };
    const { reply } = node.stateless(
      'subscriptions/listen',
      { notifications },
      { id: 'again', splice: { progressAbove: undefined } },
    );
    expect(reply.notified.map(({ message }) => message.method)).toEqual([
      'notifications/subscriptions/acknowledged',
      'notifications/prompts/list_changed',
      'notifications/resources/updated',
    ]);
  });

  it('keeps a numeric id a number', () => {
    const { messages } = listening(ALL, 7);
    expect(messages()[0]?.params?.['_meta']).toEqual({ [ID]: 7 });
  });

  it.each([
    ['toolsListChanged', 'tools'],
    ['promptsListChanged', 'prompts'],
    ['resourcesListChanged', 'resources'],
  ] as const)('with %s alone hears of %s alone', (field, kind) => {
    const { node, methods } = listening({ [field]: true });
    for (const other of ['tools', 'prompts', 'resources'] as const)
      node.bus.publish({ type: 'list-changed', kind: other });
    node.bus.publish({ type: 'resource-updated', uri: 'test://a' });
    expect(methods().slice(1)).toEqual([`notifications/${kind}/list_changed`]);
  });

  it('hears of the resources that it named, and of no other', () => {
    const { node, messages } = listening({ resourceSubscriptions: ['test://a', 'test://b'] });
    for (const uri of ['test://b', 'test://c', 'test://a', 'test://a/more'])
      node.bus.publish({ type: 'resource-updated', uri });
    expect(
      messages()
        .slice(1)
        .map(({ params }) => params?.['uri']),
    ).toEqual(['test://b', 'test://a']);
  });

  it('with nothing asked for hears nothing but the acknowledgement', () => {
    const { node, methods } = listening({});
    node.bus.publish({ type: 'list-changed', kind: 'tools' });
    expect(methods()).toEqual(['notifications/subscriptions/acknowledged']);
  });

  it('hears of changes on other nodes', () => {
    const bus = new LocalBus();
    const { methods } = listening(ALL, 1, new TestNode({ bus }));
    const other = new TestNode({ bus, nodeId: 'other', seed: 2 });
    const { exchange } = other.stateless('server/discover');
    exchange.listChanged('prompts');
    exchange.resourceUpdated('test://a');
    expect(methods().slice(1)).toEqual(['notifications/prompts/list_changed']);
  });

  it('S16: ends when its client goes away, and leaves nothing behind', () => {
    const { node, exchange, methods } = listening(ALL);
    expect([node.dispatcher.listeners, node.dispatcher.inFlight]).toEqual([1, 0]);
    exchange.disconnected();
    expect([node.dispatcher.listeners, node.dispatcher.inFlight]).toEqual([0, 0]);
    node.bus.publish({ type: 'list-changed', kind: 'tools' });
    expect(methods()).toHaveLength(1);
  });

  it('ends in good order with a result that names it', () => {
    const first = listening(ALL, 'a');
    const second = listening(ALL, 'b', first.node);
    first.node.dispatcher.closeListeners();
    for (const [{ reply }, id] of [
      [first, 'a'],
      [second, 'b'],
    ] as const) {
      expect(reply.answer).toMatchObject({ id, result: { resultType: 'complete', _meta: { [ID]: id } } });
      expect(Object.keys(reply.answer?.result ?? {}).sort()).toEqual(['_meta', 'resultType']);
    }
    expect(first.node.dispatcher.listeners).toBe(0);
    first.node.dispatcher.closeListeners();
  });
});

describe('a listen stream is refused', () => {
  it.each([
    [{}, 'notifications'],
    [{ notifications: null }, 'notifications'],
    [{ notifications: { toolsListChanged: 'yes' } }, 'notifications.toolsListChanged'],
    [{ notifications: { resourceSubscriptions: 'test://a' } }, 'notifications.resourceSubscriptions'],
    [{ notifications: { resourceSubscriptions: [7] } }, 'notifications.resourceSubscriptions.0'],
    [
      { notifications: { resourceSubscriptions: Array.from({ length: 1_001 }, () => 'test://a') } },
      'at most 1000 URIs, got 1001',
    ],
  ])('for %.60j, naming the field', (params, field) => {
    const node = new TestNode();
    const { reply } = node.stateless('subscriptions/listen', params);
    expect(reply.answer?.error).toMatchObject({ code: -32602, message: expect.stringContaining(field) as string });
    expect(node.dispatcher.listeners).toBe(0);
  });

  it('where the client takes no stream', () => {
    const { reply } = new TestNode().stateless('subscriptions/listen', { notifications: {} }, { streams: false });
    expect(reply.answer?.error?.message).toContain('text/event-stream');
  });

  it('where a node has as many as it may, until one of them ends', () => {
    const { node, exchange } = listening(ALL, 'first');
    for (let open = 1; open < MAX_LISTENERS; open += 1) listening(ALL, open, node);
    const refused = listening(ALL, 'one more', node);
    expect(refused.reply.answer?.error).toMatchObject({ code: -32603, data: { reason: 'capacity' } });
    exchange.disconnected();
    expect(listening(ALL, 'in its place', node).reply.done).toBe(false);
  });
});

describe('a session', () => {
  function subscriber() {
    const node = new TestNode();
    node.registry.resource({ uri: 'test://a', name: 'a', description: 'A.', handler: () => '' });
    node.registry.resourceTemplate({ uriTemplate: 'test://t/{id}', name: 't', description: 'T.', handler: () => '' });
    const session = node.session();
    const heard: unknown[] = [];
    session.stream = { notify: (message) => heard.push(JSON.parse(message)) > 0, close: () => undefined };
    const send = (method: string, params: object) => node.inSession(session, method, { ...params }).reply.answer;
    return { node, session, heard, send };
  }

  it('hears on its stream of changed lists and of the resources that it subscribed to', () => {
    const { node, heard, send } = subscriber();
    expect(send('resources/subscribe', { uri: 'test://a' })?.result).toEqual({});
    expect(send('resources/subscribe', { uri: 'test://t/7' })?.result).toEqual({});
    node.bus.publish({ type: 'list-changed', kind: 'resources' });
    for (const uri of ['test://a', 'test://other', 'test://t/7', 'test://t/8'])
      node.bus.publish({ type: 'resource-updated', uri });
    expect(heard).toEqual([
      { jsonrpc: '2.0', method: 'notifications/resources/list_changed' },
      { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'test://a' } },
      { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'test://t/7' } },
    ]);
  });

  it('hears no more after it unsubscribed', () => {
    const { node, heard, send } = subscriber();
    send('resources/subscribe', { uri: 'test://a' });
    expect(send('resources/unsubscribe', { uri: 'test://a' })?.result).toEqual({});
    node.bus.publish({ type: 'resource-updated', uri: 'test://a' });
    expect(heard).toEqual([]);
  });

  it('without a stream loses nothing but the notification', () => {
    const { node, session, send } = subscriber();
    session.stream = undefined;
    send('resources/subscribe', { uri: 'test://a' });
    node.bus.publish({ type: 'resource-updated', uri: 'test://a' });
    expect(session.subscriptions).toEqual(new Set(['test://a']));
  });

  it('cannot subscribe to what does not exist, nor to more than 1,000', () => {
    const { send } = subscriber();
    expect(send('resources/subscribe', { uri: 'test://none' })?.error?.code).toBe(-32002);
    expect(send('resources/subscribe', { uri: 7 })?.error).toMatchObject({ code: -32602 });
    for (let at = 0; at < 1_000; at += 1)
      expect(send('resources/subscribe', { uri: `test://t/${String(at)}` })?.result).toEqual({});
    expect(send('resources/subscribe', { uri: 'test://a' })?.error).toMatchObject({ data: { reason: 'capacity' } });
  });
});
